"""Every operation of both models: botocore reads what we write, and we read what botocore writes."""

import json
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import QueryParser
from botocore.serialize import QuerySerializer
from botocore.utils import percent_encode_sequence
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyreeve.wire import json_answer, model, query, xml
from keyreeve.wire.exchange import Request

OPERATIONS = [(service, name) for service in ("iam", "sts") for name in model.service(service).operations]
MODELS = {name: ServiceModel(Loader().load_service_model(name, "service-2"), name) for name in ("iam", "sts")}

# What XML 1.0 can carry; a carriage return and a trailing blank must survive too.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff", min_codepoint=0x20), max_size=6
)
SCALARS = {
    "string": TEXTS | st.sampled_from(["<&>", "a\rb", " ", "]]>", "\n", "\t"]),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "blob": st.binary(max_size=6),
    "timestamp": st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
}


def values(shape, depth=0):
    """Any value that the shape's types allow, named as botocore names it; constraints aside, for they are `check`'s."""
    match shape.type_name:
        case "structure":
            optional = {name: values(member, depth + 1) for name, member in shape.members.items()} if depth < 7 else {}
            return st.fixed_dictionaries({}, optional=optional)
        case "list":
            return st.lists(values(shape.member, depth + 1), max_size=2)
        case "map":
            return st.dictionaries(TEXTS, values(shape.value, depth + 1).filter(lambda value: value != {}), max_size=2)
    return SCALARS[shape.type_name]


def ours(shape, value):
    """The same with our names."""
    match shape.type_name:
        case "structure":
            return {model.snake(name): ours(shape.members[name], item) for name, item in value.items()}
        case "list":
            return [ours(shape.member, item) for item in value]
        case "map":
            return {key: ours(shape.value, item) for key, item in value.items()}
    return value


def decoded(shape, value):
    """botocore's value with IAM's percent-encoded policy documents as text."""
    match shape.type_name:
        case "structure":
            return {name: decoded(shape.members[name], item) for name, item in value.items()}
        case "list":
            return [decoded(shape.member, item) for item in value]
        case "map":
            return {key: decoded(shape.value, item) for key, item in value.items()}
    return unquote(value) if shape.name == "policyDocumentType" else value


def sent(shape, value):
    """What is left of an input on the wire: structures and maps with nothing in them are not."""
    match shape.type_name:
        case "structure":
            members = {name: sent(shape.members[name], item) for name, item in value.items()}
            return {name: item for name, item in members.items() if item is not None} or None
        case "list":
            elements = [item for item in (sent(shape.member, item) for item in value) if item is not None]
            return elements if elements or not value else None
        case "map":
            return value or None
    return value


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_answers_are_read_back(service, name):
    shape = MODELS[service].operation_model(name).output_shape
    write = xml.writer(model.service(service).operations[name])
    write_json = json_answer.writer(model.service(service).operations[name])

    @settings(max_examples=15, database=None, suppress_health_check=list(HealthCheck))
    @given(values(shape) if shape else st.just({}))
    def check(result):
        body = write(ours(shape, result) if shape else None, "id-1")
        parsed = QueryParser().parse({"body": body, "status_code": 200, "headers": {}, "context": {}}, shape)
        assert parsed.pop("ResponseMetadata")["RequestId"] == "id-1"
        assert (decoded(shape, parsed) if shape else parsed) == result
        as_json = json.loads(write_json(ours(shape, result) if shape else None, "id-1"))[f"{name}Response"]
        assert as_json["ResponseMetadata"] == {"RequestId": "id-1"}
        assert set(as_json.get(f"{name}Result", {})) == set(result)

    check()


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_requests_are_read(service, name):
    operation = MODELS[service].operation_model(name)
    shape = operation.input_shape

    @settings(max_examples=15, database=None, suppress_health_check=list(HealthCheck))
    @given(values(shape) if shape else st.just({}))
    def check(given_values):
        body = QuerySerializer().serialize_to_request(given_values, operation)["body"]
        request = Request("POST", "/", "", (), percent_encode_sequence(body).encode(), "127.0.0.1")
        expected = (sent(shape, given_values) or {}) if shape else {}
        read = query.read(model.service(service).operations[name], query.form(request))
        assert read == (ours(shape, expected) if shape else {})

    check()
