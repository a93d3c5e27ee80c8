"""Identity providers, what SAML and OpenID Connect have in common: how one is found and what is asked about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from keyreeve.entities import OpenIDConnectProvider, SAMLProvider
from keyreeve.faults import NoSuchEntity, ValidationError
from keyreeve.iam.nouns import NOUNS, request_context
from keyreeve.operations import Ask, Asks, Call

P = TypeVar("P", bound=SAMLProvider | OpenIDConnectProvider)


def the_provider(call: Call, kind: type[P], arn: str) -> P:
    """The account's provider with this ARN; NoSuchEntity if there is none."""
    found = call.tx.find(kind, call.account_id, "arn", arn)
    if found is None:
        if not arn.startswith("arn:"):
            raise ValidationError("Invalid ARN:  Could not be parsed!")
        raise NoSuchEntity(NOUNS[kind].missing.format(arn))
    return found


def existing_provider(kind: type[SAMLProvider | OpenIDConnectProvider]) -> Asks:
    """Ask about the provider that the request names by its ARN, whether it exists or not."""
    parameter = NOUNS[kind].parameter

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        arn = values.get(parameter)
        target = None if arn is None else call.tx.find(kind, call.account_id, "arn", arn)
        yield Ask(action, arn or "*", request_context(action, values, target), None, target)

    return asks


def every_provider(kind: type[SAMLProvider | OpenIDConnectProvider]) -> Asks:
    """Ask about all providers of a kind: policies must say `*`, a refusal names their ARNs."""

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:  # noqa: ARG001  asks like the others
        yield Ask(action, words=f"arn:aws:iam::{call.account_id}:{NOUNS[kind].arn_type}/*")

    return asks


def new_provider(kind: type[SAMLProvider | OpenIDConnectProvider], name: Callable[[Any], str], tag: str) -> Asks:
    """Ask about a provider that is about to be made; tags on create need their own permission."""

    def asks(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
        arn = f"arn:aws:iam::{call.account_id}:{NOUNS[kind].arn_type}/{name(values)}"
        context = request_context(action, values, makes=kind)
        yield Ask(action, arn, context)
        if values.get("tags"):
            yield Ask(f"iam:{tag}", arn, context)

    return asks
