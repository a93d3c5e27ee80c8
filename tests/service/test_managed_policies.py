"""AWS managed policies are kept up to date: with their old versions, and whole or not at all."""

import json
import zlib
from base64 import b64encode

import pytest

import harness
from harness import refused
from keyreeve.catalogue.export import BadExport, read
from keyreeve.events import look_up
from keyreeve.faults import NoSuchEntity, ValidationError
from keyreeve.service import administration, managed_policies

ARN = "arn:aws:iam::aws:policy/"
DATE = "2026-03-04T05:06:07Z"
WIDER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]}


def policy(name="IAMReadOnlyAccess", version="v99", document=WIDER, path="/", **more):
    return {
        "PolicyName": name,
        "PolicyId": "ANPAEXAMPLE",
        "Arn": f"arn:aws:iam::aws:policy{path}{name}",
        "Path": path,
        "DefaultVersionId": version,
        "AttachmentCount": 3,
        "CreateDate": "2015-02-06T18:40:36+00:00",
        "UpdateDate": DATE,
        "PolicyVersionList": [
            {"Document": document, "VersionId": version, "IsDefaultVersion": True, "CreateDate": DATE}
        ],
        **more,
    }


def packed(*policies, **more):
    return b64encode(zlib.compress(json.dumps({"Policies": policies, **more}).encode())).decode()


def update(node, *policies, dry_run=False):
    return administration.run(node, "managed-policies.update", {"packed": packed(*policies), "dry_run": dry_run}).result


def run(node, command, **arguments):
    return administration.run(node, f"managed-policies.{command}", arguments).result


@pytest.fixture
def server(node):
    return harness.Server(node.service, node.view, node.ring, node.log)


@pytest.fixture
def iam(server, node, clock):
    """The account's root user, in our time."""
    made = administration.run(node, "root.create-access-key", {}).result
    clock.now = harness.datetime.now(harness.UTC)
    return server.person({"AccessKeyId": made["access_key_id"], "SecretAccessKey": made["secret_access_key"]}).iam


def versions(iam, name):
    found = iam.list_policy_versions(PolicyArn=f"{ARN}{name}")["Versions"]
    return [(each["VersionId"], each["IsDefaultVersion"]) for each in found]


def test_an_update_is_in_force_at_the_next_request_and_loses_no_attachment(server, iam, node):
    iam.create_user(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=f"{ARN}IAMReadOnlyAccess")
    alice = server.person(iam.create_access_key(UserName="alice")["AccessKey"]).iam
    assert alice.list_users()["Users"]
    before = iam.get_policy(PolicyArn=f"{ARN}IAMReadOnlyAccess")["Policy"]
    done = json.loads(json.dumps(update(node, policy())))
    assert done["changes"] == [
        {
            "arn": f"{ARN}IAMReadOnlyAccess",
            "policy_name": "IAMReadOnlyAccess",
            "before": before["DefaultVersionId"],
            "after": "v99",
        }
    ]
    with refused("AccessDenied"):
        alice.list_users()
    assert alice.get_user(UserName="alice")["User"]["UserName"] == "alice"
    after = iam.get_policy(PolicyArn=f"{ARN}IAMReadOnlyAccess")["Policy"]
    assert (after["PolicyId"], after["AttachmentCount"]) == (before["PolicyId"], 1)
    assert (after["DefaultVersionId"], f"{after['UpdateDate']:%Y-%m-%dT%H:%M:%SZ}") == ("v99", DATE)


def test_old_versions_stay(iam, node):
    update(node, policy())
    old = iam.list_policy_versions(PolicyArn=f"{ARN}IAMReadOnlyAccess")["Versions"][1]["VersionId"]
    update(node, policy(version="v100"))
    assert versions(iam, "IAMReadOnlyAccess") == [("v100", True), ("v99", False), (old, False)]
    text = iam.get_policy_version(PolicyArn=f"{ARN}IAMReadOnlyAccess", VersionId=old)["PolicyVersion"]["Document"]
    assert "iam:List*" in json.dumps(text)
    shown = run(node, "show", name="IAMReadOnlyAccess")
    assert [each["version_id"] for each in shown["versions"]] == ["v100", "v99", old]


def test_a_new_policy_can_be_attached_and_is_listed_in_its_place(iam, node):
    update(node, policy("IAMAlmostNothing"))
    iam.create_user(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=f"{ARN}IAMAlmostNothing")
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 100})
    names = [each["PolicyName"] for page in pages for each in page["Policies"]]
    assert names == sorted(names, key=str.lower)
    assert names.count("IAMAlmostNothing") == 1
    assert len(names) == len(node.catalogue) == len(set(names))
    assert names.count("IAMReadOnlyAccess") == 1


def test_an_update_survives_a_restart(node, opened):
    update(node, policy(), policy("IAMAlmostNothing", "v1"))
    node.view.save()
    node.close()
    again = opened(create=False)
    assert again.catalogue.get(f"{ARN}IAMReadOnlyAccess").default_version_id == "v99"
    assert [each["policy_name"] for each in run(again, "list", changed=True)] == [
        "IAMAlmostNothing",
        "IAMReadOnlyAccess",
    ]
    assert len(run(again, "list")) == len(again.catalogue)


def test_a_catalogue_that_ships_later_is_not_covered_by_an_older_update(node, monkeypatch):
    update(node, policy(version="v2"))
    shipped = node.catalogue.get(f"{ARN}IAMReadOnlyAccess")
    assert shipped.default_version_id != "v2"
    update(node, policy("AdministratorAccess", "v2"))
    assert node.catalogue.get(f"{ARN}AdministratorAccess").default_version_id == "v2"
    newer = node.catalogue._by_arn[f"{ARN}AdministratorAccess"]
    newer = type(newer)(**{**fields(newer), "default_version_id": "v3"})
    monkeypatch.setitem(node.catalogue._by_arn, f"{ARN}AdministratorAccess", newer)
    found = node.catalogue.get(f"{ARN}AdministratorAccess")
    assert [(each.version_id, each.is_default_version) for each in found.versions] == [
        ("v3", True),
        ("v2", False),
        ("v1", False),
    ]


def fields(record):
    return {name: getattr(record, name) for name in record.__struct_fields__}


def test_what_is_not_newer_changes_nothing(node):
    before = node.view.revision
    known = node.catalogue.get(f"{ARN}ReadOnlyAccess")
    same = policy("ReadOnlyAccess", known.default_version_id, json.loads(known.document))
    done = update(node, same, policy("IAMReadOnlyAccess", "v1"))
    assert (done["changes"], done["taken"], done["policies"]) == ([], False, 2)
    assert node.view.revision == before


def test_a_dry_run_says_what_would_change(node):
    before = node.view.revision
    done = update(node, policy(), dry_run=True)
    assert ([each["after"] for each in done["changes"]], done["taken"]) == (["v99"], False)
    assert node.view.revision == before
    assert node.catalogue.get(f"{ARN}IAMReadOnlyAccess").default_version_id != "v99"


def test_an_update_leaves_an_event(node):
    update(node, policy())
    newest = next(event for _, event in look_up(node.log.rows))
    assert (newest.event_name, newest.recipient_account_id) == ("UpdateAwsManagedPolicies", "000000000000")
    assert newest.additional_event_data == {
        "command": "keyreeve managed-policies update",
        "source": "an export of AWS",
        "changed": 1,
        "policies": [{"arn": f"{ARN}IAMReadOnlyAccess", "versionId": "v99"}],
    }


DENY_NOBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Maybe", "Action": "*", "Resource": "*"}]}
DAMAGED = {
    "a document that is none": policy(document=DENY_NOBODY),
    "no document": policy(document=None),
    "another's ARN": policy() | {"Arn": "arn:aws:iam::111122223333:policy/IAMReadOnlyAccess"},
    "another name": policy() | {"PolicyName": "Other"},
    "another path": policy() | {"Path": "/job-function/"},
    "no default version": policy() | {"DefaultVersionId": "v98"},
    "no version id": policy(version="latest"),
    "a version twice": policy() | {"PolicyVersionList": policy()["PolicyVersionList"] * 2},
    "a version that changed": policy("AdministratorAccess", "v1"),
    "a name that is taken": policy("readonlyaccess", "v1"),
    "a date that is none": policy() | {"UpdateDate": "yesterday"},
    "a policy twice": policy("Fresh"),
}


@pytest.mark.parametrize("fault", DAMAGED)
def test_a_damaged_file_is_refused_as_a_whole(node, fault):
    before = node.view.revision
    with pytest.raises(ValidationError):
        update(node, policy("Fresh"), DAMAGED[fault])
    assert node.view.revision == before
    assert node.catalogue.get(f"{ARN}Fresh") is None


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"Policies": []}', b"{" * 5000, b"\xff", b'{"Policies": [{}]}'])
def test_what_is_no_export_is_refused(text):
    with pytest.raises(BadExport):
        read(text)


@pytest.mark.parametrize("sent", ["", "!", b64encode(zlib.compress(b"{}")[:-4]).decode()])
def test_what_did_not_arrive_whole_is_refused(node, sent):
    with pytest.raises(ValidationError):
        administration.run(node, "managed-policies.update", {"packed": sent})


def test_what_opens_to_too_much_is_refused(node, monkeypatch):
    monkeypatch.setattr(managed_policies, "LARGEST", 100)
    with pytest.raises(ValidationError, match="at most 100 bytes"):
        update(node, policy())


def test_a_document_may_be_its_text_or_percent_encoded():
    text = json.dumps(WIDER)
    for document in (text, "%7B" + text[1:].replace(" ", "%20")):
        (found,) = read(json.dumps({"Policies": [policy(document=document)]}).encode()).policies
        assert json.loads(found.document) == WIDER


def test_a_policy_that_is_not_there_is_not_shown(node):
    with pytest.raises(NoSuchEntity):
        run(node, "show", name="Nothing")
