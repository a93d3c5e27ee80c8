"""Policy variables: `${key}`, `${key, 'default'}`, and `${*}` `${?}` `${$}`.

IAM User Guide, "IAM policy elements: Variables and tags".
"""

from collections.abc import Mapping

from . import wild
from .wild import Pattern, literal

Context = Mapping[str, str | list[str]]

SPECIAL = {"*", "?", "$"}


class UnresolvedError(Exception):
    """The variable has no value: its key is not in the request and it has no default, or it is no well-formed variable.

    "The value is effectively null": equal to and like nothing.
    """


def active(version: str | None) -> bool:
    """AWS: "Where you can use policy variables": only in version 2012-10-17; elsewhere `${…}` is ordinary text."""
    return version == "2012-10-17"


def pattern(text: str, version: str | None, context: Context) -> Pattern:
    """The text as a pattern, its variables resolved."""
    before, variable, rest = text.partition("${") if active(version) else (text, "", "")
    if not variable:
        return wild.pattern(text)
    inside, rest = opened(rest)
    return wild.pattern(before) + value(inside, context) + pattern(rest, version, context)


def opened(text: str) -> tuple[str, str]:
    """What stands between the braces, and what follows. A brace within the quotes of a default does not close."""
    key, brace, rest = text.partition("}")
    if "'" in key:
        before, _, quoted = text.partition("'")
        default, quote, rest = quoted.partition("'}")
        if not quote:
            raise UnresolvedError(text)
        return f"{before}'{default}'", rest
    if not brace:
        raise UnresolvedError(text)
    return key, rest


def value(inside: str, context: Context) -> Pattern:
    """What a variable stands for: literal text, for a value that came with the request is not the author's pattern.

    Open in the documentation ("Using variables in policies" shows no value with a wildcard); read so as to grant less.
    """
    if inside in SPECIAL:
        return [("text", inside)]
    key, comma, default = inside.partition(", ")
    if comma and not (len(default) > 1 and default[0] == default[-1] == "'"):
        raise UnresolvedError(inside)
    if key == "" or " " in key or "," in key or "'" in key or "$" in key or "{" in key:
        raise UnresolvedError(inside)
    found = context.get(key.lower())
    if isinstance(found, list):  # "Single-valued vs. multivalued context keys": these may not be used as variables
        raise UnresolvedError(key)
    if found is not None:
        return literal(found)
    if comma:  # "Specifying default values"
        return literal(default[1:-1])
    raise UnresolvedError(key)
