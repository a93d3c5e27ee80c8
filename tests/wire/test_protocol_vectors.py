"""botocore's own vectors of the Query protocol: its requests are read, and what we write its parser reads back."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.model import ServiceModel
from botocore.parsers import QueryParser
from botocore.serialize import QuerySerializer
from botocore.utils import parse_timestamp

from keyreeve import faults
from keyreeve.wire import model, query, xml
from keyreeve.wire.exchange import Request
from keyreeve.wire.scalars import epoch

VECTORS = Path(__file__).parents[1] / "vectors/protocol"
SCALARS = {
    "timestamp": lambda value: datetime.fromtimestamp(value, UTC),
    "blob": str.encode,
    "float": float,
    "double": float,
}
# What is sent is not always what was given, and what is read back not what was answered.
SENT = {
    "QueryProtocolIdempotencyTokenAutoFill": {"token": "00000000-0000-4000-8000-000000000000"},
    "QueryEmptyQueryMaps": {},
}
READ_BACK = {
    "AwsQueryDateTimeWithFractionalSeconds": {"datetime": 946845296},  # IAM and STS write whole seconds
}


def cases(kind):
    suites = json.loads((VECTORS / kind / "query.json").read_text())
    return [pytest.param(suite, case, id=case["id"]) for suite in suites for case in suite["cases"]]


def operation(suite, case):
    """The operation of a vector in our model; results have the wrapper that real models name."""
    given = dict(case["given"])
    if "output" in given:
        given["output"] = {**given["output"], "resultWrapper": f"{given['name']}Result"}
    entry = {"metadata": suite["metadata"], "operations": {given["name"]: given}, "shapes": suite["shapes"]}
    return model.Service("vectors", entry).operations[given["name"]], entry


def ours(shape, value):
    """A vector's JSON value as our handlers have it."""
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


@pytest.mark.parametrize(("suite", "case"), cases("input"))
def test_requests_are_read(suite, case):
    it, entry = operation(suite, case)
    body = case["serialized"].get("body")
    if body is None:  # compressed in the vector: that is the door's to undo
        sent = QuerySerializer().serialize_to_request(
            case["params"], ServiceModel({**entry, "operations": {it.name: case["given"]}}).operation_model(it.name)
        )["body"]
        params = {name: str(value) for name, value in sent.items()}
    else:
        params = query.form(Request("POST", "/", "", (), body.encode(), "127.0.0.1"))
        assert params["Action"] == it.name
    expected = SENT.get(case["id"], ours(it.input, case["params"]) if it.input else {})
    assert comparable(query.read(it, params)) == comparable(expected)


@pytest.mark.parametrize(("suite", "case"), [case for case in cases("output") if "error" not in case.values[1]])
def test_answers_are_read_back(suite, case):
    it, entry = operation(suite, case)
    body = xml.writer(it)(ours(it.output, case["result"]) if it.output else None, "id-1")
    parsed = parse(body, 200, ServiceModel(entry).operation_model(it.name).output_shape)
    assert parsed.pop("ResponseMetadata") == {"RequestId": "id-1", "HTTPStatusCode": 200, "HTTPHeaders": {}}
    expected = READ_BACK.get(case["id"], case["result"])
    if case["id"] == "QueryXmlLists":  # botocore does not pass its own vector here; its list of exceptions says so
        assert b"<customName>yep</customName>\n    <customName>nope</customName>" in body
        expected = {**expected, "flattenedList2": parsed["flattenedList2"]}
    assert comparable(as_in_vectors(parsed)) == comparable(expected)


@pytest.mark.parametrize(("suite", "case"), [case for case in cases("output") if "error" in case.values[1]])
def test_errors_are_read_back(suite, case):
    fault = type(case["errorCode"], (faults.Fault,), {})(case.get("errorMessage"))
    parsed = parse(xml.error("https://example.com/", fault, "id-1"), 400, None)
    assert parsed["Error"]["Code"] == case["errorCode"]
    assert parsed["Error"].get("Message") == case.get("errorMessage")
    assert parsed["ResponseMetadata"]["RequestId"] == "id-1"


def parse(body, status, shape):
    response = {"body": body, "status_code": status, "headers": {}, "context": {}}
    return QueryParser(timestamp_parser=lambda text: epoch(parse_timestamp(text))).parse(response, shape)


def as_in_vectors(value):
    """Vectors write blobs as text, and floats that JSON lacks by name."""
    if isinstance(value, dict):
        return {name: as_in_vectors(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_in_vectors(item) for item in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float) and value != value:  # noqa: PLR0124  which only not-a-number is
        return "NaN"
    return value
