"""Statements, compiled: what is matched against a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keyreeve.policy.actions import Actions, actions
from keyreeve.policy.arn import Reach, resources
from keyreeve.policy.condition import Condition, Holds, conditions, texts
from keyreeve.policy.principal import Principals, principals
from keyreeve.policy.variables import Context


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement of a document.

    `index` counts from 0. `actions`, `not_actions`, `resources` and `not_resources` are as written; at most one of each
    pair is there. `covers(resource, context)` matches the resource element; a role trust policy has none. `applies`
    asks the conditions as well: action and principal have then been looked at.
    """

    index: int
    sid: str
    effect: str
    principals: Principals | None
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    listed: Actions
    covers: Reach
    applies: Reach

    @property
    def place(self) -> str:
        """Where the statement stands in its document."""
        return f"Statement[{self.index}]"

    @property
    def always(self) -> bool:
        """Whether the statement applies to every request about its actions, whoever asks."""
        anyone = self.principals is None or self.principals.cover_all
        return anyone and not self.conditions and self.covers is _everything

    def acts(self, action: str) -> bool:
        """Whether the statement is about an action, given in lower case. Without actions only a Deny is."""
        if not (self.actions or self.not_actions):
            return self.effect == "Deny"
        return self.listed.match(action) is bool(self.actions)


def statement(given: dict[str, Any], index: int, *, active: bool, of_trust: bool, of_identity: bool) -> Statement:
    """Compile a statement whose form has been checked.

    `active`: variables live (version 2012-10-17). `of_trust`: it covers the role that it stands on. `of_identity`: it
    is written as identity-based policies are.
    """
    denies = given["Effect"].lower() == "deny"
    positive, negative = (texts(given.get(name, [])) for name in ("Action", "NotAction"))
    wanted, spared = (texts(given.get(name, [])) for name in ("Resource", "NotResource"))
    nowhere = of_trust and not (wanted or spared)
    covers = _everything if nowhere else _covers(wanted, spared, denies=denies, active=active, completed=of_identity)
    held = conditions(given.get("Condition", {}), denies=denies, active=active)
    return Statement(
        index=index,
        sid=given.get("Sid", ""),
        effect="Deny" if denies else "Allow",
        principals=_principals(given, denies=denies),
        actions=positive,
        not_actions=negative,
        resources=wanted,
        not_resources=spared,
        conditions=held,
        listed=actions(positive or negative),
        covers=covers,
        applies=_applies(covers, tuple(each.holds for each in held)),
    )


def _applies(covers: Reach, conditions: tuple[Holds, ...]) -> Reach:
    if not conditions:
        return covers
    anywhere = covers is _everything
    if len(conditions) == 1:
        return _applies_under(covers, conditions[0])

    def applies(resource: str, context: Context) -> bool:
        if not anywhere and not covers(resource, context):
            return False
        for holds in conditions:  # noqa: SIM110  a loop is a third faster than all() here, the hottest place
            if not holds(context):
                return False
        return True

    return applies


def _applies_under(covers: Reach, holds: Holds) -> Reach:
    """Like the general form, and a third faster: most statements with conditions have one."""
    if covers is _everything:
        return lambda resource, context: holds(context)  # noqa: ARG005  applies like the others
    return lambda resource, context: covers(resource, context) is True and holds(context)


def _principals(given: dict[str, Any], *, denies: bool) -> Principals | None:
    for name in ("Principal", "NotPrincipal"):
        if name in given:
            return principals(given[name], negated=name == "NotPrincipal", denies=denies)
    return None


def _covers(wanted: tuple[str, ...], spared: tuple[str, ...], *, denies: bool, active: bool, completed: bool) -> Reach:
    if "*" in wanted or (denies and not spared and not wanted):
        return _everything
    # Inside the first fields a wildcard is read narrowly where matching less grants less.
    if not spared:
        return resources(wanted, active=active, narrow=not denies, completed=completed)
    spares = resources(spared, active=active, narrow=denies, completed=completed)
    # An entry of NotResource whose variable has no value spares nothing, but an Allow that holds one does not apply.
    outside = (False, None) if denies else (False,)
    return lambda resource, context: spares(resource, context) in outside


def _everything(resource: str, context: Context) -> bool:  # noqa: ARG001  covers like the others
    return True
