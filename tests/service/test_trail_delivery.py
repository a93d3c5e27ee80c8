"""Delivery of trails: files with every event once, digests that vouch for them, and what a crash leaves."""

import gzip
import json
from hashlib import sha256

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from keyreeve.cloudtrail import delivering, files
from keyreeve.entities import DeletedTrail, Trail
from keyreeve.service import sealing
from keyreeve.store import StoreFailure
from trailed import ACCOUNT, BUCKET, killed


def test_every_event_from_the_start_is_delivered_once(trailed, clock):
    trailed.admin.iam.create_user(UserName="before")
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET, S3KeyPrefix="p", IsMultiRegionTrail=True)
    trailed.trails.start_logging(Name="main")
    trailed.admin.iam.create_user(UserName="alice")
    trailed.server.client("sts", trailed.admin.credentials, "eu-west-1").get_caller_identity()
    trailed.deliver()
    names = {record["eventName"] for record in trailed.records()}
    assert names == {"StartLogging", "CreateUser", "GetCallerIdentity"}
    clock.move(seconds=90)
    trailed.admin.iam.create_user(UserName="bob")
    trailed.deliver()
    trailed.deliver()
    assert sorted(trailed.ids()) == sorted(trailed.happened())
    place = f"p/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/05/04/{ACCOUNT}_CloudTrail_eu-west-1_20260504T0302Z_"
    (abroad,) = (name for name in trailed.objects("CloudTrail") if "eu-west-1" in name)
    assert abroad.startswith(place)
    assert len(abroad) == len(place) + 16 + len(".json.gz")
    status = trailed.trails.get_trail_status(Name="main")
    assert status["LatestDeliveryTime"] == clock()
    assert status["LatestDeliveryAttemptSucceeded"] == "2026-05-04T03:03:31Z"
    assert not any("eventVersion" not in record for record in trailed.records())
    assert {path.stat().st_mode & 0o777 for path in trailed.objects("CloudTrail").values()} <= {0o640, 0o600}


def test_what_happens_while_a_trail_is_stopped_is_not_delivered(trailed):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="main")
    trailed.trails.stop_logging(Name="main")
    trailed.admin.iam.create_user(UserName="unseen")
    trailed.trails.start_logging(Name="main")
    trailed.admin.iam.create_user(UserName="seen")
    trailed.deliver()
    told = [(record["eventName"], (record["requestParameters"] or {}).get("userName")) for record in trailed.records()]
    assert told == [("StartLogging", None), ("StopLogging", None), ("StartLogging", None), ("CreateUser", "seen")]


def test_a_trail_logs_what_its_selectors_choose(trailed):
    trailed.trails.create_trail(Name="writes", S3BucketName=BUCKET, S3KeyPrefix="writes")
    trailed.trails.put_event_selectors(TrailName="writes", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    trailed.trails.create_trail(Name="named", S3BucketName=BUCKET, S3KeyPrefix="named")
    fields = [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "eventName", "StartsWith": ["Create"], "NotEquals": ["CreateGroup"]},
        {"Field": "userIdentity.arn", "EndsWith": [":user/admin"]},
    ]
    selectors = [{"FieldSelectors": fields}]
    trailed.trails.put_event_selectors(TrailName="named", AdvancedEventSelectors=selectors)
    for name in ("writes", "named"):
        trailed.trails.start_logging(Name=name)
    trailed.admin.iam.create_user(UserName="alice")
    trailed.admin.iam.create_group(GroupName="staff")
    trailed.admin.iam.list_users()
    trailed.deliver()

    def delivered(prefix):
        found = (gzip.decompress(path.read_bytes()) for path in (trailed.folder / prefix).rglob("*.json.gz"))
        return [record["eventName"] for each in found for record in json.loads(each)["Records"]]

    assert delivered("writes") == ["StartLogging", "StartLogging", "CreateUser", "CreateGroup"]
    assert delivered("named") == ["CreateUser"]


def verified(digest, metadata, public):
    """Whether a digest's signature is that of the documented text."""
    content = json.dumps(digest).encode()
    text = "\n".join(
        (
            digest["digestEndTime"],
            f"{digest['digestS3Bucket']}/{digest['digestS3Object']}",
            sha256(content).hexdigest(),
            digest["previousDigestSignature"] or "null",
        )
    )
    try:
        public.verify(bytes.fromhex(metadata["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_digests_vouch_for_the_files_and_for_each_other(trailed, clock):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True)
    trailed.trails.start_logging(Name="main")
    trailed.deliver()
    assert not trailed.digests()
    for number in range(3):
        clock.move(hours=1)
        if number != 1:
            trailed.admin.iam.create_user(UserName=f"user{number}")
        trailed.deliver()
    first, empty, last = trailed.digests()
    assert (first["previousDigestSignature"], first["digestStartTime"]) == (None, "2026-05-04T03:02:01Z")
    assert (empty["logFiles"], empty["newestEventTime"]) == ([], None)
    assert last["digestStartTime"] == empty["digestEndTime"]
    assert last["previousDigestS3Object"] == empty["digestS3Object"]
    assert last["previousDigestHashValue"] == sha256(json.dumps(empty).encode()).hexdigest()
    named = {each["s3Object"]: each["hashValue"] for digest in (first, empty, last) for each in digest["logFiles"]}
    delivered = trailed.objects("CloudTrail")
    assert named == {name: sha256(gzip.decompress(p.read_bytes())).hexdigest() for name, p in delivered.items()}
    (key,) = trailed.trails.list_public_keys()["PublicKeyList"]
    assert key["Fingerprint"] == first["digestPublicKeyFingerprint"]
    public = load_der_public_key(key["Value"])
    for digest in (first, empty, last):
        metadata = json.loads((trailed.folder / f"{digest['digestS3Object']}.metadata").read_text())
        assert metadata["signature-algorithm"] == "SHA256withRSA"
        assert verified(digest, metadata, public)
        assert not verified({**digest, "digestEndTime": "2026-05-04T09:00:00Z"}, metadata, public)
    assert trailed.trails.get_trail_status(Name="main")["LatestDigestDeliveryTime"] == clock()


def test_a_region_without_events_has_digests_for_a_day_and_a_new_chain_later(trailed, clock):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    trailed.trails.start_logging(Name="main")
    abroad = trailed.server.client("sts", trailed.admin.credentials, "xx-nowhere-1")

    def hours(number):
        for _ in range(number):
            clock.move(seconds=3600)
            trailed.deliver()
        return [name for name in trailed.objects("CloudTrail-Digest") if "/xx-nowhere-1/" in name]

    abroad.get_caller_identity()
    assert len(hours(30)) == 1 + delivering.IDLE
    assert len([name for name in trailed.objects("CloudTrail-Digest") if "/us-east-1/" in name]) == 30
    abroad.get_caller_identity()
    assert len(hours(1)) == 2 + delivering.IDLE
    newest = max((each for each in trailed.digests() if "/xx-nowhere-1/" in each["digestS3Object"]), key=ended)
    assert newest["previousDigestS3Object"] is None
    assert newest["logFiles"]


def ended(digest):
    return digest["digestEndTime"]


def test_a_trail_that_stops_has_a_last_digest_and_then_begins_a_new_chain(trailed, clock):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True)
    trailed.trails.start_logging(Name="main")
    clock.move(minutes=5)
    trailed.trails.stop_logging(Name="main")
    trailed.deliver()
    (last,) = trailed.digests()
    assert len(last["logFiles"]) == 1
    trailed.deliver()
    clock.move(minutes=5)
    trailed.trails.start_logging(Name="main")
    clock.move(hours=1)
    trailed.deliver()
    assert [digest["previousDigestSignature"] for digest in trailed.digests()] == [None, None]


@pytest.mark.parametrize("at", range(1, 14))
def test_a_kill_at_any_step_leaves_no_gap_and_no_double(trailed, clock, opened, monkeypatch, at):
    """Delivery is cut off at its first, second, … write of a state or a file, and taken up by a new process."""
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True, IsMultiRegionTrail=True)
    trailed.trails.start_logging(Name="main")
    for number in range(4):
        trailed.admin.iam.create_user(UserName=f"user{number}")
    trailed.server.client("sts", trailed.admin.credentials, "eu-west-1").get_caller_identity()
    clock.move(hours=1)
    monkeypatch.setattr(delivering, "PORTION", 3)
    with killed(trailed.node, monkeypatch, at):
        trailed.deliver()
    trailed.begin_anew()
    clock.move(minutes=1)
    trailed.deliver()
    assert sorted(trailed.ids()) == sorted(trailed.happened())
    clock.move(hours=1)
    trailed.deliver()
    named = [each["s3Object"] for digest in trailed.digests() for each in digest["logFiles"]]
    assert sorted(named) == sorted(trailed.objects("CloudTrail"))


def test_a_compromised_key_ring_has_nothing_delivered_twice(trailed, clock):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="main")
    trailed.deliver()
    trailed.trails.stop_logging(Name="main")
    trailed.deliver()
    sealing.rotate(trailed.node, compromised=True)
    clock.move(minutes=1)
    trailed.deliver()
    trailed.begin_anew()
    trailed.deliver()
    delivered = trailed.ids()
    assert len(delivered) == len(set(delivered)) == 2


def test_a_folder_that_cannot_be_written_is_told_and_made_up_for(trailed, clock, monkeypatch):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="main")
    away = trailed.folder.rename(trailed.folder.with_name("away"))
    trailed.deliver()
    assert trailed.trails.get_trail_status(Name="main")["LatestDeliveryError"] == "NoSuchBucket"
    away.rename(trailed.folder)
    with monkeypatch.context() as refusing:
        refusing.setattr(files, "write", lambda *_: (_ for _ in ()).throw(PermissionError))
        trailed.deliver()
    status = trailed.trails.get_trail_status(Name="main")
    assert status["LatestDeliveryError"] == "AccessDenied"
    assert "LatestDeliveryTime" not in status
    trailed.deliver()
    assert "LatestDeliveryError" not in trailed.trails.get_trail_status(Name="main")
    trailed.deliver()
    assert sorted(trailed.ids()) == sorted(trailed.happened())


def test_a_store_that_fails_ends_no_thread(trailed, monkeypatch):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="main")
    with monkeypatch.context() as failing:
        failing.setattr(trailed.node.engine, "set_meta", lambda *_: (_ for _ in ()).throw(StoreFailure("no")))
        trailed.deliver()
    trailed.deliver()
    assert trailed.records()


def test_a_trail_made_anew_under_an_old_name_inherits_nothing(trailed):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="main")
    trailed.deliver()
    trailed.trails.delete_trail(Name="main")
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    assert "LatestDeliveryTime" not in trailed.trails.get_trail_status(Name="main")
    trailed.round()
    assert trailed.told() == [("StartLogging", None), ("DeleteTrail", None)]
    assert "LatestDeliveryTime" not in trailed.trails.get_trail_status(Name="main")


def test_a_node_that_closes_delivers_the_rest(trailed, clock):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="main")
    clock.move(seconds=1)
    trailed.admin.iam.list_users()
    happened = trailed.happened()
    trailed.node.start()
    trailed.node.close()
    assert sorted(trailed.ids()) == sorted(happened)


def test_a_node_that_neither_served_nor_changed_anything_delivers_nothing(trailed):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True)
    trailed.trails.start_logging(Name="main")
    trailed.node.close()
    assert trailed.objects("CloudTrail") == trailed.objects("CloudTrail-Digest") == {}


def test_nothing_is_kept_of_a_trail_that_was_deleted(trailed):
    kept = []
    for name in ("first", "second"):
        trailed.trails.create_trail(Name=name, S3BucketName=BUCKET)
        trailed.trails.start_logging(Name=name)
        trailed.deliver()
        kept.append(trailed.node.view.begin().everywhere(Trail)[-1].trail_id)
    trailed.trails.delete_trail(Name="first")
    trailed.round()
    assert not trailed.node.view.begin().everywhere(DeletedTrail)
    states = [trailed.node.engine.meta(f"trail delivery {trail_id}") for trail_id in kept]
    assert states[0] is None
    assert states[1] is not None


def test_delivery_goes_on_over_packed_blocks(trailed, clock):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="main")
    for _ in range(2100):
        trailed.admin.sts.get_caller_identity()
    trailed.node.log.flush()
    trailed.node.view.save()
    assert list(trailed.node.engine.blocks(0))
    clock.move(seconds=61)
    trailed.deliver()
    assert sorted(trailed.ids()) == sorted(trailed.happened())


def test_a_log_that_was_cut_off_is_delivered_from_its_new_end(trailed):
    trailed.trails.create_trail(Name="main", S3BucketName=BUCKET)
    trailed.trails.start_logging(Name="main")
    trailed.deliver()
    (trail,) = trailed.node.view.begin().everywhere(Trail)
    states = trailed.node._deliverer._deliveries
    states.note(trail.trail_id, msgspec.structs.replace(states.state(trail.trail_id), delivered=1_000_000))
    trailed.deliver()
    trailed.admin.iam.create_user(UserName="later")
    trailed.deliver()
    assert [record["eventName"] for record in trailed.records()].count("CreateUser") == 1
