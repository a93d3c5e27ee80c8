"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, and the literals `${*}`, `${?}`, `${$}`.

A substituted value is literal text: a `*` in it is no wildcard. Variables live in version 2012-10-17 only.
Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from keyreeve.policy.wildcard import Matcher, Token, matcher, tokens

Context = Mapping[str, str | tuple[str, ...]]
"""Condition context: lower-case key to its value; a tuple says that the key is multivalued."""

_VARIABLE = re.compile(r"\$\{([^\s'{},]+)(?:, ?'([^']*)')?\}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a pattern. An empty key is one that was malformed and never resolves."""

    key: str
    default: str | None = None
    lowered: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lowered", self.key.lower())

    def value(self, context: Context) -> str | None:
        """The text it stands for, or None. A multivalued key resolves to nothing, not even to the default."""
        value = context.get(self.lowered, self.default)
        return value if isinstance(value, str) else None


Part = Token | Variable
Template = tuple[Part, ...]


def parts(text: str, *, active: bool = True, wildcards: bool = True) -> Template:
    """Literal runs, wildcards and variables of a text; without wildcards `*` and `?` are literal."""
    found: list[Part] = []
    offset = 0
    while active and (start := text.find("${", offset)) >= 0:
        found += _plain(text[offset:start], wildcards)
        part, offset = _variable(text, start)
        found.append(part)
    return (*found, *_plain(text[offset:], wildcards))


def _plain(text: str, wildcards: bool) -> tuple[Token, ...]:
    if wildcards:
        return tokens(text)
    return (text,) if text else ()


def _variable(text: str, start: int) -> tuple[Part, int]:
    found = _VARIABLE.match(text, start)
    if found is None:
        return Variable(""), len(text)
    name, default = found.groups()
    literal = name in ("*", "?", "$") and default is None
    return (name if literal else Variable(name, default)), found.end()


def malformed(text: str) -> bool:
    """Whether a text holds `${` that begins no variable."""
    return "${" in text and any(isinstance(part, Variable) and not part.key for part in parts(text))


def names(text: str) -> tuple[str, ...]:
    """Context keys that the variables of a text ask for, as written."""
    return tuple(part.key for part in parts(text) if isinstance(part, Variable) and part.key)


def fixed(template: Template) -> tuple[Token, ...] | None:
    """The tokens of a template that needs no context; None for one with variables."""
    found = tuple(part for part in template if not isinstance(part, Variable))
    return found if len(found) == len(template) else None


def resolve(template: Template, context: Context) -> tuple[Token, ...] | None:
    """Tokens with every variable replaced by its literal value; None when one has no value."""
    resolved: list[Token] = []
    for part in template:
        token = part.value(context) if isinstance(part, Variable) else part
        if token is None:
            return None
        resolved.append(token)
    return tuple(resolved)


def fits(resolved: tuple[Token, ...], longest: int) -> bool:
    """Whether a text of so many characters could hold every literal: what could not is never put together."""
    length = 0
    for token in resolved:
        if isinstance(token, str):
            length += len(token)
    return length <= longest


@lru_cache(maxsize=4096)
def matching(resolved: tuple[Token, ...]) -> Matcher:
    """Matcher of a resolved template, kept for the next request of the same principal."""
    return matcher(resolved)


def joined(resolved: Sequence[Part]) -> str:
    """Text of a resolved template without wildcards."""
    return "".join(token for token in resolved if isinstance(token, str))
