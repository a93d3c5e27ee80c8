"""`keyreeve organizations`, on a folder at rest and on a server that runs."""

import json

import pytest
from botocore.exceptions import ClientError

DENIED = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}]}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "denied.json"
    path.write_text(json.dumps(DENIED))
    return str(path)


def test_a_policy_binds_a_server_that_runs(admin, keyreeve, serve, file):
    iam = serve().client("iam", admin)
    target = ("--target-id", admin["account_id"], "--name", "NoUsers")
    assert iam.list_users()
    said = keyreeve("organizations", "attach-policy", file, *target).stdout
    where = f"{admin['account_id']} (SERVICE_CONTROL_POLICY, level account)"
    assert said == f"NoUsers is attached to {where}, and binds from the next request on.\n"
    with pytest.raises(ClientError, match="with an explicit deny in a service control policy"):
        iam.list_users()
    keyreeve("organizations", "update-policy", "-", *target, text=json.dumps(DENIED).replace("ListUsers", "ListRoles"))
    assert iam.list_users()
    assert keyreeve("organizations", "detach-policy", *target).stdout == f"NoUsers is detached from {where}.\n"
    assert iam.list_roles()


def test_what_is_attached_is_listed(admin, keyreeve, told, file):
    target = ("--target-id", admin["account_id"], "--name", "NoUsers", "--level", "ou1")
    keyreeve("organizations", "attach-policy", file, *target)
    head, *rows = keyreeve("organizations", "list-policies").stdout.splitlines()
    assert head.split() == ["account", "type", "level", "policy"]
    assert [row.split()[1:] for row in rows] == [
        ["SERVICE_CONTROL_POLICY", "ou1", "FullAWSAccess"],
        ["SERVICE_CONTROL_POLICY", "ou1", "NoUsers"],
    ]
    assert json.loads(told("organizations", "list-policies")[1]["content"]) == DENIED
    assert told("organizations", "list-policies", "--target-id", "999999999999") == []


def test_a_policy_that_is_none_is_refused_in_a_line(admin, keyreeve):
    target = ("--target-id", admin["account_id"], "--name", "Broken")
    result = keyreeve("organizations", "attach-policy", "-", *target, text="{}", status=1)
    assert result.stderr.startswith("keyreeve: Syntax errors in policy.")
    assert "AttachPolicy" not in keyreeve("events").stdout
