"""What is said twice, and what a Deny takes back.

A pattern covers another when it matches its text, wildcards and all: only a `*` covers a `*`. That is sure, and misses
only what no one would write. Lists are compared with the first 64 wildcards of each service, and documents with their
first 64 statements, so that a hostile policy costs no more than a long one.
"""

from __future__ import annotations

from typing import NamedTuple

from keyreeve.policy.lint.seen import Note, Notes, Seen, Stated
from keyreeve.policy.places import written
from keyreeve.policy.wildcard import Matcher, Patterns, alternatives, matcher, tokens

MOST = 64


def lists(seen: Seen, stated: Stated) -> Notes:  # noqa: ARG001  a check like the others
    """Entries of a list that another entry covers."""
    for member, code in (
        ("Action", "REDUNDANT_ACTION"),
        ("NotAction", "REDUNDANT_ACTION"),
        ("Resource", "REDUNDANT_RESOURCE"),
        ("NotResource", "REDUNDANT_RESOURCE"),
    ):
        located = list(stated.located(member))
        if len(located) > 1:
            texts = [text.lower() if member.endswith("Action") else text for _, text in located]
            for index, by in _redundant(texts):
                sentence = f"{located[index][1]} is covered by {located[by][1]}."
                yield Note(code, located[index][0], sentence)


class _Wide(NamedTuple):
    at: int
    text: str
    match: Matcher


def _redundant(texts: list[str]) -> list[tuple[int, int]]:
    """Indexes of entries that another covers, each with the other's."""
    first: dict[str, int] = {}
    wide: dict[str, list[_Wide]] = {}
    for index, text in enumerate(texts):
        if first.setdefault(text, index) == index and "*" in text and "?" not in text and "${" not in text:
            held = wide.setdefault(_service(text), [])
            if len(held) < MOST:
                held.append(_Wide(index, text, matcher(tokens(text))))
    found = []
    for index, text in enumerate(texts):
        if first[text] != index:
            found.append((index, first[text]))
            continue
        service = _service(text)
        others = [*wide.get("", ()), *(wide.get(service, ()) if service else ())]
        by = next((each for each in others if each.at != index and _covers(each, text, index)), None)
        if by is not None:
            found.append((index, by.at))
    return found


def _covers(wide: _Wide, text: str, index: int) -> bool:
    """Whether it covers a text; of two that cover each other the first does."""
    return wide.match(text) and (wide.at < index or "*" not in text or not matcher(tokens(text))(wide.text))


def _service(text: str) -> str:
    """What comes first in an action or an ARN, if it has no wildcard: patterns of different ones never meet."""
    fields = text.split(":", 3)
    head = fields[0] if fields[0] != "arn" else ":".join(fields[:3])
    return "" if "*" in head or "?" in head else head


def statements(seen: Seen) -> Notes:
    """Statements that another covers: Allows that a Deny takes back, and statements of the same effect."""
    wide = [_Whole(each, _Reach.of(each)) for each in seen.statements[:MOST]]
    for index, narrow in enumerate(seen.statements):
        for other, whole in enumerate(wide):
            if other == index or not whole.reach.holds(narrow):
                continue
            place = written(whole.stated.path)
            if narrow.allows and not whole.stated.allows and not whole.stated.value.get("Condition"):
                yield narrow.note("UNREACHABLE_STATEMENT", f"Everything it allows is denied by {place}.")
                break
            if narrow.allows is whole.stated.allows and _says_no_more(narrow, whole.stated, other < index):
                yield narrow.note("REDUNDANT_STATEMENT", f"{place} says all of it.")
                break


class _Reach(NamedTuple):
    """What a statement is about: patterns of its actions and resources; None where it lists what it is not about."""

    stated: Stated
    actions: Patterns | None
    resources: Patterns | None

    @classmethod
    def of(cls, stated: Stated) -> _Reach:
        actions = [text.lower() for text in stated.texts("Action")]
        resources = stated.texts("Resource")
        return cls(
            stated,
            None if "NotAction" in stated.value else _patterns(actions),
            None if "NotResource" in stated.value or not resources else _patterns(resources),
        )

    def holds(self, narrow: Stated) -> bool:
        """Whether all requests that another statement is about, conditions aside, are this one's too."""
        return (
            _holds(self.actions, narrow, self.stated, "Action")
            and _holds(self.resources, narrow, self.stated, "Resource")
            and _holds_principals(self.stated, narrow)
        )


class _Whole(NamedTuple):
    stated: Stated
    reach: _Reach


def _patterns(texts: list[str] | tuple[str, ...]) -> Patterns:
    plain = alternatives(tokens(text) for text in texts if "?" not in text and "${" not in text)
    return plain._replace(exact=plain.exact | frozenset(texts))


def _holds(patterns: Patterns | None, narrow: Stated, wide: Stated, member: str) -> bool:
    if patterns is None:
        return all(narrow.value.get(each) == wide.value.get(each) for each in (member, f"Not{member}"))
    listed = narrow.texts(member)
    return bool(listed) and all(patterns.match(text.lower() if member == "Action" else text) for text in listed)


def _holds_principals(wide: Stated, narrow: Stated) -> bool:
    element = wide.value.get("Principal")
    if "NotPrincipal" not in wide.value and (element == "*" or (not wide.allows and element == {"AWS": "*"})):
        return True
    return all(wide.value.get(each) == narrow.value.get(each) for each in ("Principal", "NotPrincipal"))


def _says_no_more(narrow: Stated, wide: Stated, earlier: bool) -> bool:
    """Whether conditions let the wide statement stand for the narrow one; of two that say the same the first does."""
    if wide.value.get("Condition") and wide.value["Condition"] != narrow.value.get("Condition"):
        return False
    same = _Reach.of(narrow).holds(wide) and (narrow.value.get("Condition") or {}) == (
        wide.value.get("Condition") or {}
    )
    return earlier or not same
