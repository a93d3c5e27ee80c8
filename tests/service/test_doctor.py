"""What `doctor` says of trails and of the event log."""

from datetime import UTC, datetime

import pytest

from keyreeve.entities import Trail
from keyreeve.entities.trail import Window
from keyreeve.service import accounts, administration

ACCOUNT = "111122223333"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder


@pytest.fixture
def trailed(opened, folder):
    """A node with a trail that logs from the first event on."""
    node = opened(trail_buckets=(("audit", folder),))
    accounts.open_account(node, accounts.new_key(ACCOUNT, node.chance))
    tx = node.view.begin()
    tx.put(
        Trail(
            account_id=ACCOUNT,
            trail_id="t",
            name="main",
            home_region="us-east-1",
            create_date=datetime(2026, 5, 4, tzinfo=UTC),
            s3_bucket_name="audit",
            windows=(Window(first=1),),
        )
    )
    tx.commit()
    node.view.save()
    return node


def told(node, check="trails"):
    (found,) = [each for each in administration.run(node, "doctor", {}).result if each["check"] == check]
    return found["state"], found["sentence"]


def deliver(node):
    node._deliverer.see(node.view)
    node._deliverer.deliver()


def test_trails_that_deliver(trailed, folder):
    deliver(trailed)
    assert list(folder.rglob("*.json.gz"))
    assert told(trailed) == ("ok", "1; folders for buckets: 1")


def test_a_folder_that_is_not_there(trailed, folder):
    folder.rmdir()
    assert told(trailed) == ("problem", f"trail_buckets: audit={folder} is no folder that can be written")
    deliver(trailed)
    assert told(trailed)[1].endswith(f"can be written; {ARN} failed to deliver: NoSuchBucket")
    folder.mkdir()
    deliver(trailed)
    assert told(trailed)[0] == "ok"


def test_a_bucket_that_the_settings_have_lost(trailed, opened):
    trailed.close()
    assert told(opened(create=False)) == ("problem", f"{ARN} delivers to audit, which trail_buckets does not have")


def test_an_event_log_that_cannot_be_packed(trailed):
    assert told(trailed, "events")[0] == "ok"
    trailed.log.torn = 5
    state, sentence = told(trailed, "events")
    assert (state, "behind 5 " in sentence, "keyreeve events verify" in sentence) == ("problem", True, True)
