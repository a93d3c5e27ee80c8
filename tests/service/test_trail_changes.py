"""What a change of a trail leaves of what came before it: everything, as it would have been without the change."""

import sqlite3
import time
from contextlib import closing, suppress

import msgspec
import pytest

from harness import refused
from keyreeve.cloudtrail import windows
from keyreeve.entities import DeletedTrail, Trail
from keyreeve.store import StoreFailure
from trailed import BUCKET, Trailed, killed

ALL = {"EventSelectors": [{"ReadWriteType": "All"}]}
READS = {"EventSelectors": [{"ReadWriteType": "ReadOnly"}]}
FIELDS = [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventName", "Equals": ["ListUsers"]}]
LISTED = {"AdvancedEventSelectors": [{"FieldSelectors": FIELDS}]}


@pytest.fixture
def main(trailed):
    """A trail that logs everything and is delivered; its name."""
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    trailed.trails.start_logging(Name="main")
    trailed.deliver()
    return "main"


@pytest.fixture
def elsewhere(trailed, tmp_path):
    """A second bucket, whose folder is not there yet."""
    trailed.node.deliveries._folders["elsewhere"] = tmp_path / "elsewhere"
    return tmp_path / "elsewhere"


def deed(trailed):
    trailed.admin.iam.create_user(UserName="evil")
    trailed.admin.iam.create_access_key(UserName="evil")


DEED = [("StartLogging", None), ("CreateUser", "evil"), ("CreateAccessKey", "evil")]


@pytest.mark.parametrize("selectors", [READS, LISTED])
def test_other_selectors_choose_from_now_on(trailed, main, selectors):
    deed(trailed)
    trailed.trails.put_event_selectors(TrailName=main, **selectors)
    trailed.admin.iam.create_user(UserName="unseen")
    trailed.admin.iam.list_users()
    trailed.trails.put_event_selectors(TrailName=main, **ALL)
    trailed.admin.iam.create_user(UserName="seen")
    trailed.deliver()
    assert trailed.told() == [*DEED, ("PutEventSelectors", None), ("ListUsers", None), ("CreateUser", "seen")]


def test_a_trail_of_one_region_leaves_what_it_had_of_the_others(trailed, main):
    deed(trailed)
    trailed.trails.update_trail(Name=main, IsMultiRegionTrail=False, IncludeGlobalServiceEvents=False)
    trailed.admin.iam.create_user(UserName="unseen")
    trailed.deliver()
    trailed.trails.update_trail(Name=main, IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True)
    trailed.admin.iam.create_user(UserName="seen")
    trailed.deliver()
    told = trailed.told()
    assert told == [*DEED, ("UpdateTrail", None), ("UpdateTrail", None), ("CreateUser", "seen")]


def test_what_came_before_a_move_goes_to_the_old_place(trailed, main, clock):
    deed(trailed)
    clock.move(minutes=1)
    trailed.trails.update_trail(Name=main, S3KeyPrefix="moved")
    trailed.admin.iam.create_user(UserName="later")
    trailed.deliver()
    assert trailed.told("AWSLogs/") == [*DEED, ("UpdateTrail", None)]
    assert trailed.told("moved/") == [("CreateUser", "later")]
    clock.move(hours=1)
    trailed.deliver()
    named = [each["s3Object"] for digest in trailed.digests() for each in digest["logFiles"]]
    assert sorted(named) == sorted(trailed.objects("CloudTrail"))


def test_a_bucket_that_takes_nothing_holds_nothing_up_once_the_trail_has_another(trailed, main, elsewhere, clock):
    trailed.trails.update_trail(Name=main, S3BucketName="elsewhere")
    deed(trailed)
    trailed.deliver()
    assert trailed.told() == [*DEED[:1], ("UpdateTrail", None)]
    assert trailed.trails.get_trail_status(Name=main)["LatestDeliveryError"] == "NoSuchBucket"
    trailed.trails.update_trail(Name=main, S3BucketName=BUCKET)
    clock.move(hours=1)
    trailed.deliver()
    assert trailed.told() == [
        *DEED[:1],
        ("UpdateTrail", None),
        *DEED[1:],
        ("GetTrailStatus", None),
        ("UpdateTrail", None),
    ]
    named = [(each["s3Bucket"], each["s3Object"]) for digest in trailed.digests() for each in digest["logFiles"]]
    assert sorted(named) == [(BUCKET, name) for name in sorted(trailed.objects("CloudTrail"))]


def test_a_trail_that_is_toggled_by_script_forgets_nothing(trailed, main):
    deed(trailed)
    for _ in range(102):
        trailed.trails.stop_logging(Name=main)
        trailed.trails.start_logging(Name=main)
    (kept,) = trailed.node.view.begin().everywhere(Trail)
    assert len(kept.windows) == 1  # nothing came between
    trailed.deliver()
    assert trailed.told() == [*DEED, *[("StopLogging", None), ("StartLogging", None)] * 102]


def test_a_trail_with_too_many_pauses_that_wait_is_not_stopped_but_started(trailed, main, monkeypatch):
    monkeypatch.setattr(windows, "MOST", 3)
    deed(trailed)
    for number in range(3):
        trailed.trails.stop_logging(Name=main)
        trailed.admin.iam.create_user(UserName=f"unseen{number}")
        trailed.trails.start_logging(Name=main)
    with refused(
        "ThrottlingException", "The trail was stopped 3 times since its last delivery. Try again after the next one."
    ):
        trailed.trails.stop_logging(Name=main)
    assert trailed.trails.get_trail_status(Name=main)["IsLogging"]
    trailed.deliver()
    assert trailed.told()[:3] == DEED
    assert not [name for _, name in trailed.told() if name and name.startswith("unseen")]
    trailed.trails.stop_logging(Name=main)
    (kept,) = trailed.node.view.begin().everywhere(Trail)
    assert len(kept.windows) == 1


def test_a_trail_with_too_many_changes_that_wait_is_not_changed(trailed, main, monkeypatch):
    monkeypatch.setattr(windows, "MOST", 3)
    deed(trailed)
    for selectors in (READS, ALL, READS):
        trailed.trails.put_event_selectors(TrailName=main, **selectors)
    for change in (
        lambda: trailed.trails.put_event_selectors(TrailName=main, **ALL),
        lambda: trailed.trails.update_trail(Name=main, S3KeyPrefix="moved"),
    ):
        with refused("ThrottlingException"):
            change()
    assert trailed.trails.get_event_selectors(TrailName=main)["EventSelectors"][0]["ReadWriteType"] == "ReadOnly"
    trailed.trails.put_event_selectors(TrailName=main, **READS)  # which changes nothing
    trailed.deliver()
    assert trailed.told()[:3] == DEED
    trailed.trails.put_event_selectors(TrailName=main, **ALL)
    (kept,) = trailed.node.view.begin().everywhere(Trail)
    assert len(kept.former) == 1


def test_former_settings_have_a_size(trailed, main, monkeypatch):
    monkeypatch.setattr(windows, "LARGEST_FORMER", 1000)
    large = {
        "EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::" + "b" * 900]}]}]
    }
    trailed.trails.put_event_selectors(TrailName=main, **large)
    with refused("ThrottlingException"):
        trailed.trails.put_event_selectors(TrailName=main, **ALL)
    trailed.deliver()
    trailed.trails.put_event_selectors(TrailName=main, **ALL)


def test_nothing_is_kept_of_settings_under_which_nothing_came(trailed):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    for selectors in (READS, ALL) * 60:
        trailed.trails.put_event_selectors(TrailName="main", **selectors)
    trailed.trails.start_logging(Name="main")
    trailed.trails.stop_logging(Name="main")
    for selectors in (READS, ALL) * 60:
        trailed.trails.put_event_selectors(TrailName="main", **selectors)
    (kept,) = trailed.node.view.begin().everywhere(Trail)
    assert len(kept.former) == 1


def test_what_is_dropped_as_delivered_is_not_judged_again_after_a_crash(trailed, main):
    trailed.trails.put_event_selectors(TrailName=main, **LISTED)
    trailed.deliver()
    trailed.admin.iam.create_user(UserName="unseen")
    trailed.deliver()
    trailed.trails.put_event_selectors(TrailName=main, **ALL)
    trailed.deliver()
    trailed.trails.stop_logging(Name=main)
    trailed.node.view.save()
    trailed.begin_anew()
    trailed.deliver()
    assert trailed.told() == [("StartLogging", None), ("PutEventSelectors", None), ("StopLogging", None)]


def test_what_comes_to_a_log_that_was_cut_off_is_new_whatever_changes(trailed, main):
    (trail,) = trailed.node.view.begin().everywhere(Trail)
    node, states = trailed.node, trailed.node.deliveries
    far = msgspec.structs.replace(states.state(trail.trail_id), delivered=1_000_000)
    states.save(node.engine, node.ring, trail.trail_id, far)
    trailed.begin_anew()
    deed(trailed)
    trailed.trails.put_event_selectors(TrailName=main, **READS)
    trailed.deliver()
    assert trailed.told()[:3] == DEED


def test_a_deleted_trail_delivers_what_came_before(trailed, main, clock):
    trailed.deliver()
    clock.move(minutes=1)
    deed(trailed)
    trailed.trails.delete_trail(Name=main)
    trailed.admin.iam.create_user(UserName="later")
    trailed.node.view.save()
    trailed.begin_anew()
    trailed.deliver()
    assert trailed.told() == [*DEED, ("DeleteTrail", None)]
    named = [each["s3Object"] for digest in trailed.digests() for each in digest["logFiles"]]
    assert sorted(named) == sorted(trailed.objects("CloudTrail"))
    trailed.round()
    assert not trailed.node.view.begin().everywhere(DeletedTrail)
    assert len(trailed.digests()) == 1


def test_a_trail_that_never_logged_or_is_delivered_leaves_nothing(trailed):
    trailed.trails.create_trail(Name="never", S3BucketName=BUCKET)
    trailed.trails.create_trail(Name="stopped", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="stopped")
    trailed.trails.stop_logging(Name="stopped")
    trailed.deliver()
    for name in ("never", "stopped"):
        trailed.trails.delete_trail(Name=name)
    assert not trailed.node.view.begin().everywhere(DeletedTrail)


def test_digests_of_a_deleted_trail_and_of_its_namesake_have_names_of_their_own(trailed, main, clock):
    clock.move(minutes=1)
    trailed.trails.delete_trail(Name=main)
    trailed.trails.create_trail(Name=main, S3BucketName=BUCKET, EnableLogFileValidation=True)
    trailed.trails.start_logging(Name=main)
    clock.move(hours=2)
    trailed.deliver()
    assert len(trailed.digests()) == 1
    trailed.node.tick()
    clock.move(minutes=1)
    trailed.deliver()
    assert [digest["previousDigestS3Object"] for digest in trailed.digests()] == [None, None]
    named = [each["s3Object"] for digest in trailed.digests() for each in digest["logFiles"]]
    assert sorted(named) == sorted(trailed.objects("CloudTrail"))


def test_what_a_deleted_trail_cannot_deliver_is_given_up_in_the_end(trailed, main, clock, monkeypatch, caplog):
    trailed.folder.rename(trailed.folder.with_name("away"))
    trailed.trails.delete_trail(Name=main)
    clock.move(days=31)  # as far as the clock is believed, no time has passed
    trailed.round()
    assert trailed.node.view.begin().everywhere(DeletedTrail)
    later = time.monotonic() + 31 * 86400
    monkeypatch.setattr(trailed.node.log.slow, "_monotonic", lambda: later)
    trailed.round()
    assert not trailed.node.view.begin().everywhere(DeletedTrail)
    assert "given up" in caplog.text


def test_deleted_trails_that_wait_are_counted(trailed, main, monkeypatch):
    monkeypatch.setattr(windows, "DELETED", 1)
    trailed.trails.create_trail(Name="other", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="other")
    trailed.trails.delete_trail(Name="other")
    with refused("ThrottlingException"):
        trailed.trails.delete_trail(Name=main)
    trailed.round()
    trailed.trails.delete_trail(Name=main)


def test_files_that_wait_for_a_digest_have_one_when_validation_ends(trailed, main, clock):
    clock.move(minutes=1)
    deed(trailed)
    trailed.trails.update_trail(Name=main, EnableLogFileValidation=False)
    before = trailed.happened()
    trailed.admin.iam.create_user(UserName="later")
    trailed.deliver()
    (last,) = trailed.digests()
    vouched = {each["s3Object"] for each in last["logFiles"]}
    told = [record["eventID"] for name in vouched for record in trailed.records(name)]
    assert sorted(told) == sorted(before)
    clock.move(hours=1)
    trailed.deliver()
    trailed.trails.update_trail(Name=main, EnableLogFileValidation=True)
    clock.move(hours=1)
    trailed.deliver()
    assert [digest["previousDigestS3Object"] for digest in trailed.digests()] == [None, None]


def test_what_came_after_a_trail_was_looked_at_waits_until_it_is_looked_at_again(trailed, main):
    """The thread that delivers may have read the trail before a change, and the log after it."""
    node = trailed.node
    trailed.trails.put_event_selectors(TrailName=main, **READS)
    trailed.trails.stop_logging(Name=main)
    node.view.save()
    node.tick()
    trailed.trails.put_event_selectors(TrailName=main, **ALL)
    trailed.trails.start_logging(Name=main)
    deed(trailed)
    node.view.save()
    node._deliverer.deliver()
    trailed.deliver()
    assert trailed.told()[-3:] == DEED


def test_a_change_that_was_lost_decides_nothing(trailed, main, monkeypatch):
    """The store fails after the change was looked at; the numbers of its events are used again by others."""
    node = trailed.node
    trailed.trails.put_event_selectors(TrailName=main, **READS)
    trailed.admin.iam.create_user(UserName="lost")
    trailed.admin.iam.create_user(UserName="lost-too")
    node._deliverer.see(node.view)
    with monkeypatch.context() as failing:
        failing.setattr(node.engine, "append", lambda *_: (_ for _ in ()).throw(StoreFailure("no")))
        with suppress(StoreFailure):
            node.view.save()
    deed(trailed)
    node.log.flush()
    node.view.save()
    node._deliverer._take(node.view)
    node._deliverer.deliver()
    trailed.deliver()
    assert trailed.told() == DEED


@pytest.mark.parametrize("at", [1, 2, 11, 12, 20, 21, 22, 23, 33, 42, 43])
def test_a_kill_at_any_step_behind_changes_leaves_no_gap_and_no_double(trailed, main, clock, monkeypatch, at):
    """Delivery is cut off at a write of the plan, a file, a state or a digest, changed again, and taken up anew."""
    deed(trailed)
    trailed.trails.update_trail(Name=main, S3KeyPrefix="moved")
    trailed.admin.iam.create_user(UserName="between")
    trailed.trails.put_event_selectors(TrailName=main, **READS)
    clock.move(hours=1)
    expected = [*DEED, ("UpdateTrail", None), ("CreateUser", "between"), ("PutEventSelectors", None)]
    with killed(trailed.node, monkeypatch, at):
        trailed.deliver()
    trailed.trails.update_trail(Name=main, S3KeyPrefix="again")
    trailed.node.view.save()
    trailed.begin_anew()
    clock.move(minutes=1)
    trailed.deliver()
    assert trailed.told() == expected
    clock.move(hours=1)
    trailed.deliver()
    named = {each["s3Object"] for digest in trailed.digests() for each in digest["logFiles"]}
    assert named == trailed.objects("CloudTrail").keys()


OLD = (
    '{"account_id":"111122223333","trail_id":"%s","name":"main","home_region":"us-east-1","s3_bucket_name":"audit",'
    '"is_multi_region_trail":true,"event_selectors":[{"read_write_type":"WriteOnly","include_management_events":true,'
    '"data_resources":[],"exclude_management_event_sources":[]}],"create_date":"2026-05-04T03:02:01Z","windows":%s,'
    '"start_logging_time":"2026-05-04T03:02:01Z","stop_logging_time":"2026-05-04T03:02:01Z"}'
)
"""A trail as it was written before settings were kept for what waits."""


def test_a_trail_that_was_kept_before_settings_were_is_read_and_delivered(trailed, opened, clock):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    newest = trailed.node.log.rows.last
    trailed.admin.iam.create_user(UserName="seen")
    trailed.admin.iam.create_user(UserName="unseen")
    trailed.admin.iam.create_user(UserName="later")
    (trail,) = trailed.node.view.begin().everywhere(Trail)
    trailed.node.close()
    kept = OLD % (trail.trail_id, f"[[{newest + 1},{newest + 1}],[{newest + 3},null]]")
    with closing(sqlite3.connect(trailed.node.folder.database)) as database, database:
        assert database.execute("UPDATE records SET data = ? WHERE kind = 'Trail'", (kept,)).rowcount == 1
    node = opened(create=False, trail_buckets=((BUCKET, trailed.folder),))
    anew = Trailed(node, trailed.key, trailed.folder)
    anew.trails.put_event_selectors(TrailName="main", **READS)
    anew.deliver()
    assert anew.told() == [("CreateUser", "seen"), ("CreateUser", "later"), ("PutEventSelectors", None)]
