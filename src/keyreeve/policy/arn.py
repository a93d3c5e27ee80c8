"""Patterns for ARNs: the Resource element, and the stricter comparison of the Arn condition operators.

Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Condition operators: Amazon Resource Name (ARN)".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest

from keyreeve.policy.variables import Context, Part, Template, Variable, fixed, matching, parts, resolve
from keyreeve.policy.wildcard import Token, Wild, matcher

FIELDS = 6
"""Fields of an ARN: arn, partition, service, region, account, resource. The last may hold colons of its own."""

Reach = Callable[[str, Context], bool | None]
"""Whether a pattern covers a resource; None when a variable of it has no value."""

_WITHIN_FIELD = {Wild.RUN: Wild.RUN_IN_FIELD, Wild.ONE: Wild.ONE_IN_FIELD}


def account_of(arn: str) -> str | None:
    """The twelve digits of the account an ARN names, if it names one."""
    fields = arn.split(":", FIELDS - 1)
    account = fields[4] if len(fields) == FIELDS else ""
    return account if len(account) == 12 and account.isascii() and account.isdigit() else None  # noqa: PLR2004  account ids


def resource_pattern(text: str, *, active: bool, narrow: bool) -> Reach:
    """Pattern of a Resource element over the whole text of the resource.

    A `*` before a colon or at the end of the pattern runs past colons, as does every wildcard of the resource part. A
    wildcard in the middle of an earlier field stays inside that field where that grants less (`narrow`): AWS does not
    say. A shortened ARN also stands for the ARN completed with `*`.
    """
    template = parts(text, active=active)
    readings = [template]
    missing = FIELDS - 1 - sum(part.count(":") for part in template if isinstance(part, str))
    if missing > 0 and text.startswith("arn:"):
        readings.append(parts(text + ":*" * missing, active=active))
    reaches = [_reading(_in_fields(reading) if narrow else reading) for reading in readings]
    return reaches[0] if len(reaches) == 1 else lambda resource, context: _either(reaches, resource, context)


def _either(reaches: list[Reach], resource: str, context: Context) -> bool | None:
    found = [reach(resource, context) for reach in reaches]
    return None if None in found else any(found)


def _in_fields(template: Template) -> Template:
    """The template with the wildcards inside of the first five fields kept inside of them."""
    kept: list[Part] = []
    colons = 0
    for part, following in zip_longest(template, template[1:]):
        ends_field = following is None or (isinstance(following, str) and following.startswith(":"))
        crosses = colons >= FIELDS - 1 or (part is Wild.RUN and ends_field)
        kept.append(_WITHIN_FIELD[part] if isinstance(part, Wild) and not crosses else part)
        colons += part.count(":") if isinstance(part, str) else 0
    return tuple(kept)


def _reading(template: Template) -> Reach:
    if fixed(template):
        match = matcher(tuple(part for part in template if not isinstance(part, Variable)))
        return lambda resource, context: match(resource)  # noqa: ARG005  a Reach like the others

    def reach(resource: str, context: Context) -> bool | None:
        resolved = substituted(template, context)
        return None if resolved is None else matching(resolved)(resource)

    return reach


def substituted(template: Template, context: Context) -> tuple[Token, ...] | None:
    """Tokens of an ARN with its variables replaced.

    Variables belong behind the fifth colon. Before it (and not as the whole beginning) a value with a colon would move
    the fields that follow, so that it could name another account: it counts as no value.
    """
    colons = 0
    for index, part in enumerate(template):
        if isinstance(part, str):
            colons += part.count(":")
        elif isinstance(part, Variable) and index and colons < FIELDS - 1 and ":" in (part.value(context) or ""):
            return None
    return resolve(template, context)


def alike(pattern: Sequence[Token], arn: str) -> bool | None:
    """The comparison of ArnLike: each of six fields by itself. None when one of the two is no ARN."""
    wanted = _fields(pattern)
    given = arn.split(":", FIELDS - 1)
    if len(wanted) != FIELDS or len(given) != FIELDS or given[0] != "arn":
        return None
    return all(matching(tuple(field))(text) for field, text in zip(wanted, given, strict=True))


def _fields(pattern: Sequence[Token]) -> list[list[Token]]:
    fields: list[list[Token]] = [[]]
    for token in pattern:
        if isinstance(token, Wild):
            fields[-1].append(token)
            continue
        first, *others = token.split(":", FIELDS - len(fields))
        fields[-1].append(first)
        fields += [[other] for other in others]
    return [[token for token in field if token != ""] for field in fields]
