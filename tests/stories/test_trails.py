"""Trails as the AWS CLI and Terraform make, watch and validate them."""

import gzip
import json
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stories import bucket
from stories import server as servers
from stories.clients import AwsCli, Boto3, environment

BUCKET = "audit-logs"
CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "readers" {
  default = "ReadOnly"
}

provider "aws" {
  region                      = "us-east-1"
  skip_requesting_account_id  = false
  skip_region_validation      = true
  skip_metadata_api_check     = true
}

resource "aws_cloudtrail" "all" {
  name                          = "all-events"
  s3_bucket_name                = "audit-logs"
  s3_key_prefix                 = "trails"
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  tags                          = { team = "security" }
}

resource "aws_cloudtrail" "reads" {
  name           = "reads"
  s3_bucket_name = "audit-logs"
  enable_logging = false

  event_selector {
    read_write_type           = var.readers
    include_management_events = true
  }
}

resource "aws_cloudtrail" "chosen" {
  name                          = "chosen"
  s3_bucket_name                = "audit-logs"
  include_global_service_events = true

  advanced_event_selector {
    name = "writes"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
    field_selector {
      field  = "readOnly"
      equals = ["false"]
    }
  }
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bucket")


@pytest.fixture(scope="module")
def server(tmp_path_factory, folder):
    made = tmp_path_factory.mktemp("story")
    settings = ("--trail-buckets", f"{BUCKET}={folder}", "--trail-seconds", "1", "--digest-seconds", "2")
    with servers.serving(made, servers.made(made), *settings) as running:
        yield running


def aws(server, *arguments, status=0, **surroundings):
    done = subprocess.run(
        [AwsCli(server.endpoint).program, "cloudtrail", *arguments],
        env=environment(server.endpoint, server.admin, **surroundings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout


def waited(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.mark.client("aws")
def test_the_aws_cli_makes_a_trail_and_validates_what_it_delivered(server, folder):
    made = aws(server, "create-trail", "--name", "main", "--s3-bucket-name", BUCKET, "--enable-log-file-validation")
    aws(server, "start-logging", "--name", "main")
    Boto3(server.endpoint).call(server.admin, "iam", "CreateUser", UserName="delivered")
    waited(lambda: list(folder.rglob("*CloudTrail-Digest_*.json.gz")))
    aws(server, "stop-logging", "--name", "main")
    waited(lambda: "StopLogging" in delivered(folder))
    assert delivered(folder)[0] == "StartLogging"
    assert delivered(folder).count("CreateUser") == 1
    logs = list(folder.rglob("*_CloudTrail_*.json.gz"))
    waited(lambda: all(path.name in vouched_for(folder) for path in logs))
    assert not json.loads(aws(server, "get-trail-status", "--name", "main"))["IsLogging"]
    digests = len(list(folder.rglob("*CloudTrail-Digest_*.json.gz")))
    with bucket.shared(folder) as url:
        told = validated(server, json.loads(made)["TrailARN"], url)
        assert f"{digests}/{digests} digest files valid" in told, told
        assert f"{len(logs)}/{len(logs)} log files valid" in told, told
        changed(logs[0])
        told = validated(server, json.loads(made)["TrailARN"], url, status=1)
    assert f"1/{len(logs)} log files INVALID" in told, told


def validated(server, arn, url, status=0):
    """What `aws cloudtrail validate-logs` says of the files that are served at a URL."""
    now = datetime.now(UTC)
    start, end = (now - timedelta(hours=1)).isoformat(), (now + timedelta(minutes=1)).isoformat()
    span = ("--start-time", start, "--end-time", end)
    return aws(server, "validate-logs", "--trail-arn", arn, *span, status=status, AWS_ENDPOINT_URL_S3=url)


def vouched_for(folder):
    """The names of the log files that digests list."""
    digests = (json.loads(gzip.decompress(path.read_bytes())) for path in folder.rglob("*CloudTrail-Digest_*.json.gz"))
    return {Path(each["s3Object"]).name for digest in digests for each in digest["logFiles"]}


def delivered(folder):
    """The names of the events in all log files, as they happened."""
    records = [
        record
        for path in folder.rglob("*_CloudTrail_*.json.gz")
        if not path.name.startswith(".")
        for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]
    ]
    order = {name: place for place, name in enumerate(("StartLogging", "CreateUser", "GetTrailStatus", "StopLogging"))}
    return [record["eventName"] for record in sorted(records, key=lambda each: order.get(each["eventName"], 9))]


def changed(path):
    """Make an event of a log file another's."""
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"admin", b"alice")))


@pytest.mark.client("terraform")
@pytest.mark.slow
def test_terraform_applies_plans_without_a_difference_and_destroys(server, tmp_path):
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    if not Path(os.environ.get("TF_CLI_CONFIG_FILE", "none")).is_file():
        pytest.skip("the AWS provider comes from a mirror folder, and no TF_CLI_CONFIG_FILE names one")
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    mirror = {"TF_CLI_CONFIG_FILE": os.environ["TF_CLI_CONFIG_FILE"]}
    quiet = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1", "HOME": str(tmp_path)}

    def run(*arguments):
        done = subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=tmp_path,
            env=environment(server.endpoint, server.admin, **mirror, **quiet),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8000:]
        return done.stdout

    run("init")
    assert "Resources: 3 added, 0 changed, 0 destroyed." in run("apply", "-auto-approve")
    run("plan", "-detailed-exitcode")
    client = Boto3(server.endpoint)
    logging = {
        name: client.call(server.admin, "cloudtrail", "GetTrailStatus", Name=name)["IsLogging"]
        for name in ("all-events", "reads", "chosen")
    }
    assert logging == {"all-events": True, "reads": False, "chosen": True}
    assert "Resources: 0 added, 1 changed, 0 destroyed." in run("apply", "-auto-approve", "-var=readers=WriteOnly")
    run("plan", "-detailed-exitcode", "-var=readers=WriteOnly")
    assert "Destroy complete! Resources: 3 destroyed." in run("destroy", "-auto-approve")
    left = client.call(server.admin, "cloudtrail", "ListTrails")["Trails"]
    assert not {"all-events", "reads", "chosen"} & {trail["Name"] for trail in left}
