"""What AWS refuses in identity policies and their kin, stage by stage: the first stage that fails gives the sentence.

Source: IAM User Guide, "IAM JSON policy elements reference" and "Grammar"; the sentences are those of the service.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from keyreeve.policy.arn import FIELDS
from keyreeve.policy.condition import name, texts
from keyreeve.policy.grammar import Located, Refusal, listed
from keyreeve.policy.values import moment
from keyreeve.policy.variables import malformed

T = TypeVar("T")

LEGACY = "The policy failed legacy parsing"

LONGEST_REMEMBERED = 256
"""Characters of a resource or action that is remembered: most policies name what others name."""

_PARTITIONS = re.compile(r"aws(-[a-z]+)*|.*[*?].*", re.ASCII)
_VENDOR = re.compile(r"[A-Za-z0-9.*?-]+", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_NEWER_IAM_PATHS = ("root", "role-template/", "delegation-request/")  # in AWS's own policies, not in its sentence


def managed_version(value: dict[str, Any]) -> None:
    """Managed policies are of version 2012-10-17. Raises Refusal."""
    if value.get("Version") != "2012-10-17":
        raise Refusal(("Version",), "Policy document must be version 2012-10-17 or greater.")


def check(statements: tuple[Located, ...], *, whole_arns: bool = False) -> None:
    """The stages behind grammar and version. `whole_arns`: session policies take no shortened ARN. Raises Refusal."""
    for each in statements:
        _legacy(each)
    resources = _odd(statements, ("Resource", "NotResource"), _resource)
    for each, member, resource in resources:
        if resource.legacy or (whole_arns and resource.shortened):
            each.refuse(member, LEGACY)
        if resource.malformed:
            raise Refusal(each.path, LEGACY)
    _unique_sids(statements)
    for each in statements:
        _actions_present(each)
    _resource_forms(resources)
    for each, member, fault in _odd(statements, ("Action", "NotAction"), _action_fault):
        each.refuse(member, fault)
    for each in statements:
        _resources_present(each)


def _odd(
    statements: tuple[Located, ...], members: tuple[str, str], oddity: Callable[[str], T | None]
) -> list[tuple[Located, str, T]]:
    """What is odd in the texts that statements have under one of two members."""
    return [
        (each, member, found)
        for each in statements
        for member in members
        if member in each.value
        for text in listed(each.value[member])
        if (found := oddity(text)) is not None
    ]


def _resource_forms(resources: list[tuple[Located, str, _Resource]]) -> None:
    """Of the first statement with a resource of another form than ARNs have, the last by its text is refused."""
    faulty = [(each, member, resource) for each, member, resource in resources if resource.fault]
    if faulty:
        first, member, _ = faulty[0]
        last = max(resource for each, _, resource in faulty if each is first)
        first.refuse(member, last.fault)


def no_principal(statements: tuple[Located, ...], sentence: str) -> None:
    """Policies that hang on an identity name no principal. Raises Refusal."""
    for each in statements:
        for member in ("Principal", "NotPrincipal"):
            if member in each.value:
                each.refuse(member, sentence)


def _legacy(found: Located) -> None:
    if found.value["Effect"] not in ("Allow", "Deny"):
        found.refuse("Effect", LEGACY)
    if "Condition" in found.value:
        dates(found, LEGACY)
        variables(found, LEGACY)


def dates(found: Located, sentence: str) -> None:
    """Refuse values of Date operators that are no dates."""
    for operator, keys in found.value.get("Condition", {}).items():
        taken = name(operator)
        if taken is not None and taken.operator.startswith("Date"):
            for key, given in keys.items():
                if any(moment(text) is None for text in texts(given)):
                    raise Refusal((*found.path, "Condition", operator, key), sentence)


def variables(found: Located, sentence: str) -> None:
    """Refuse `${` that begins no variable in the values of conditions. AWS's own sentence for it is not known."""
    for keys in found.value.get("Condition", {}).values():
        for given in keys.values():
            if any(map(malformed, texts(given))):
                raise Refusal(found.path, sentence)


def _parses(resource: str) -> bool:
    """Whether a resource that begins like an ARN stays one when its missing fields are completed with `*`."""
    if not resource.startswith("arn:"):
        return True
    fields = resource.split(":", FIELDS - 1)
    if len(fields) > 2 and not fields[2]:  # noqa: PLR2004  the service
        return False
    short_account = len(fields) == FIELDS - 1 and not any(field.endswith("*") for field in fields[:4])
    return not short_account or _is_account(fields[4])


def _is_account(text: str) -> bool:
    return text == "" or "*" in text or "?" in text or re.fullmatch(r"[0-9]{12}", text) is not None


def _unique_sids(statements: tuple[Located, ...]) -> None:
    seen: set[str] = set()
    for each in statements:
        sid = each.value.get("Sid", "")
        if not _SID.fullmatch(sid):
            each.refuse(
                "Sid",
                "Statement IDs (SID) must be alpha-numeric. "
                "Check that your input satisfies the regular expression [0-9A-Za-z]*",
            )
        if sid and sid in seen:
            each.refuse("Sid", "Statement IDs (SID) in a single policy must be unique.")
        seen.add(sid)


def _actions_present(found: Located) -> None:
    if not found.value.get("Action") and not found.value.get("NotAction") and not _is_empty_text(found, "Action"):
        raise Refusal(found.path, "Policy statement must contain actions.")


def _resources_present(found: Located) -> None:
    if not found.value.get("Resource") and not found.value.get("NotResource"):
        raise Refusal(found.path, "Policy statement must contain resources.")


def _is_empty_text(found: Located, member: str) -> bool:
    return "" in (found.value.get(member), found.value.get(f"Not{member}"))


def _remembered(answer: Callable[[str], T]) -> Callable[[str], T]:
    """A question about a text alone, whose answers about short texts are remembered."""
    kept = lru_cache(maxsize=4096)(answer)
    return lambda text: kept(text) if len(text) <= LONGEST_REMEMBERED else answer(text)


class _Resource(NamedTuple):
    """What is odd in a resource.

    It fails legacy parsing, holds a `${` that begins no variable, is an ARN cut short; `fault` is AWS's sentence for
    another form than ARNs have, or nothing.
    """

    text: str
    legacy: bool
    malformed: bool
    shortened: bool
    fault: str


@_remembered
def _resource(text: str) -> _Resource | None:
    """None for a resource in which nothing is odd."""
    shortened = text != "*" and text.count(":") < FIELDS - 1
    found = _Resource(text, not _parses(text), malformed(text), shortened, _resource_fault(text) or "")
    return found if any(found[1:]) else None


def _resource_fault(resource: str) -> str | None:
    """AWS's sentence for a resource of another form than ARNs have; None: it has one."""
    if resource == "*":
        return None
    fields = resource.split(":", FIELDS - 1)
    if len(fields) == 1:
        return f'Resource {resource} must be in ARN format or "*".'
    completed = [*fields, *["*"] * (FIELDS - len(fields))]
    if not _PARTITIONS.fullmatch(fields[1]):
        named = ":".join(["arn", *completed[1:]])
        return f'Partition "{fields[1]}" is not valid for resource "{named}".'
    if fields[0] != "arn":
        return f'Resource {resource} must be in ARN format or "*".'
    if len(fields) > 2 and ("*" in fields[2] or "?" in fields[2]):  # noqa: PLR2004  the service
        return "Resource vendor must be fully qualified and cannot contain regexes."
    return _region_fault(resource, completed)


def _region_fault(resource: str, fields: list[str]) -> str | None:
    service, region, account, path = fields[2:]
    if service == "iam" and region not in ("", "*"):
        return f"IAM resource {resource} cannot contain region information."
    if service == "s3" and region not in ("", "*") and not account:
        return f"Resource {resource} can not contain region information."
    if service == "iam" and path != "*" and not path.startswith((*_IAM_PATHS, *_NEWER_IAM_PATHS)):
        return f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'
    return None


@_remembered
def _action_fault(action: str) -> str | None:
    """AWS's sentence for what is no action; None: it may be one."""
    if action == "*":
        return None
    vendor, colon, name_ = action.partition(":")
    if not colon:
        return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    if ":" in name_:
        return "Actions/Condition can contain only one colon."
    return None if _VENDOR.fullmatch(vendor) else f"Vendor {vendor} is not valid"
