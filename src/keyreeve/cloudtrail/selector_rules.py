"""Selector rules: what event selectors may say. Each check gives what is wrong, or None.

Sources: CloudTrail API reference, PutEventSelectors, DataResource, EventSelector, AdvancedFieldSelector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from keyreeve.entities.trail import AdvancedEventSelector, AdvancedFieldSelector, EventSelector

SELECTORS = 5
DATA_RESOURCES = 250
CONDITIONS = 500

EXCLUDABLE = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
BASIC_TYPES = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb",
    "AWS::Lambda::Function": "arn:aws:lambda",
    "AWS::S3::Object": "arn:aws:s3",
}
"""The types that the basic form knows, and how the ARNs of each begin."""

_EVERY = frozenset({"eventCategory", "readOnly", "eventName", "eventSource", "eventType"})
_BOTH = _EVERY | {"sessionCredentialFromConsole", "userIdentity.arn"}
FIELDS: Mapping[str, frozenset[str]] = {
    "Management": _BOTH,
    "Data": _BOTH | {"resources.type", "resources.ARN"},
    "NetworkActivity": frozenset({"eventCategory", "eventSource", "eventName", "errorCode", "vpcEndpointId"}),
}
"""The fields of each category."""

ONLY_EQUALS = frozenset({"eventCategory", "readOnly", "resources.type", "sessionCredentialFromConsole"})
NEEDED = {"Data": "resources.type", "NetworkActivity": "eventSource"}
OPERATORS = ("equals", "starts_with", "ends_with", "not_equals", "not_starts_with", "not_ends_with")
_FLAGS = (("true",), ("false",))


def check_basic(selectors: tuple[EventSelector, ...]) -> str | None:
    """What is wrong with selectors in the basic form."""
    if len(selectors) > SELECTORS:
        return f"A trail can have {SELECTORS} event selectors."
    if sum(len(each.values) for selector in selectors for each in selector.data_resources) > DATA_RESOURCES:
        return f"A trail can have {DATA_RESOURCES} data resources."
    return next((wrong for selector in selectors for wrong in _basic(selector)), None)


def _basic(selector: EventSelector) -> Iterator[str]:
    if not selector.include_management_events and not selector.data_resources:
        yield "An event selector includes management events, data resources, or both."
    strange = set(selector.exclude_management_event_sources) - EXCLUDABLE
    if strange:
        yield f"Management events of {min(strange)} cannot be excluded."
    for resource in selector.data_resources:
        start = BASIC_TYPES.get(resource.type)
        if start is None:
            yield f"The type {resource.type} takes advanced event selectors."
        elif not resource.values or not all(value.startswith(start) for value in resource.values):
            yield f"The values of {resource.type} are ARNs that begin with {start}."


def check_advanced(selectors: tuple[AdvancedEventSelector, ...]) -> str | None:
    """What is wrong with selectors in the advanced form."""
    values = sum(len(each) for selector in selectors for field in selector.field_selectors for each in given(field))
    if values > CONDITIONS:
        return f"Advanced event selectors can have {CONDITIONS} values in all."
    return next((wrong for selector in selectors for wrong in _advanced(selector)), None)


def given(field: AdvancedFieldSelector) -> list[tuple[str, ...]]:
    """The values of each operator that a field has."""
    return [values for name in OPERATORS if (values := getattr(field, name)) is not None]


def _advanced(selector: AdvancedEventSelector) -> Iterator[str]:
    fields = {field.field: field for field in selector.field_selectors}
    category = fields.get("eventCategory")
    kind = category.equals[0] if category is not None and category.equals else ""
    if category is None or kind not in FIELDS or len(category.equals or ()) != 1:
        yield "eventCategory equals one of Management, Data and NetworkActivity."
        return
    repeated = [name for name, count in Counter(field.field for field in selector.field_selectors).items() if count > 1]
    if repeated:
        yield f"The field {repeated[0]} is there twice."
    if kind in NEEDED and NEEDED[kind] not in fields:
        yield f"Selectors of {kind} events need the field {NEEDED[kind]}."
    for name, field in fields.items():
        yield from _field(kind, name, field)


def _field(kind: str, name: str, field: AdvancedFieldSelector) -> Iterator[str]:
    if name not in FIELDS[kind]:
        yield f"{name} is no field of {kind} events."
    operators = given(field)
    if not operators:
        yield f"The field {name} has no condition."
    if name in ONLY_EQUALS and (field.equals is None or len(operators) > 1):
        yield f"The field {name} takes Equals alone."
    if name == "readOnly" and field.equals not in _FLAGS:
        yield "readOnly is true or false."
    if name == "resources.type" and len(field.equals or ()) != 1:
        yield "resources.type equals one type."
