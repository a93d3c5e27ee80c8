"""botocore's own vectors of the JSON protocol: its requests are read, and what we write its parser reads back."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.model import ServiceModel
from botocore.parsers import JSONParser
from botocore.utils import parse_timestamp

from keyreeve import faults
from keyreeve.wire import aws_json, model
from keyreeve.wire.scalars import epoch

VECTORS = Path(__file__).parents[1] / "vectors/protocol"
SCALARS = {
    "timestamp": lambda value: datetime.fromtimestamp(value, UTC),
    "blob": str.encode,
    "float": float,
    "double": float,
}
# In the client's hands null is absent, and a body may be compressed: that is the door's to undo.
NOT_SENT = {"AwsJson11StructuresDontSerializeNullValues": {}}
COMPRESSED = "SDKApp"
READ_BACK = {"AwsJson11DateTimeWithFractionalSeconds": {"datetime": 946845296}}  # texts have whole seconds


def cases(kind):
    suites = json.loads((VECTORS / kind / "json.json").read_text())
    return [pytest.param(suite, case, id=case["id"]) for suite in suites for case in suite["cases"]]


def operation(suite, case):
    """The operation of a vector in our model, and its entry."""
    entry = {"metadata": suite["metadata"], "operations": {case["given"]["name"]: case["given"]}}
    entry["shapes"] = suite["shapes"]
    return model.Service("vectors", entry).operations[case["given"]["name"]], entry


def ours(shape, value):
    """A vector's JSON value as our handlers have it."""
    if shape.traits.get("document"):
        return value
    match shape.type:
        case "structure":
            return {model.snake(name): ours(shape.members[name], item) for name, item in value.items()}
        case "list":
            return [ours(shape.member, item) for item in value]
        case "map":
            return {name: ours(shape.value, item) for name, item in value.items()}
    return SCALARS.get(shape.type, lambda same: same)(value)


def comparable(value):
    """Equal where it should be: not-a-number too."""
    return json.dumps(value, sort_keys=True, default=repr)


@pytest.mark.parametrize(
    ("suite", "case"), [case for case in cases("input") if not case.values[1]["id"].startswith(COMPRESSED)]
)
def test_requests_are_read(suite, case):
    it, _ = operation(suite, case)
    expected = NOT_SENT.get(case["id"], ours(it.input, case["params"]) if it.input else {})
    assert comparable(aws_json.read(it, case["serialized"].get("body", "").encode())) == comparable(expected)


@pytest.mark.parametrize(("suite", "case"), [case for case in cases("output") if "error" not in case.values[1]])
def test_answers_are_read_back(suite, case):
    it, entry = operation(suite, case)
    body = aws_json.writer(it)(ours(it.output, case["result"]) if it.output else None)
    parsed = parse(body, 200, ServiceModel(entry).operation_model(it.name).output_shape)
    assert parsed.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert comparable(as_in_vectors(parsed)) == comparable(READ_BACK.get(case["id"], case["result"]))


@pytest.mark.parametrize(("suite", "case"), [case for case in cases("output") if "error" in case.values[1]])
def test_errors_are_read_back(suite, case):
    fault = type(case["errorCode"], (faults.Fault,), {})(case.get("errorMessage"))
    parsed = parse(aws_json.error(fault), aws_json.status(fault), None)
    assert parsed["Error"]["Code"] == case["errorCode"]
    assert parsed["Error"].get("Message") == case.get("errorMessage", "")


def parse(body, status, shape):
    response = {"body": body, "status_code": status, "headers": {}, "context": {}}
    return JSONParser(timestamp_parser=lambda text: epoch(parse_timestamp(text))).parse(response, shape)


def as_in_vectors(value):
    """Vectors write blobs as text, and floats that JSON lacks by name."""
    if isinstance(value, dict):
        return {name: as_in_vectors(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_in_vectors(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


LOOKUP = model.service("cloudtrail").operations["LookupEvents"]
START = model.service("cloudtrail").operations["CreateTrail"]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"\xff{}",
        b'{"MaxResults":"5"}',
        b'{"MaxResults":5.5}',
        b'{"MaxResults":true}',
        b'{"MaxResults":4294967296}',
        b'{"NextToken":5}',
        b'{"NextToken":"a","NextToken":"b"}',
        b'{"NextToken":"\\ud800"}',
        b'{"StartTime":"yesterday"}',
        b'{"StartTime":1e300}',
        b'{"StartTime":NaN}',
        b'{"LookupAttributes":{}}',
        b'{"LookupAttributes":[null]}',
        b'{"LookupAttributes":["x"]}',
        b'{"LookupAttributes":' + b"[" * 100_000,
        b'{"MaxResults":' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_not_of_the_type_is_refused(body):
    with pytest.raises(faults.MalformedInput):
        aws_json.read(LOOKUP, body)


def test_null_is_absent_and_unknown_members_are_ignored():
    body = b'{"NextToken":null,"Surprise":[1],"MaxResults":5.0,"StartTime":1.5}'
    start = datetime.fromtimestamp(1.5, UTC)
    assert aws_json.read(LOOKUP, body) == {"max_results": 5, "start_time": start}
    assert aws_json.read(LOOKUP, b"") == {}
    assert aws_json.read(START, b'{"IsMultiRegionTrail":true}') == {"is_multi_region_trail": True}


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (faults.AccessDenied("no"), 400, "AccessDeniedException"),
        (faults.SignatureDoesNotMatch("no"), 400, "InvalidSignatureException"),
        (faults.ServiceFailure("no"), 500, "InternalFailure"),
        (faults.ServiceUnavailable("no"), 503, "ServiceUnavailableException"),
    ],
)
def test_faults_have_the_names_and_statuses_of_the_protocol(fault, status, code):
    assert json.loads(aws_json.error(fault)) == {"__type": code, "message": "no"}
    assert aws_json.status(fault) == status


def test_a_body_is_read_up_to_its_bound():
    room = aws_json.MOST_BYTES - len(b'{"NextToken":""}')
    assert aws_json.read(LOOKUP, b'{"NextToken":"%s"}' % (b"a" * room)) == {"next_token": "a" * room}
    values = b"0," * (aws_json.MOST_VALUES - 3) + b"0"
    assert aws_json.read(LOOKUP, b'{"Other":[%s]}' % values) == {}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"NextToken":"%s"}' % (b"a" * aws_json.MOST_BYTES), faults.RequestEntityTooLarge),
        (b'{"a":[%s{}]}' % (b"{}," * aws_json.MOST_VALUES), faults.MalformedInput),
        (b'{"a":[%s[]]}' % (b"[]," * aws_json.MOST_VALUES), faults.MalformedInput),
        (b'{"a":%s%s}' % (b"[" * aws_json.MOST_VALUES, b"]" * aws_json.MOST_VALUES), faults.MalformedInput),
        (b'{"":0%s}' % (b',"":0' * aws_json.MOST_VALUES), faults.MalformedInput),
    ],
    ids=["bytes", "objects", "lists", "depth", "members"],
)
def test_what_would_take_long_to_read_is_refused_before_it_is(body, fault, monkeypatch):
    monkeypatch.setattr(aws_json, "_parsed", lambda _: pytest.fail("it was read"))
    with pytest.raises(fault):
        aws_json.read(LOOKUP, body)
