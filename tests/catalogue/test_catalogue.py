"""The catalogue of AWS managed policies is whole, and opens fast."""

import hashlib
import json
import os
import subprocess
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from keyreeve.catalogue import Catalogue, managed

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load()


def test_administrator_access_is_as_aws_has_it(catalogue):
    policy = catalogue.get("arn:aws:iam::aws:policy/AdministratorAccess")
    assert policy.policy_name == "AdministratorAccess"
    assert policy.is_attachable
    assert policy.description is None
    assert policy.create_date == datetime(2015, 2, 6, 18, 39, 46, tzinfo=UTC)
    assert policy.document.splitlines() == [
        "{",
        '  "Version": "2012-10-17",',
        '  "Statement": [',
        "    {",
        '      "Effect": "Allow",',
        '      "Action": "*",',
        '      "Resource": "*"',
        "    }",
        "  ]",
        "}",
    ]


def test_a_policy_under_a_path(catalogue):
    policy = catalogue.get("arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy")
    assert policy.path == "/aws-service-role/"
    assert policy.is_for_service_linked_roles
    assert catalogue.get("arn:aws:iam::aws:policy/AWSSupportServiceRolePolicy") is None


def test_the_default_version_is_the_one_known(catalogue):
    policy = catalogue.get("arn:aws:iam::aws:policy/ReadOnlyAccess")
    (version,) = policy.versions
    assert version.is_default_version
    assert version.version_id == policy.default_version_id != "v1"
    assert version.create_date == policy.update_date
    assert version.document == policy.document


def test_listed_by_name_without_regard_to_case(catalogue):
    names = [policy.policy_name.lower() for policy in catalogue]
    assert len(names) == len(catalogue) > 1500
    assert all(first < second for first, second in pairwise(names))


def test_paging_goes_on_after_a_name(catalogue):
    everything = list(catalogue)
    assert list(catalogue.after(None)) == everything
    assert list(catalogue.after(everything[40].policy_name.upper())) == everything[41:]
    assert list(catalogue.after("zzzz")) == []


def test_ids_are_awss_form_and_differ(catalogue):
    ids = {policy.policy_id for policy in catalogue}
    assert len(ids) == len(catalogue)
    assert all(len(an_id) == 21 and an_id.startswith("ANPA") and an_id.isalnum() for an_id in ids)


def test_what_ships_is_what_was_taken(catalogue):
    """The checksum was recorded by the tool over moto's data; here it is made again from ours."""
    facts = {
        policy.policy_name: {
            "Path": policy.path,
            "DefaultVersionId": policy.default_version_id,
            "CreateDate": policy.create_date.isoformat(),
            "UpdateDate": policy.update_date.isoformat(),
            "Document": json.loads(policy.document),
        }
        for policy in catalogue
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == catalogue.checksum


def test_loading_opens_no_text():
    managed.index.cache_clear()
    managed._packed.cache_clear()
    managed._texts.cache_clear()
    Catalogue.load()
    assert managed._packed.cache_info().currsize == 0


@pytest.mark.client("moto")
def test_the_pinned_moto_has_the_same():
    python = Path(os.environ.get("KEYREEVE_CLIENTS_BIN", ROOT / ".venv-clients/bin")) / "python"
    if not python.exists():
        pytest.skip("the environment of the clients is not installed (make clients)")
    checked = subprocess.run(
        [python, ROOT / "tools/managed_policies.py", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
