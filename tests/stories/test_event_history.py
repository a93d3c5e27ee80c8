"""The event history as the AWS CLI and boto3 show it."""

import json
import subprocess

import pytest

from stories.clients import AwsCli, Boto3, boto, environment
from stories.words import refused


def looked_up(server, *arguments):
    """What `aws cloudtrail lookup-events` prints, as JSON."""
    done = subprocess.run(
        [AwsCli(server.endpoint).program, "cloudtrail", "lookup-events", *arguments],
        env=environment(server.endpoint, server.admin),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["Events"]


@pytest.mark.client("aws")
def test_the_aws_cli_looks_events_up_page_by_page(server):
    client = Boto3(server.endpoint)
    for number in range(5):
        client.call(server.admin, "iam", "CreateUser", UserName=f"looked-up-{number}")
    asked = ("--lookup-attributes", "AttributeKey=EventName,AttributeValue=CreateUser", "--page-size", "2")
    found = [json.loads(event["CloudTrailEvent"]) for event in looked_up(server, *asked, "--max-items", "5")]
    assert [record["requestParameters"]["userName"] for record in found] == [
        f"looked-up-{number}" for number in range(4, -1, -1)
    ]


@pytest.mark.client("boto3")
def test_boto3_pages_over_the_event_history(server):
    client = boto(server.endpoint, "cloudtrail", server.admin)
    for _ in range(3):
        client.lookup_events(MaxResults=1)
    pages = client.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "LookupEvents"}],
        PaginationConfig={"PageSize": 1, "MaxItems": 3},
    )
    assert [len(page["Events"]) for page in pages] == [1, 1, 1]
    with refused("InvalidLookupAttributesException"):
        attributes = [{"AttributeKey": "EventName", "AttributeValue": name} for name in ("a", "b")]
        Boto3(server.endpoint).call(server.admin, "cloudtrail", "LookupEvents", LookupAttributes=attributes)
