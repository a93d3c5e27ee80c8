"""Patterns for ARNs: the Resource element, and the stricter comparison of the Arn condition operators.

Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Condition operators: Amazon Resource Name (ARN)".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import zip_longest

from keyreeve.policy.variables import Context, Part, Template, Variable, fits, fixed, joined, matching, parts, resolve
from keyreeve.policy.wildcard import Token, Wild, alternatives

FIELDS = 6
"""Fields of an ARN: arn, partition, service, region, account, resource. The last may hold colons of its own."""

Reach = Callable[[str, Context], bool | None]
"""Whether patterns cover a resource; None when none does but the variables of one have no value."""

_NO_VALUE = Variable("")
_WITHIN_FIELD = {Wild.RUN: Wild.RUN_IN_FIELD, Wild.ONE: Wild.ONE_IN_FIELD}


def account_of(arn: str) -> str | None:
    """The twelve digits of the account an ARN names, if it names one."""
    fields = arn.split(":", FIELDS - 1)
    return fields[4] if len(fields) == FIELDS and is_account(fields[4]) else None


def is_account(text: str) -> bool:
    """Whether a text is twelve digits."""
    return len(text) == 12 and text.isascii() and text.isdigit()  # noqa: PLR2004  account ids


def resources(texts: Iterable[str], *, active: bool, narrow: bool, completed: bool = True) -> Reach:
    """Patterns of a Resource element, over the whole text of a resource.

    A `*` before a colon or at the end of the pattern runs past colons, as does every wildcard of the resource part. A
    wildcard in the middle of an earlier field stays inside that field, and a variable there has no value, where that
    grants less (`narrow`): AWS does not say. A shortened ARN also stands for the ARN completed with `*`; AWS says so of
    identity-based policies alone, so in others (not `completed`) only where that grants less.
    """
    completes = completed or not narrow
    templates = [reading for text in texts for reading in _readings(text, active, completes=completes)]
    kept = [_in_fields(template) for template in templates] if narrow else templates
    open_ones = tuple(_open(template) for template in kept if fixed(template) is None)
    closed = alternatives(found for template in kept if (found := fixed(template)) is not None)
    exact, prefixes, others = closed

    def reach(resource: str, context: Context) -> bool | None:
        if resource in exact or resource.startswith(prefixes):
            return True
        for needle, match in others:
            if needle in resource and match(resource):
                return True
        return _reached(open_ones, resource, context) if open_ones else False

    return open_ones[0] if len(open_ones) == 1 and not (exact or prefixes or others) else reach


def _open(template: Template) -> Reach:
    """The reach of a pattern with variables; most have one, and no wildcard but one at the end."""
    body, ends_openly = (template[:-1], True) if template[-1] is Wild.RUN else (template, False)
    variables = [part for part in body if isinstance(part, Variable)]
    if len(variables) > 1 or any(isinstance(part, Wild) for part in body):
        return _matching(template)
    variable = variables[0]
    at = body.index(variable)
    before, after = joined(body[:at]), joined(body[at + 1 :])

    def reach(resource: str, context: Context) -> bool | None:
        value = variable.value(context)
        if value is None:
            return None
        if len(value) > len(resource):
            return False
        text = f"{before}{value}{after}"
        return resource.startswith(text) if ends_openly else resource == text

    return reach


def _matching(template: Template) -> Reach:
    def reach(resource: str, context: Context) -> bool | None:
        tokens = resolve(template, context)
        return None if tokens is None else fits(tokens, len(resource)) and matching(tokens)(resource)

    return reach


def _readings(text: str, active: bool, *, completes: bool) -> tuple[Template, ...]:
    template = parts(text, active=active)
    missing = FIELDS - 1 - sum(part.count(":") for part in template if isinstance(part, str))
    if completes and missing > 0 and text.startswith("arn:"):
        return (template, parts(text + ":*" * missing, active=active))
    return (template,)


def _reached(open_ones: tuple[Reach, ...], resource: str, context: Context) -> bool | None:
    found: bool | None = False
    for reach in open_ones:
        met = reach(resource, context)
        if met:
            return True
        if met is None:
            found = None
    return found


def _in_fields(template: Template) -> Template:
    """The template with the wildcards inside of the first five fields kept inside of them, and variables there void."""
    kept: list[Part] = []
    colons = 0
    for part, following in zip_longest(template, template[1:]):
        ends_field = following is None or (isinstance(following, str) and following.startswith(":"))
        crosses = colons >= FIELDS - 1 or (part is Wild.RUN and ends_field)
        if isinstance(part, Variable) and colons < FIELDS - 1:
            kept.append(_NO_VALUE)  # "You can't use a variable to replace parts of the ARN before the fifth colon"
        else:
            kept.append(_WITHIN_FIELD[part] if isinstance(part, Wild) and not crosses else part)
        colons += part.count(":") if isinstance(part, str) else 0
    return tuple(kept)


def moved(template: Template, context: Context) -> bool:
    """Whether a variable's value has a colon that moves the fields behind it, so that it could name another account.

    One that begins the pattern may: it can stand for a whole ARN.
    """
    colons = 0
    for index, part in enumerate(template):
        if isinstance(part, str):
            colons += part.count(":")
        elif isinstance(part, Variable) and index and colons < FIELDS - 1 and ":" in (part.value(context) or ""):
            return True
    return False


@lru_cache(maxsize=1024)
def alike(patterns: tuple[tuple[Token, ...], ...]) -> Callable[[str], bool | None]:
    """The comparison of ArnLike with several patterns: each of six fields by itself. None: one of two is no ARN."""
    fields = [_fields(pattern) for pattern in patterns]
    ends: dict[tuple[tuple[Token, ...], ...], list[tuple[Token, ...]]] = {}
    for *heads, end in (found for found in fields if len(found) == FIELDS):
        ends.setdefault(tuple(heads), []).append(end)
    tests = [([matching(head) for head in heads], alternatives(found).match) for heads, found in ends.items()]
    otherwise = None if any(len(found) != FIELDS for found in fields) else False

    def test(arn: str) -> bool | None:
        *heads, end = given = arn.split(":", FIELDS - 1)
        if len(given) != FIELDS or given[0] != "arn":
            return None
        for wanted, ends_so in tests:
            if ends_so(end) and all(matches(head) for matches, head in zip(wanted, heads, strict=True)):
                return True
        return otherwise

    return test if patterns else lambda _arn: False


def unlike(patterns: Iterable[tuple[Token, ...]]) -> Callable[[str], bool | None]:
    """The comparison of ArnLike with patterns that are too long to match. What is no ARN is in doubt all the same."""
    colons = [sum(token.count(":") for token in pattern if isinstance(token, str)) for pattern in patterns]
    if not colons:
        return lambda _arn: False
    if min(colons) < FIELDS - 1:
        return lambda _arn: None
    return lambda arn: False if arn.startswith("arn:") and arn.count(":") >= FIELDS - 1 else None


def _fields(pattern: Sequence[Token]) -> list[tuple[Token, ...]]:
    fields: list[list[Token]] = [[]]
    for token in pattern:
        if isinstance(token, Wild):
            fields[-1].append(token)
            continue
        first, *others = token.split(":", FIELDS - len(fields))
        fields[-1].append(first)
        fields += [[other] for other in others]
    return [tuple(token for token in field if token != "") for field in fields]
