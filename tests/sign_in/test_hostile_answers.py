"""What no key would answer is no proof, whatever it provokes."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyreeve.access import security_keys
from keyreeve.access.key_proofs import NotProven
from keyreeve.access.relying_party import RelyingParty
from keyreeve.entities import FIDODevice
from security_key import ORIGIN, Browser, SecurityKey, decoded, plain

PARTY = RelyingParty("iam.example", ORIGIN)
CHALLENGE = bytes(range(32))
REQUEST = {"challenge": plain(CHALLENGE), "rpId": PARTY.id}
KEY = SecurityKey(attestation="self")
CREATION = security_keys.creation(PARTY, "AIDAEXAMPLE", "alice", CHALLENGE, ())


def held(sign_count=0):
    made = security_keys.created(PARTY, CHALLENGE, KEY.create(CREATION))
    return FIDODevice(
        account_id="111122223333",
        serial_number="serial",
        principal_id="AIDAEXAMPLE",
        credential_id=made.credential_id,
        public_key=made.public_key,
        enable_date=None,
        sign_count=sign_count,
    )


DEVICE = held()
CREATED = json.loads(KEY.create(CREATION))
ASSERTED = json.loads(KEY.assertion(REQUEST, Browser()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_the_answers_that_are_broken_here_are_good_ones():
    assert security_keys.created(PARTY, CHALLENGE, json.dumps(CREATED)).credential_id == plain(KEY.credential_id)
    assert security_keys.counted(PARTY, CHALLENGE, json.dumps(ASSERTED), [DEVICE])[0] is DEVICE


@settings(max_examples=200)
@given(member=st.sampled_from(sorted(CREATED["response"])), place=st.integers(0, 400), bit=st.integers(0, 7))
def test_no_bit_of_an_attestation_can_be_changed(member, place, bit):
    if member == "transports":
        return
    broken = flipped(CREATED, member, place, bit)
    with pytest.raises(NotProven):
        security_keys.created(PARTY, CHALLENGE, broken)


@settings(max_examples=200)
@given(member=st.sampled_from(sorted(ASSERTED["response"])), place=st.integers(0, 400), bit=st.integers(0, 7))
def test_no_bit_of_an_assertion_can_be_changed(member, place, bit):
    with pytest.raises(NotProven):
        security_keys.counted(PARTY, CHALLENGE, flipped(ASSERTED, member, place, bit), [DEVICE])


@settings(max_examples=200)
@given(
    answer=st.sampled_from([CREATED, ASSERTED]),
    path=st.sampled_from([("id",), ("rawId",), ("type",), ("response",), ("response", "clientDataJSON")]),
    value=JSON | st.binary(max_size=200).map(plain),
)
def test_any_value_anywhere_proves_nothing(answer, path, value):
    broken = json.loads(json.dumps(answer))
    place = broken if len(path) == 1 else broken["response"]
    if place[path[-1]] == value:
        return
    place[path[-1]] = value
    with pytest.raises(NotProven):
        security_keys.created(PARTY, CHALLENGE, json.dumps(broken))
    with pytest.raises(NotProven):
        security_keys.counted(PARTY, CHALLENGE, json.dumps(broken), [DEVICE])


@settings(max_examples=300)
@given(data=st.binary(max_size=300))
def test_any_bytes_for_an_attestation_prove_nothing(data):
    broken = json.loads(json.dumps(CREATED))
    broken["response"]["attestationObject"] = plain(data)
    with pytest.raises(NotProven):
        security_keys.created(PARTY, CHALLENGE, json.dumps(broken))


@pytest.mark.parametrize("depth", [100, 1000, 3000])
@pytest.mark.parametrize("head", [b"\x81", b"\xa1\x00", b"\xd8\x1c\x81", b"\xc4\x82\x00"], ids=repr)
def test_deep_cbor_proves_nothing(head, depth):
    broken = json.loads(json.dumps(CREATED))
    broken["response"]["attestationObject"] = plain(head * depth)
    with pytest.raises(NotProven):
        security_keys.created(PARTY, CHALLENGE, json.dumps(broken))


def flipped(answer, member, place, bit):
    data = bytearray(decoded(answer["response"][member]))
    data[place % len(data)] ^= 1 << bit
    broken = json.loads(json.dumps(answer))
    broken["response"][member] = plain(bytes(data))
    return json.dumps(broken)
