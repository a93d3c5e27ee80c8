"""Actions, resources and condition keys against what is known of the services."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache

from keyreeve.policy.arn import FIELDS
from keyreeve.policy.lint.comparisons import VARIABLE
from keyreeve.policy.lint.global_keys import global_key
from keyreeve.policy.lint.knowledge import Action, Reference
from keyreeve.policy.lint.seen import Asked, Note, Notes, Stated
from keyreeve.policy.places import Path
from keyreeve.policy.wildcard import matcher, tokens

LONGEST_ARN = 2048
SHOWN = 5
OTHER_LENGTH = 3
IN_FIELD = "\0"
"""A star within one field of an ARN, as `overlap` takes it: no policy has this character."""
_OF_ACTIONS = ("aws:resourcetag/", "aws:requesttag/", "aws:tagkeys")
"""Global keys that a request has only where the action knows tags."""


def checks(stated: Stated, reference: Reference) -> Notes:
    """What does not fit together in a statement, as far as the reference knows."""
    meant: list[tuple[Path, str, tuple[Action, ...]]] = []
    for member in ("Action", "NotAction"):
        for path, text in stated.located(member):
            found = _actions(text, reference)
            if found is None:
                yield _unknown_service(path, text, reference)
            elif not found and not _everything(text):
                yield _unknown_action(path, text, reference)
            elif found and len(found) == 1 and found[0].instead and "*" not in text:
                yield Note("DEPRECATED_ACTION", path, f"{found[0].name}: {found[0].instead}")
            if member == "Action":
                meant.append((path, text, found or ()))
    yield from _keys(stated, meant, reference)
    if "Action" in stated.value and "Resource" in stated.value and "*" not in stated.texts("Resource"):
        yield from _resources(stated, meant)


def _everything(text: str) -> bool:
    """Whether an action's service is left open, so that nothing can be looked up."""
    prefix, colon, _ = text.partition(":")
    return not colon or "*" in prefix or "?" in prefix


def _actions(text: str, reference: Reference) -> tuple[Action, ...] | None:
    """The actions that a pattern means; None for an unknown service, nothing where the service is left open."""
    if _everything(text):
        return ()
    prefix, _, name = text.lower().partition(":")
    known = reference.actions(prefix)
    if known is None:
        return None
    if "*" not in name and "?" not in name:
        return (known[name],) if name in known else ()
    match = matcher(tokens(name))
    return tuple(action for each, action in known.items() if match(each))


def _unknown_service(path: Path, text: str, reference: Reference) -> Note:
    prefix = text.partition(":")[0]
    near = _near(prefix.lower(), tuple(sorted(reference.services())))
    return Note("UNKNOWN_SERVICE", path, f"No service has the prefix {prefix}.{_meant(near)}")


def _unknown_action(path: Path, text: str, reference: Reference) -> Note:
    prefix, _, name = text.partition(":")
    known = reference.actions(prefix.lower()) or {}
    wild = "*" in name or "?" in name
    near = [] if wild else [known[each].name for each in _near(name.lower(), tuple(known))]
    return Note("UNKNOWN_ACTION", path, f"There is no action {text}.{_meant(near)}")


@lru_cache(maxsize=1024)
def _near(name: str, known: tuple[str, ...]) -> list[str]:
    """The name of a list that another was perhaps meant to be. Few can be: those of its first letter and its length."""
    like = [each for each in known if each[:1] == name[:1] and abs(len(each) - len(name)) <= OTHER_LENGTH]
    return get_close_matches(name, like, n=1)


def _meant(near: Sequence[str]) -> str:
    return f" Did you mean {near[0]}?" if near else ""


def _resources(stated: Stated, meant: list[tuple[Path, str, tuple[Action, ...]]]) -> Notes:
    given = [(path, VARIABLE.sub("*", text)) for path, text in stated.located("Resource")]
    if any(len(text) > LONGEST_ARN for _, text in given):
        return
    for path, text, found in meant:
        if len(found) == 1 and not found[0].resources:
            yield Note("ACTION_TAKES_NO_RESOURCE", path, f"{found[0].name} is asked about * only: no ARN matches.")
        elif found and not any(_fits(action, resource) for action in found for _, resource in given):
            yield Note("RESOURCE_DOES_NOT_FIT_ACTION", path, f"None of the resources is one that {text} works on.")
    actions = [action for _, _, found in meant for action in found if action.resources]
    if actions and all(found for _, _, found in meant):
        for path, resource in given:
            if not any(_fits(action, resource) for action in actions):
                yield Note("RESOURCE_DOES_NOT_FIT_ACTION", path, f"No action listed works on {resource}.")


def _fits(action: Action, resource: str) -> bool:
    return any(overlap(_in_fields(pattern), resource) for pattern in action.resources)


@lru_cache(maxsize=4096)
def _in_fields(pattern: str) -> str:
    """An action's ARN, whose partition, region and account are each one field, whatever they are."""
    *heads, end = pattern.split(":", FIELDS - 1)
    return ":".join([*(field.replace("*", IN_FIELD) for field in heads), end])


@lru_cache(maxsize=65_536)
def overlap(one: str, other: str) -> bool:
    """Whether some text is matched by both patterns. In the first, IN_FIELD is a star that matches no colon."""
    literal = min(_literal(one), _literal(other))
    if one[:literal] != other[:literal]:
        return False
    if one == "*" or other == "*":
        return True
    row = [True]
    for each in other[literal:]:
        row.append(row[-1] and each == "*")
    for each in one[literal:]:
        row = _next_row(row, each, other[literal:])
    return row[-1]


def _literal(pattern: str) -> int:
    """Characters before the first wildcard."""
    return min((at for at in map(pattern.find, ("*", "?", IN_FIELD)) if at >= 0), default=len(pattern))


def _next_row(row: list[bool], one: str, others: str) -> list[bool]:
    """Which beginnings of the other pattern can end with one more character of the first."""
    star = one in ("*", IN_FIELD)
    made = [row[0] and star]
    for index, other in enumerate(others, 1):
        if star or other == "*":
            made.append(row[index] or (made[-1] and not (one == IN_FIELD and other == ":")))
        else:
            made.append(row[index - 1] and (one == other or "?" in (one, other)))
    return made


def _keys(stated: Stated, meant: list[tuple[Path, str, tuple[Action, ...]]], reference: Reference) -> Notes:
    for asked in stated.conditions():
        prefix = asked.key.partition(":")[0].lower()
        if global_key(asked.key) is None and prefix in reference.services() and reference.key(asked.key) is None:
            yield asked.note("INVALID_SERVICE_CONDITION_KEY", f"{prefix} has no condition key {asked.key}.")
        elif asked.requires and (global_key(asked.key) is None or asked.key.lower().startswith(_OF_ACTIONS)):
            # A key of another service can come with the credentials; whether it does the reference does not say.
            own = [each for each in meant if prefix in ("aws", each[1].partition(":")[0].lower())]
            yield from _fitting(asked, own)


def _fitting(asked: Asked, meant: list[tuple[Path, str, tuple[Action, ...]]]) -> Notes:
    without = [text for _, text, found in meant if found and not any(_has(action, asked.key) for action in found)]
    if without:
        shown = ", ".join(without[:SHOWN]) + (" …" if len(without) > SHOWN else "")
        sentence = f"Requests of these never have {asked.key}, so the condition fails: {shown}."
        yield asked.note("CONDITION_KEY_DOES_NOT_FIT_ACTION", sentence)


def _has(action: Action, key: str) -> bool:
    lower = key.lower()
    return lower in action.keys or any("*" in each and matcher(tokens(each))(lower) for each in action.keys)
