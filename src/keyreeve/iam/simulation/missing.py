"""Missing context: the keys that could have changed a decision, had the simulation been given them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keyreeve import policy
from keyreeve.policy.variables import Variable, matching, parts
from keyreeve.policy.wildcard import Matcher, Wild


def missing(matches: Iterable[policy.Match], asked: policy.Request, policies: policy.Policies) -> tuple[str, ...]:
    """Keys that statements about the action, the resource and the caller ask for and the simulation was not given."""
    found: dict[str, str] = {}
    for match in matches:
        element = match.statement.principals
        named = element is None or element.form(asked.principal, bounded=policies.boundary is not None) is not None
        if named and _could_cover(match, asked):
            for key in _keys(match):
                if key.lower() not in asked.context:
                    found.setdefault(key.lower(), key)
    return tuple(found.values())


def _could_cover(match: policy.Match, asked: policy.Request) -> bool:
    """Whether the statement covers the resource, or would with some value for its variables."""
    statement = match.statement
    if statement.covers(asked.resource, asked.context):
        return True
    if any(key.lower() not in asked.context for key in _variables(match, statement.not_resources)):
        return True
    open_ones = (text for text in statement.resources if list(_variables(match, (text,))))
    return any(_anything_for_variables(text, asked.context)(asked.resource) for text in open_ones)


def _anything_for_variables(text: str, context: policy.Context) -> Matcher:
    values = (part.value(context) if isinstance(part, Variable) else part for part in parts(text))
    return matching(tuple(Wild.RUN if value is None else value for value in values))


def _keys(match: policy.Match) -> Iterator[str]:
    statement = match.statement
    values = [value for condition in statement.conditions for value in condition.values]
    yield from (condition.key for condition in statement.conditions)
    yield from _variables(match, (*statement.resources, *statement.not_resources, *values))


def _variables(match: policy.Match, texts: Iterable[str]) -> Iterator[str]:
    """Variables that have no default, where variables live."""
    if match.policy.document.version != "2012-10-17":
        return
    for text in texts:
        for part in parts(text):
            if isinstance(part, Variable) and part.key and part.default is None:
                yield part.key
