"""Stems: a record made of pieces is the one that would have been written whole."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from keyreeve.events import Stem
from keyreeve.events.stem import BLANK_ID

IDS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
HOSTILE = '","eventTime":"x","requestParameters":null,"responseElements":null,"requestID":"\\" \n\x00é\u2028'


def stem_of(event):
    return Stem(msgspec.structs.replace(event, request_id=BLANK_ID, event_id=BLANK_ID, request_parameters=None))


def pieces(event):
    return stem_of(event).record(
        f"{event.event_time:%Y-%m-%dT%H:%M:%SZ}", event.request_id, event.event_id, event.request_parameters
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # a fixture of functions alone
@given(
    agent=some.text(max_size=2000) | some.just(HOSTILE),
    name=some.text(max_size=64) | some.just(HOSTILE),
    parameters=some.none() | some.dictionaries(some.text(), some.text() | some.lists(some.text()), max_size=3),
    seconds=some.integers(0, 10**9),
)
def test_a_record_of_pieces_is_the_record(make, agent, name, parameters, seconds):
    event = make.event(
        who=make.session(1, name),
        user_agent=agent,
        request_parameters=parameters,
        after=timedelta(seconds=seconds),
        request_id=IDS[0],
        event_id=IDS[1],
    )
    assert pieces(event) == event.encode()


def test_what_a_provider_says_of_itself_is_no_mark(make):
    told = {',"eventTime":"': {"eventTime": "2026-11-24T10:00:00Z", "requestParameters": None}}
    context = msgspec.structs.replace(make.session().session_context, web_id_federation_data=told)
    event = make.event(
        who=msgspec.structs.replace(make.session(), session_context=context), request_id=IDS[0], event_id=IDS[1]
    )
    assert pieces(event) == event.encode()


def test_a_stem_is_of_an_event_without_ids_and_parameters(make):
    with pytest.raises(ValueError, match="blank"):
        Stem(make.event())
    with pytest.raises(ValueError):  # noqa: PT011  the mark is not there
        Stem(make.event(request_id=BLANK_ID, event_id=BLANK_ID, request_parameters={"userName": "alice"}))
