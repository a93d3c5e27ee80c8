from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyreeve.events import Facts, UserIdentity, look_up

MINUTES = timedelta(minutes=1)


def facts(events):
    folded = Facts()
    for number, event in enumerate(events, 1):
        folded.fold(event, number)
    return folded


def test_key_uses_within_fifteen_minutes_count_once(make):
    uses = [make.event(after=after * MINUTES) for after in (0, 14, 15, 16)]
    key_id = make.user().access_key_id
    assert facts(uses[:2]).access_key_last_used(key_id) == (make.START, "sts", "us-east-1")
    assert facts(uses).access_key_last_used(key_id).time == make.START + 15 * MINUTES


def test_uses_under_a_clock_that_was_ahead_do_not_stand(make):
    ahead, late, now = timedelta(days=400), -10 * MINUTES, MINUTES
    success = {"name": "ConsoleLogin", "event_type": "AwsConsoleSignIn"}
    more = {"response_elements": {"ConsoleLogin": "Success"}, **success}

    def used(*times):
        folded = facts([made for after in times for made in every(after)])
        key, person = make.user().access_key_id, make.user().principal_id
        yield folded.access_key_last_used(key).time - make.START
        yield folded.password_last_used(person) - make.START
        yield folded.role_last_used("AROA00000000000000004").time - make.START
        yield folded.services_last_accessed(person)["sts"].time - make.START
        yield folded.actions_last_accessed(person)["sts:GetCallerIdentity"].time - make.START

    def every(after):
        return (
            make.event(after=after),
            make.event(after=after, **more),
            make.event(who=make.session(4), after=after),
        )

    assert set(used(ahead, now)) == {now}
    assert set(used(now, late)) == {now}  # it took long, and is told after what was quicker


def test_unused_is_none(make):
    folded = facts([])
    assert folded.access_key_last_used("AKIA") is None
    assert folded.role_last_used("AROA") is None
    assert folded.password_last_used("AIDA") is None
    assert folded.services_last_accessed("AIDA") == {}


def test_a_role_is_used_when_its_session_calls_not_when_it_is_assumed(make):
    assumed = make.event(name="AssumeRole")
    used = make.event(who=make.session(4), after=MINUTES, aws_region="eu-west-1")
    assert facts([assumed]).role_last_used("AROA00000000000000004") is None
    assert facts([assumed, used]).role_last_used("AROA00000000000000004") == (make.START + MINUTES, "eu-west-1")


def test_denied_attempts_count_and_say_who(make):
    denied = make.event(who=make.session(4, "x"), source="iam.amazonaws.com", error_code="AccessDenied")
    access = facts([denied]).services_last_accessed("AROA00000000000000004")["iam"]
    assert access == (make.START, "us-east-1", "arn:aws:sts::111122223333:assumed-role/role4/x")


def test_the_last_attempt_of_each_action_is_kept(make):
    uses = [make.event(name=name, after=n * MINUTES) for n, name in enumerate(("GetCallerIdentity", "GetSessionToken"))]
    seen = facts([*uses, make.event(after=3 * MINUTES)]).actions_last_accessed(make.user().principal_id)
    assert {action: access.time - make.START for action, access in seen.items()} == {
        "sts:GetCallerIdentity": 3 * MINUTES,
        "sts:GetSessionToken": MINUTES,
    }


def test_the_copy_in_another_account_folds_nothing(make):
    other = UserIdentity(type="AWSAccount", principal_id="AIDA00000000000000001", account_id="999999999999")
    assert facts([make.event(who=other)]).services_last_accessed("AIDA00000000000000001") == {}


@pytest.mark.parametrize(("outcome", "used"), [("Success", True), ("Failure", False)])
def test_a_password_is_used_by_signing_in(make, outcome, used):
    signed_in = make.event(
        name="ConsoleLogin", event_type="AwsConsoleSignIn", response_elements={"ConsoleLogin": outcome}
    )
    assert facts([signed_in]).password_last_used(make.user().principal_id) == (make.START if used else None)


choices = st.tuples(st.integers(0, 5), st.booleans(), st.sampled_from(["iam", "sts"]), st.integers(0, 1800))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(choices, max_size=60), st.integers(0, 60))
def test_facts_equal_a_naive_fold_also_across_a_snapshot(make, store, ring, calls, cut):
    events, now = [], timedelta()
    for number, is_session, service, seconds in calls:
        now += timedelta(seconds=seconds)
        who = make.session(number) if is_session else make.user(number)
        events.append(make.event(who=who, source=f"{service}.amazonaws.com", after=now))
    folded = facts(events[:cut])
    store.metas["event facts"] = folded.snapshot(ring, make.START)
    folded = Facts.load(store, ring, _Nothing())
    for number, event in enumerate(events[cut:], cut + 1):
        folded.fold(event, number)
    for number in range(6):
        assert folded.access_key_last_used(make.user(number).access_key_id) == _naive_key(events, make.user(number))
        session = make.session(number)
        last = [event for event in events if event.user_identity == session]
        expected = (last[-1].event_time, "us-east-1") if last else None
        assert folded.role_last_used(session.entity_id) == expected
        assert set(folded.services_last_accessed(session.entity_id)) == {e.event_source.split(".")[0] for e in last}


class _Nothing:
    def segments(self, after):
        return [][after:]


def _naive_key(events, user):
    recorded = None
    for event in events:
        fresh = recorded is None or event.event_time >= recorded[0] + timedelta(minutes=15)
        if event.user_identity == user and fresh:
            recorded = (event.event_time, event.event_source.split(".")[0], "us-east-1")
    return recorded


def test_a_forged_snapshot_is_not_believed(store, ring, make):
    honest = facts([make.event()]).snapshot(ring, make.START)
    store.metas["event facts"] = honest.replace(b"us-east-1", b"us-east-2")
    assert Facts.load(store, ring, _Nothing()).sequence == 0
    store.metas["event facts"] = b"\xc1"
    assert Facts.load(store, ring, _Nothing()).sequence == 0


def test_what_is_older_than_aws_tracks_is_dropped(store, ring, make):
    folded = facts([make.event(who=make.session(1))])
    store.metas["event facts"] = folded.snapshot(ring, make.START + timedelta(days=401))
    kept = Facts.load(store, ring, _Nothing())
    assert kept.role_last_used("AROA00000000000000001") is None
    assert kept.services_last_accessed("AROA00000000000000001") == {}


def test_an_event_that_meets_a_bug_keeps_no_other_from_the_log(log, make, monkeypatch):
    folded = log.facts.fold

    def fold(event, sequence, time):
        if event.event_name == "GetRole":
            raise ArithmeticError
        folded(event, sequence, time)

    monkeypatch.setattr(log.facts, "fold", fold)
    for name in ("GetUser", "GetRole", "ListUsers"):
        log.defer(make.event(name=name))
    with pytest.raises(ArithmeticError):
        log.flush()
    log.flush()
    assert [event.event_name for _, event in look_up(log.rows)] == ["ListUsers", "GetRole", "GetUser"]
    assert log.head.sequence == log.facts.sequence == 3
