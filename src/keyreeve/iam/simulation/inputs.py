"""Inputs: the policies, context entries, resources and principals that a simulation is given, checked and read.

AWS answers InvalidInput for all of them. Its sentences are known where a source is given; the others are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from keyreeve import policy
from keyreeve.faults import InvalidInput
from keyreeve.iam.entities import entity_arn, find_entity
from keyreeve.operations import Call, Context
from keyreeve.policy import values
from keyreeve.policy.principal import ACCOUNT

_ACTION = re.compile(r"[A-Za-z0-9.-]+:[A-Za-z0-9_.-]+", re.ASCII)
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[^:\s]*:[^:\s]*:\S.*", re.ASCII)


QUICK = 20_000
"""Characters of policies that are read on the spot, in some milliseconds."""

MOST = 524_288
"""Characters of the policies in one list, which may take half a second to read; a single one has a quarter of that."""


def read(texts: tuple[str, ...], kind: policy.Kind) -> tuple[policy.Document | str, ...]:
    """The documents of several texts; in the place of one that is refused, why."""
    found: list[policy.Document | str] = []
    for text in texts:
        try:
            found.append(policy.parse(text, kind))
        except policy.PolicyError as error:
            found.append(error.sentence)
    return tuple(found)


def given(call: Call, named: Iterable[tuple[str, str]], layer: str, kind: policy.Kind) -> tuple[policy.Policy, ...]:
    """The policies of a list, each named by its place: `PolicyInputList.1`."""
    listed = tuple(named)
    documents = _read(call, tuple(text for _, text in listed), kind)
    return tuple(_policy(found, layer, name) for (name, _), found in zip(listed, documents, strict=True))


def _read(call: Call, texts: tuple[str, ...], kind: policy.Kind) -> tuple[policy.Document | str, ...]:
    """The documents of several texts, read beside the server if that takes long."""
    size = sum(map(len, texts))
    if size > MOST:
        # We differ: AWS documents no bound but that of a single text.
        raise InvalidInput(f"The policies of a list have at most {MOST} characters together.")
    return read(texts, kind) if size <= QUICK else call.slow(read, texts, kind)


def _policy(found: policy.Document | str, layer: str, name: str) -> policy.Policy:
    if isinstance(found, str):
        raise InvalidInput(f"{name}: {found}")
    return policy.Policy(found, layer, name)


def _numbered(texts: Iterable[str] | None, label: str) -> Iterator[tuple[str, str]]:
    return ((f"{label}.{number}", text) for number, text in enumerate(texts or (), 1))


def identity(call: Call, texts: Iterable[str] | None) -> tuple[policy.Policy, ...]:
    """The policies of PolicyInputList."""
    return given(call, _numbered(texts, "PolicyInputList"), "identity", policy.Kind.INLINE)


def boundary(call: Call, texts: list[str] | None) -> policy.Policy | None:
    """The one policy of PermissionsBoundaryPolicyInputList, if it is given."""
    if not texts:
        return None
    if len(texts) > 1:
        raise InvalidInput("PermissionsBoundaryPolicyInputList can contain only one policy.")
    named = _numbered(texts, "PermissionsBoundaryPolicyInputList")
    return given(call, named, "boundary", policy.Kind.INLINE)[0]


def organization(call: Call, levels: Iterable[Mapping[str, Any]] | None) -> tuple[tuple[policy.Policy, ...], ...]:
    """The service control policies of OrderedOrganizationPolicyInputList, from the root down to the account."""
    label = "OrderedOrganizationPolicyInputList"
    named = [
        tuple(_numbered(level.get("service_control_policy_input_list"), f"{label}.{number}"))
        for number, level in enumerate(levels or (), 1)
    ]
    every = iter(given(call, chain.from_iterable(named), "service_control", policy.Kind.SCP))
    return tuple(tuple(islice(every, len(level))) for level in named)


def resource(call: Call, text: str | None) -> policy.Policy | None:
    """ResourcePolicy: a resource's policy or, where it names no resource, a role's trust policy."""
    if text is None:
        return None
    (found,) = _read(call, (text,), policy.Kind.TRUST)
    if not isinstance(found, str):
        return policy.Policy(found, "trust", "ResourcePolicy")
    (found,) = _read(call, (text,), policy.Kind.RESOURCE)
    return _policy(found, "resource", "ResourcePolicy")


def actions(names: Iterable[str]) -> tuple[str, ...]:
    """ActionNames, each one action by its full name: wildcards are no part of a question."""
    named = tuple(names)
    wrong = [name for name in named if _ACTION.fullmatch(name) is None]
    if wrong:
        raise InvalidInput(f"Invalid Input Actions: [{', '.join(wrong)}]")
    return named


def resources(arns: Iterable[str] | None) -> tuple[str, ...]:
    """ResourceArns, or `*` alone. The sentence is recorded."""
    named = tuple(arns or ("*",))
    wrong = [arn for arn in named if arn != "*" and _ARN.fullmatch(arn) is None]
    if wrong:
        raise InvalidInput(f"ResourceNames are not in a valid ARN format: {', '.join(wrong)}.")
    return named


def owner(text: str | None) -> str | None:
    """The account that ResourceOwner names by its id or its root user's ARN."""
    if text is None:
        return None
    found = ACCOUNT.fullmatch(text)
    if found is None:
        raise InvalidInput(f"Invalid Resource Owner: {text} is neither an account id nor the ARN of an account.")
    return found[1] or found[2]


NOBODY = policy.Principal("user", None, "")
"""Who calls where nobody is said to: of no account, so that every resource is its own account's."""


def caller(call: Call, arn: str | None) -> policy.Principal:
    """The principal that CallerArn names. A role calls in a session, whose name is not known."""
    if arn is None:
        return NOBODY
    parts = entity_arn(arn)
    if parts is None:
        raise InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    found = find_entity(call, arn)
    account, kind, name = parts[1], parts[2], parts[3].rsplit("/", 1)[1]
    key = None if found is None else found.key
    if kind != "role":
        return policy.Principal("user", account, arn, unique_id=key)
    session = f"arn:aws:sts::{account}:assumed-role/{name}/"
    return policy.Principal("role_session", account, session, unique_id=key, role_arn=arn)


_READERS: dict[str, Callable[[str], object]] = {
    "string": str,
    "numeric": values.number,
    "boolean": values.boolean,
    "ip": values.network,
    "binary": values.octets,
    "date": values.moment,
}


def context(entries: Iterable[Mapping[str, Any]] | None) -> Context:
    """ContextEntries as condition keys: a list type makes a key multivalued, the others take one value."""
    keys: Context = {}
    for entry in entries or ():
        name, texts = entry.get("context_key_name"), tuple(entry.get("context_key_values") or ())
        if name is None or name.lower() in keys:
            raise InvalidInput(f"Invalid Context Entry: {name or 'a key'} must be given once, by its name.")
        keys.update(_entry(name, entry.get("context_key_type") or "string", texts))
    return keys


def _entry(name: str, kind: str, texts: tuple[str, ...]) -> Context:
    reader = _READERS[kind.removesuffix("List")]
    if any(reader(text) is None for text in texts):
        raise InvalidInput(f"Invalid Context Entry: {name} holds a value that is not of the type {kind}.")
    if kind.endswith("List"):
        return {name.lower(): texts}
    if len(texts) > 1:
        raise InvalidInput(f"Invalid Context Entry: {name} has several values, which takes the type {kind}List.")
    return {name.lower(): text for text in texts}
