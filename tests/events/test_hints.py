"""Hints: what a block says of its records, whichever way they were read."""

import uuid
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from keyreeve.events import Bare, Event, Resource, Stem, verify
from keyreeve.events.chain import Block, Broken, End, link
from keyreeve.events.event import Outline
from keyreeve.events.hints import fingerprints, hashes, hints, may_hold, may_hold_id
from keyreeve.events.packing import EVENTS_PER_BLOCK, made, summary
from keyreeve.events.stem import BLANK_ID

HOSTILE = '","eventID":"x","accountId":null,"userIdentity":{"type":"Root"} \\" \n\x00é\u2028'
TEXTS = some.text(max_size=40) | some.just(HOSTILE)
NAMED = some.dictionaries(
    some.sampled_from(["userName", "roleName", "roleArn", "other"]), TEXTS | some.none(), max_size=3
)
ANSWERS = some.dictionaries(some.sampled_from(["credentials", "policy", "user"]), NAMED | TEXTS, max_size=2)


def rows(records):
    """Records as they are kept, numbered."""
    linked, digest = [], End().digest
    for number, record in enumerate(records, 1):
        digest = link(digest, record)
        linked.append((number, digest + record))
    return linked


def said(records):
    """Whether a block says of its records, read in outline, what it would if they were read whole."""
    block = made(End(), rows(records))
    return (block.oldest, block.newest, block.hints, block.ids) == summary(records)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # a fixture of functions alone
@given(
    name=TEXTS,
    code=some.none() | TEXTS,
    parameters=some.none() | NAMED,
    elements=some.none() | ANSWERS,
    arns=some.lists(TEXTS, max_size=2),
)
def test_an_outline_tells_what_the_event_tells(make, name, code, parameters, elements, arns):
    resources = tuple(Resource(account_id="1", resource_type="AWS::IAM::Role", resource_arn=arn) for arn in arns)
    event = make.event(who=make.session(1, name), error_code=code, request_parameters=parameters)
    event = msgspec.structs.replace(event, response_elements=elements, resources=resources)
    assert said([make.event(2).encode(), event.encode()])


def test_an_outline_has_members_of_an_event_alone():
    members = {field.name: (field.encode_name, field.type, field.default) for field in msgspec.structs.fields(Event)}
    for field in msgspec.structs.fields(Outline):
        assert members[field.name] == (field.encode_name, field.type, field.default)


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [(b'Z","eventSource"', b'","eventSource"'), (b'"readOnly":', b'"readOnl":'), (b'"1.11"', b'"2.00"'), (b"{", b"")],
    ids=["a time without a zone", "a member that is missing", "another version", "no JSON"],
)
def test_what_is_no_event_has_no_outline(make, written, otherwise):
    record = make.event().encode()
    assert written in record
    records = [record, record.replace(written, otherwise, 1)]
    assert made(End(), rows(records)) is None
    with pytest.raises(Broken, match="no event"):
        summary(records)


def test_a_record_cut_from_a_stem_is_told_of_as_if_it_were_read(log, make, store, ring):
    stems = [
        Stem(make.event(who=who, user_agent=agent, request_id=BLANK_ID, event_id=BLANK_ID))
        for who in (make.user(1), make.session(2), make.session(3))
        for agent in ("cli", "sdk")
    ]
    for number in range(3 * EVENTS_PER_BLOCK):
        stem, event_id = stems[number % len(stems)], str(uuid.UUID(int=number))
        if number % 5:
            second = datetime(2026, 11, 24, 10, 0, 7, tzinfo=UTC)
            log.defer(Bare(stem, second, "2026-11-24T10:00:07Z", BLANK_ID, event_id))
        else:
            log.defer(make.event(number))
    log.flush()
    assert len(store.packed) == 2
    assert verify(store, ring) == []
    for data in store.packed.values():
        block = Block.decode(data)
        assert (block.oldest, block.newest, block.hints, block.ids) == summary(block.records())


def test_filters_that_are_kept_are_read_as_they_were_made():
    assert hints(["event_name=GetUser", "event_id=1", "111122223333/us-east-1/"]).hex() == "104a84a7"
    assert hints([]) == b"\0"


@given(some.sets(some.text(), max_size=60))
def test_a_hint_never_hides_a_term(terms):
    filled = hints(terms)
    assert len(filled) == max(1, -(-len(terms) * 10 // 8))
    assert all(may_hold(filled, hashes(term)) for term in terms)


IDS = some.uuids().map(str) | some.text(max_size=6) | some.text("0a ", max_size=5)


@given(some.lists(IDS, max_size=60))
def test_an_id_has_its_fingerprint_among_whichever_others(ids):
    told = fingerprints(ids)
    assert told == b"".join(fingerprints([each]) for each in ids)
    assert len(told) == 2 * len(ids)
    assert all(may_hold_id(told, fingerprints([each])) for each in ids)


def test_ids_that_are_not_there_are_not_looked_for():
    told = fingerprints(["12ab0000-0000-4000-8000-000000000000", "cd340000-0000-4000-8000-000000000000", "no uuid"])
    assert told[:4].hex() == "12abcd34"
    assert not may_hold_id(told, bytes.fromhex("abcd"))  # across two ids
    assert may_hold_id(bytes.fromhex("00abcdef abcd"), bytes.fromhex("abcd"))
    assert not may_hold_id(told, fingerprints(["cd350000-0000-4000-8000-000000000000"]))
    assert not may_hold_id(b"", bytes(2))
