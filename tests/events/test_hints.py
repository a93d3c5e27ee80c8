"""Hints: what a block says of its records, whichever way they were read."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from keyreeve.events import Event, Resource
from keyreeve.events.chain import Broken
from keyreeve.events.event import Outline
from keyreeve.events.hints import hashes, hints, may_hold
from keyreeve.events.packing import summary

HOSTILE = '","eventID":"x","accountId":null,"userIdentity":{"type":"Root"} \\" \n\x00é\u2028'
TEXTS = some.text(max_size=40) | some.just(HOSTILE)
NAMED = some.dictionaries(
    some.sampled_from(["userName", "roleName", "roleArn", "other"]), TEXTS | some.none(), max_size=3
)
ANSWERS = some.dictionaries(some.sampled_from(["credentials", "policy", "user"]), NAMED | TEXTS, max_size=2)


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
    records = [make.event(2).encode(), event.encode()]
    assert summary(records, Outline.decode) == summary(records)


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
    with pytest.raises(Broken, match="no event"):
        summary([record, record.replace(written, otherwise, 1)], Outline.decode)


def test_filters_that_are_kept_are_read_as_they_were_made():
    assert hints(["event_name=GetUser", "event_id=1", "111122223333/us-east-1/"]).hex() == "104a84a7"
    assert hints([]) == b"\0"


@given(some.sets(some.text(), max_size=60))
def test_a_hint_never_hides_a_term(terms):
    filled = hints(terms)
    assert len(filled) == max(1, -(-len(terms) * 10 // 8))
    assert all(may_hold(filled, hashes(term)) for term in terms)
