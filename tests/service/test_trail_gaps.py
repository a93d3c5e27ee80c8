"""What a trail delivers of a log that was damaged: all the rest, and that something is not there."""

import sqlite3
from contextlib import closing

import pytest

from keyreeve.cloudtrail import digests
from keyreeve.entities import Trail
from keyreeve.events import verify
from keyreeve.events.breach import BREACH
from keyreeve.seal import SealBroken
from trailed import BUCKET


@pytest.fixture
def main(trailed):
    """A trail that logs from its own StartLogging on; its name."""
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True)
    trailed.trails.start_logging(Name="main")
    return "main"


def damage(trailed, *numbers):
    """Cut rows of the store off in their middle; what it kept in memory is not asked."""
    trailed.node.log.flush()
    trailed.node.view.save()
    with closing(sqlite3.connect(trailed.node.folder.database)) as database, database:
        database.executemany(
            "UPDATE events SET row = substr(row, 1, 60) WHERE number = ?", [(each,) for each in numbers]
        )


def delete(trailed, *numbers):
    """Take rows out of the store."""
    damage(trailed)
    with closing(sqlite3.connect(trailed.node.folder.database)) as database, database:
        database.executemany("DELETE FROM events WHERE number = ?", [(each,) for each in numbers])


def told(trailed):
    """What the trail's files tell of gaps."""
    return [record["additionalEventData"]["reason"] for record in trailed.records() if record["eventName"] == BREACH]


def sentence(first, last):
    return f"records {first} to {last} of the event log are gone or cannot be read"


def test_rows_that_cannot_be_read_stop_nothing_and_are_not_passed_over(trailed, main, clock, caplog):
    for number in range(1, 5):
        trailed.admin.iam.create_user(UserName=f"user{number}")
    last = trailed.node.log.head.sequence
    damage(trailed, last - 2, last - 1)
    trailed.deliver()
    clock.move(minutes=1)
    trailed.admin.iam.create_group(GroupName="later")
    trailed.begin_anew()
    trailed.deliver()
    names = [record["eventName"] for record in trailed.records()]
    assert names == ["StartLogging", "CreateUser", BREACH, "CreateUser", "CreateGroup"]
    assert told(trailed) == [sentence(last - 2, last - 1)]
    assert [each.fields["reason"] for each in caplog.records if "gap" in each.message] == told(trailed)
    assert {each.sequence for each in verify(trailed.node.engine, trailed.node.ring)} >= {last - 2, last - 1}


def test_rows_that_are_gone_are_told_and_nothing_is_delivered_twice(trailed, main, clock):
    trailed.admin.iam.create_user(UserName="alice")
    trailed.deliver()
    before = trailed.ids()
    clock.move(minutes=1)
    for number in range(1, 5):
        trailed.admin.iam.create_user(UserName=f"user{number}")
    last, kept = trailed.node.log.head.sequence, trailed.happened()
    delete(trailed, last - 2, last - 1)
    trailed.deliver()
    assert told(trailed) == [sentence(last - 2, last - 1)]
    (gap,) = [record["eventID"] for record in trailed.records() if record["eventName"] == BREACH]
    assert trailed.ids() == [*before, kept[-4], gap, kept[-1]]


def test_when_all_rows_are_gone_what_blocks_hold_is_not_delivered_again(trailed, main, clock):
    for _ in range(1200):
        trailed.admin.sts.get_caller_identity()
    trailed.deliver()
    last = trailed.node.log.head.sequence
    delete(trailed, *range(1, last + 1))
    trailed.deliver()
    clock.move(minutes=1)
    trailed.admin.iam.create_user(UserName="alice")
    trailed.deliver()
    assert told(trailed) == [sentence(1001, last)]
    assert len(set(trailed.ids())) == len(trailed.ids())


def test_a_digest_vouches_for_the_file_that_tells_of_a_gap(trailed, main, clock):
    trailed.admin.iam.create_user(UserName="alice")
    damage(trailed, trailed.node.log.head.sequence)
    trailed.deliver()
    clock.move(hours=1)
    trailed.deliver()
    (digest,) = trailed.digests()
    assert {each["s3Object"] for each in digest["logFiles"]} == trailed.objects("CloudTrail").keys()
    assert told(trailed)


def test_a_block_that_cannot_be_read_is_one_gap(trailed, main):
    for _ in range(2100):
        trailed.admin.sts.get_caller_identity()
    damage(trailed)
    (first, last, block), *_ = trailed.node.engine.blocks(1)
    (trail,) = trailed.node.view.begin().everywhere(Trail)
    start = trail.windows[0].first
    kept = trailed.happened()[last - start + 1 :]
    trailed.node.engine.replace_events(first, last, block[:-100])
    trailed.deliver()
    assert told(trailed) == [sentence(start, last)]
    assert trailed.ids()[1:] == kept


def test_what_retention_took_is_no_gap(trailed, main):
    for _ in range(1200):
        trailed.admin.sts.get_caller_identity()
    damage(trailed)
    trailed.node.log.compact()
    assert trailed.node.log.retain(size=0) == 1000
    trailed.deliver()
    assert trailed.ids()
    assert not told(trailed)


def test_what_was_damaged_while_a_trail_was_stopped_is_not_its_own(trailed, main):
    trailed.trails.stop_logging(Name=main)
    trailed.admin.iam.create_user(UserName="unseen")
    damage(trailed, trailed.node.log.head.sequence)
    trailed.trails.start_logging(Name=main)
    trailed.deliver()
    assert [record["eventName"] for record in trailed.records()] == ["StartLogging", "StopLogging", "StartLogging"]


def test_a_trail_whose_delivery_fails_stops_no_other(trailed, main, clock, monkeypatch, caplog):
    trailed.trails.create_trail(Name="other", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="other")
    trailed.deliver()
    clock.move(hours=1)
    monkeypatch.setattr(digests, "private_key", lambda *_: (_ for _ in ()).throw(SealBroken("that key")))
    trailed.admin.iam.create_user(UserName="alice")
    trailed.deliver()
    assert [record["eventName"] for record in trailed.records()].count("CreateUser") == 2
    assert "that key" in caplog.text
