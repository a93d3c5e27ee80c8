"""Account properties: settings of the account as `Namespace/PropertyName`, all of one namespace changed at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from keyreeve.entities import Tag
from keyreeve.faults import InvalidInput
from keyreeve.iam.account import the_account
from keyreeve.operations import Ask, Call, operation

ROLE_MANAGER = "RoleManager/Enabled"
"""Whether AcquireRole makes roles from templates. AWS does not say how it names the property; see decisions."""

_ALLOWED: Mapping[str, frozenset[str]] = {ROLE_MANAGER: frozenset({"true", "false"})}
"""Every property, with the values that it may have."""


def _namespace(key: str) -> str:
    return key.partition("/")[0]


def is_on(call: Call, key: str) -> bool:
    """Whether the account has switched a property on."""
    return Tag(key, "true") in the_account(call).properties


def _held(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:  # noqa: ARG001  the form of Asks
    """Ask about reading the namespaces that there are."""
    yield Ask(action, context={"iam:accountpropertynamespaces": tuple(sorted({*map(_namespace, _ALLOWED)}))})


def _given(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:  # noqa: ARG001  the form of Asks
    """Ask about changing the namespaces that are named."""
    yield Ask(
        action, context={"iam:accountpropertynamespaces": tuple(sorted({*map(_namespace, values["properties"])}))}
    )


@operation("GetAccountProperties", on=_held)
def get_account_properties(call: Call) -> dict[str, Any]:
    """The properties that the account has set."""
    return {"properties": {each.key: each.value for each in the_account(call).properties}}


@operation("PutAccountProperties", on=_given)
def put_account_properties(call: Call, properties: dict[str, str]) -> dict[str, Any]:
    """Set properties of one namespace; the others stay."""
    if not properties or len({_namespace(key) for key in properties}) > 1:
        raise InvalidInput("All properties of a request must belong to one namespace.")
    for key, value in properties.items():
        if key not in _ALLOWED:
            raise InvalidInput(f"{key} is not an account property.")
        if value not in _ALLOWED[key]:
            raise InvalidInput(f"The value of {key} must be one of: {', '.join(sorted(_ALLOWED[key]))}.")
    account = the_account(call)
    merged = {**{each.key: each.value for each in account.properties}, **properties}
    held = tuple(Tag(key, value) for key, value in sorted(merged.items()))
    call.tx.put(msgspec.structs.replace(account, properties=held))
    return {}
