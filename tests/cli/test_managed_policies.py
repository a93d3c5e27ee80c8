"""`keyreeve managed-policies`, on a folder at rest and beside a running server."""

import json
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/managed-policies.md"
TEXT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}


@pytest.fixture
def newer(tmp_path):
    """A file with one policy that is newer, made of the page's example."""
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    export = json.loads(example)
    (policy,) = export["Policies"]
    (version,) = policy["PolicyVersionList"]
    policy["DefaultVersionId"] = version["VersionId"] = "v2"
    version["Document"] = TEXT
    path = tmp_path / "newer.json"
    path.write_text(json.dumps(export))
    return path


def test_the_pages_example_is_taken_and_nothing_of_it_is_newer(keyreeve, admin, tmp_path):
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    path = tmp_path / "same.json"
    path.write_text(example)
    assert "0 of 1 policies are newer" in keyreeve("managed-policies", "update", str(path)).stdout


def test_what_changed_is_shown(keyreeve, told, admin, newer):
    shown = keyreeve("managed-policies", "update", str(newer), "--dry-run").stdout
    assert re.search(r"AdministratorAccess +v1 +v2", shown)
    assert "1 of 1 policies would change" in shown
    assert "1 of 1 policies changed" in keyreeve("managed-policies", "update", str(newer)).stdout
    assert told("managed-policies", "update", str(newer))["changes"] == []
    (listed,) = told("managed-policies", "list", "--changed")
    assert (listed["policy_name"], listed["default_version_id"]) == ("AdministratorAccess", "v2")
    assert re.search(r"AdministratorAccess +v2 .* here", keyreeve("managed-policies", "list").stdout)
    shown = keyreeve("managed-policies", "show", "AdministratorAccess").stdout
    assert re.search(r"v2 .* default\nv1 ", shown)
    assert "s3:ListBucket" in shown


def test_a_damaged_file_is_told_by_its_name(keyreeve, told, admin, newer):
    newer.write_text(newer.read_text()[:-20])
    refused = keyreeve("managed-policies", "update", str(newer), status=1)
    assert str(newer) in refused.stderr
    assert told("managed-policies", "list", "--changed") == []


def test_a_running_server_takes_it(serve, keyreeve, admin, newer):
    server = serve()
    assert server.client("iam", admin).list_users()["Users"]
    keyreeve("managed-policies", "update", str(newer))
    with pytest.raises(Exception, match="AccessDenied"):
        server.client("iam", admin).list_users()
    server.stop()
