"""What a security key is certified for is known where the operator has the metadata and the key proves its make."""

import json
from datetime import UTC, datetime, timedelta

import pytest

import harness
from harness import ACCOUNT, allow
from keyreeve import fido_metadata
from keyreeve.config import Config, ConfigError
from keyreeve.operations import Site
from keyreeve.service.enrolling import KeyEnrolled, Wish
from keyreeve.service.node import Node
from makers import MODEL, Authority, entry, maker, metadata
from security_key import ORIGIN, Browser, SecurityKey

L1, L2 = ("2024-01-01", "FIDO_CERTIFIED", {}), ("2025-01-01", "FIDO_CERTIFIED_L2", {})
FIPS = ("2025-02-01", "FIPS140_CERTIFIED_L3", {"fipsRevision": 2})
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def public():
    return Authority("a public authority")


@pytest.fixture(scope="module")
def vendor():
    return Authority("a maker of keys")


@pytest.fixture
def read(tmp_path, public):
    """What a file of these makes knows."""

    def made(*entries, authority=public, now=NOW, **more):
        (tmp_path / "blob.jwt").write_text(metadata(authority, *entries, **more))
        return fido_metadata.read(tmp_path / "blob.jwt", now, [public.certificate])

    return made


@pytest.fixture
def server(tmp_path, read, vendor):
    made = harness.made(tmp_path, Site(fido_metadata=read(entry(vendor, L1, L2, FIPS))))
    made.service.public_url = ORIGIN
    return made


def certifications(root, found):
    assert isinstance(found, KeyEnrolled), found
    return root.iam.get_mfa_device(UserName="alice", SerialNumber=found.device.serial_number).get("Certifications")


def test_a_key_that_proves_its_make_has_its_certifications(root, token, door, vendor):
    assert json.loads(door.begin_enrolment(token, Wish("yubikey")).options)["attestation"] == "direct"
    key = SecurityKey(maker=maker(vendor))
    assert certifications(root, door.enrol(token, key)) == {"FIDO": "L2", "FIPS-140-2": "L3"}
    assert door.touch(key).serial_number


def test_a_key_that_does_not_prove_its_make_has_none(root, token, door, vendor):
    other = Authority("a maker of keys")
    strange = bytes(16)
    for number, made in enumerate(
        [
            SecurityKey(),
            SecurityKey(attestation="self"),
            SecurityKey(attestation="made"),
            SecurityKey(maker=maker(other)),
            SecurityKey(maker=maker(vendor, None)),
            SecurityKey(maker=maker(vendor, strange)),
        ]
    ):
        root.iam.create_user(UserName=f"u{number}")
        found = door.enrol(token, made, Wish("key", f"u{number}"))
        assert isinstance(found, KeyEnrolled)
        assert found.device.certifications == ()


def test_policies_ask_for_certified_keys(root, token, door, vendor):
    def enrolled(made, **levels):
        condition = {"StringEquals": {"iam:RegisterSecurityKey": "Activate", **levels}}
        create = {"StringEquals": {"iam:RegisterSecurityKey": "Create"}}
        policy = allow("iam:EnableMFADevice", Condition=condition)
        policy["Statement"] += allow("iam:EnableMFADevice", Condition=create)["Statement"]
        root.iam.put_user_policy(UserName="alice", PolicyName="p0", PolicyDocument=json.dumps(policy))
        root.iam.create_user(UserName="bob")
        found = door.enrol(token, made, Wish("key", "bob"))
        for device in root.iam.list_mfa_devices(UserName="bob")["MFADevices"]:
            root.iam.deactivate_mfa_device(UserName="bob", SerialNumber=device["SerialNumber"])
        root.iam.delete_user(UserName="bob")
        return isinstance(found, KeyEnrolled)

    made = maker(vendor)
    good = {"iam:FIDO-certification": ["L2", "L3"], "iam:FIDO-FIPS-140-2-certification": "L3"}
    assert enrolled(SecurityKey(maker=made), **good)
    assert not enrolled(SecurityKey(), **good)
    assert not enrolled(SecurityKey(maker=made), **{"iam:FIDO-certification": "L1"})
    assert not enrolled(SecurityKey(maker=made), **{"iam:FIDO-FIPS-140-3-certification": "L3"})


def test_a_wrong_answer_is_refused_after_the_permission(root, server, door, token, vendor):
    evil = Browser("https://evil.example")
    assert "could not be verified" in door.enrol(token, SecurityKey(maker=maker(vendor)), browser=evil).sentence


@pytest.mark.parametrize(
    ("reports", "found"),
    [
        ((), {}),
        ((L1,), {"FIDO": "L1"}),
        ((L2, L1), {"FIDO": "L2"}),
        ((L2, ("2025-06-01", "REVOKED", {})), {}),
        ((L2, ("2025-06-01", "USER_KEY_REMOTE_COMPROMISE", {}), ("2025-07-01", "UPDATE_AVAILABLE", {})), {}),
        ((("2025-06-01", "REVOKED", {}), ("2025-08-01", "FIDO_CERTIFIED_L1plus", {})), {"FIDO": "L1plus"}),
        ((("2025-06-01", "FIPS140_CERTIFIED_L2", {"fipsRevision": 3}),), {"FIPS-140-3": "L2"}),
        ((("2025-06-01", "FIPS140_CERTIFIED_L2", {}),), {}),
        ((("2025-06-01", "FIPS140_CERTIFIED_L2", {"fipsRevision": 4}),), {}),
        ((("2025-06-01", "SELF_ASSERTION_SUBMITTED", {}), ("", "SOMETHING_NEW", {})), {}),
    ],
)
def test_the_newest_report_counts(read, vendor, reports, found):
    assert read(entry(vendor, *reports)).makes[MODEL].certifications == found


def test_a_file_that_others_signed_is_refused(read, vendor):
    wrong = "the FIDO Alliance's metadata"
    with pytest.raises(ValueError, match=wrong):
        read(entry(vendor, L1), authority=Authority("somebody"))
    with pytest.raises(ValueError, match=wrong):
        read(entry(vendor, L1), host="mds.evil.example")


def test_a_file_does_not_spoil(read, vendor):
    """Its signer's certificate ends before the next file is downloaded."""
    assert read(entry(vendor, L1), now=NOW + timedelta(days=400)).makes


def test_a_file_that_was_changed_is_refused(tmp_path, public, vendor):
    head, payload, signature = metadata(public, entry(vendor, L1)).split(".")
    file = tmp_path / "blob.jwt"
    for text in ("", "x", f"{head}.{payload[:-4]}AAAA.{signature}", f"{head}.{payload}.", f"{head}.{payload}.AAAA"):
        file.write_text(text)
        with pytest.raises(ValueError, match="the FIDO Alliance's metadata"):
            fido_metadata.read(file, NOW, [public.certificate])


def test_a_server_says_what_is_wrong_with_the_file(tmp_path, public, vendor):
    """Public authorities vouch for the real one, and for none of ours."""
    file = tmp_path / "blob.jwt"
    file.write_text(metadata(public, entry(vendor, L1)))
    with pytest.raises(ConfigError, match="the FIDO Alliance's metadata"):
        Node.open(Config(data=tmp_path / "data", fido_metadata=file), {}, create=True)
    assert len(fido_metadata.public()) > 50


def test_it_is_kept_as_it_is_read_again(token, door, vendor):
    device = door.enrol(token, SecurityKey(maker=maker(vendor))).device
    assert device.certifications
    harness.read_back(type(device), ACCOUNT, device.serial_number, device)
