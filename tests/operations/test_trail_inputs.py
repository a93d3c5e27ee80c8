"""Whatever a proven caller sends to CloudTrail, the answer is a success or one of AWS's errors, and never a bug."""

import json
import random

import pytest

import harness
from harness import ACCOUNT, SESSION
from keyreeve.cloudtrail.deliveries import Deliveries
from keyreeve.entities import Trail
from keyreeve.operations import REGISTRY
from keyreeve.wire import model

REQUESTS = 2_500
BUILT = sorted(name for service, name in REGISTRY if service == "cloudtrail")
COMMON = {"SerializationException", "ValidationException", "AccessDeniedException"}
ODD = (
    None,
    True,
    False,
    0,
    -1,
    51,
    2**31,
    2**70,
    1.5,
    "",
    "x",
    "x" * 3_000,
    "\0",
    "\U0001f600",
    [],
    [None],
    {},
    {"a": 1},
)
TEXTS = (
    "main",
    "arn:aws:cloudtrail:us-east-1:111122223333:trail/main",
    "arn:aws:cloudtrail:us-east-1:444455556666:trail/main",
    "arn:aws:cloudtrail:us-east-1:111122223333:channel/x",
    "arn:",
    "audit-logs",
    "../..",
    "EventName",
    "ReadOnly",
    "true",
    "Management",
    "eventCategory",
    "AWS::S3::Object",
    "arn:aws:s3:::b/",
    "kms.amazonaws.com",
    "AAAA",
)
SCALARS = {"integer": (0, 1, 50, 51), "boolean": (True, False), "timestamp": (0, 1.5e9, 4e9, -1e12, 1e300)}


def drawn(chance, shape, depth=0):
    """A value of a shape, or something else in its place."""
    if chance.random() < 0.04 or depth > 6:
        return chance.choice(ODD)
    match shape.type:
        case "structure":
            return {
                name: drawn(chance, member, depth + 1)
                for name, member in shape.members.items()
                if name in shape.required or chance.random() < 0.5
            }
        case "list":
            return [drawn(chance, shape.member, depth + 1) for _ in range(chance.choice((0, 1, 1, 2, 6)))]
    return chance.choice(SCALARS.get(shape.type) or (*shape.enum, *TEXTS))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    server = harness.made(folder)
    server.service._deliveries = Deliveries([("audit-logs", folder)])
    root = server.root()
    root.server = server
    return root


def test_every_answer_is_a_success_or_one_of_awss_errors(root):
    chance = random.Random(6)  # noqa: S311  inputs to repeat, not secrets
    told = SESSION.client("cloudtrail", region_name="us-east-1").meta.service_model
    client, sent = root.cloudtrail, {}
    client.meta.events.register(
        "before-call.*", lambda params, **_: params.update(body=sent["body"], headers=named(sent))
    )
    other, seen = root.server.client("cloudtrail", root.credentials), set()
    for number in range(REQUESTS):
        name = BUILT[number % len(BUILT)]
        shape = model.service("cloudtrail").operations[name].input
        if not root.server.view.begin().all(Trail, ACCOUNT):
            other.create_trail(Name="main", S3BucketName="audit-logs")
        sent.update(body=json.dumps(drawn(chance, shape)).encode(), name=name)
        try:
            client.list_trails()
            code = None
        except client.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
        listed = {shape.name for shape in told.operation_model(name).error_shapes}
        assert code is None or code in listed | COMMON, (name, sent["body"], code)
        seen.add((name, code))
    assert len({name for name, code in seen if code is None}) > 12
    assert len({code for _, code in seen}) > 15


def named(sent):
    return {
        "X-Amz-Target": f"CloudTrail_20131101.{sent['name']}",
        "Content-Type": "application/x-amz-json-1.1",
    }
