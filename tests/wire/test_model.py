"""The models: what ships equals what the pinned botocore has, and names are spelt as its SDK spells them."""

import runpy
from itertools import chain
from pathlib import Path

import pytest
from botocore import xform_name

from keyreeve.wire import model

SERVICES = ("cloudtrail", "iam", "sts")
TOOL = Path(__file__).parents[2] / "tools/models.py"


def test_the_packaged_models_are_the_pinned_botocores():
    packaged = Path(model.__file__).parent / "models"
    made = {path.name: text for path, text in runpy.run_path(str(TOOL))["made"]().items()}
    assert made == {path.name: path.read_text() for path in packaged.glob("*.json")}


def test_every_operation_is_there():
    assert [len(model.service(name).operations) for name in SERVICES] == [60, 180, 11]


def test_what_a_service_says_of_itself():
    iam = model.service("iam")
    assert (iam.name, iam.version, iam.namespace) == ("iam", "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/")


def test_only_two_operations_are_unsigned():
    unsigned = {name for service in SERVICES for name, it in model.service(service).operations.items() if it.unsigned}
    assert unsigned == {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}


def test_errors_are_codes():
    assert "NoSuchEntity" in model.service("iam").operations["GetUser"].errors
    assert "PackedPolicyTooLarge" in model.service("sts").operations["AssumeRole"].errors


@pytest.mark.parametrize("service", SERVICES)
def test_names_in_snake_case_are_the_sdks(service):
    shapes = [shape for it in model.service(service).operations.values() for shape in (it.input, it.output) if shape]
    seen = {}
    while shapes:
        shape = shapes.pop()
        if shape.name not in seen:
            seen[shape.name] = list(shape.members)
            shapes += shape.members.values()
            shapes += [getattr(shape, part) for part in ("member", "key", "value") if part in shape.traits]
    names = set(chain.from_iterable(seen.values()))
    assert {name: model.snake(name) for name in names} == {name: xform_name(name) for name in names}
    assert model.snake("OpenIDConnectProviderArn") == "open_id_connect_provider_arn"
    assert model.snake("PolicyARNs") == xform_name("PolicyARNs")
