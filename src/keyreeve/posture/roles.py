"""Checks of roles: whom they trust, whether they are used, and by how many workloads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from itertools import combinations
from typing import NamedTuple

from keyreeve import policy
from keyreeve.access.documents import parsed
from keyreeve.entities import Role
from keyreeve.events import Event
from keyreeve.policy.condition import FOR_ALL, NULL, Condition, name
from keyreeve.policy.lint import lint
from keyreeve.policy.operators import OPERATORS
from keyreeve.posture.reading import USED_OFTEN_ENOUGH, Reading


class Workload(NamedTuple):
    """Who used a role, as far as events tell: the network that the calls came from, and the program that made them."""

    network: str
    program: str

    def __str__(self) -> str:
        """For a sentence."""
        return f"{self.program} from {self.network}"


def _trusts(role: Role) -> Iterator[policy.Statement]:
    """The statements by which a role lets somebody in."""
    document = parsed(role.trust_policy, policy.Kind.TRUST)
    return (statement for statement in document.statements if statement.effect == "Allow" and statement.principals)


def _linted(reading: Reading, codes: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Roles in whose trust policies `keyreeve lint` finds this."""
    for role in reading.roles:
        for finding in lint(role.trust_policy, policy.Kind.TRUST):
            if finding.code in codes:
                yield role.arn, finding.sentence


def trust_everyone(reading: Reading) -> Iterator[tuple[str, str]]:
    """Roles that trust everyone, without a condition that says who."""
    yield from _linted(reading, frozenset({"PUBLIC_PRINCIPAL"}))


def trust_federation(reading: Reading) -> Iterator[tuple[str, str]]:
    """Roles that let in every user of an identity provider, or of every tenant of one."""
    yield from _linted(reading, frozenset({"UNRESTRICTED_FEDERATION", "WIDE_TENANT_CLAIM"}))


BINDING = frozenset({"sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"})
"""Condition keys of which one, with a value of its own, says who of an account may come."""


def trust_abroad(reading: Reading) -> Iterator[tuple[str, str]]:
    """Roles that trust another account as a whole, without an external id or an organization."""
    for role in reading.roles:
        for statement in _trusts(role):
            accounts = statement.principals.accounts if statement.principals else frozenset()
            for account in sorted(accounts - {reading.account_id}):
                if not any(map(_binds, statement.conditions)):
                    yield role.arn, f"{statement.place} of its trust policy lets all of the account {account} in"


def _binds(condition: Condition) -> bool:
    """Whether a condition fails for whoever has none of the values that it lists, and they are not just anything."""
    operator = name(condition.operator)
    if operator is None or operator.if_exists or operator.quantifier == FOR_ALL or operator.operator == NULL:
        return False
    negated = OPERATORS[operator.operator].negated
    return condition.key.lower() in BINDING and not negated and all(value.strip("*?") for value in condition.values)


def unused(reading: Reading) -> Iterator[tuple[str, str]]:
    """Roles that nobody used for 90 days; those of services are theirs."""
    for role in reading.roles:
        used = reading.facts.role_last_used(role.role_id)
        since = role.create_date if used is None else used.time
        if role.linked_service is None and reading.now - since > USED_OFTEN_ENOUGH:
            yield role.arn, f"was last used on {since:%Y-%m-%d}" if used else "was never used"


def shared(reading: Reading) -> Iterator[tuple[str, str]]:
    """Roles whose sessions came from workloads that have no action in common, by the events of 90 days."""
    for role, workloads in _workloads(reading).items():
        apart = [(a, b) for a, b in combinations(sorted(workloads), 2) if not workloads[a] & workloads[b]]
        if apart:
            first, second = apart[0]
            told = f"{first} ({_few(workloads[first])}) and {second} ({_few(workloads[second])})"
            yield role, f"is used by workloads that do nothing in common: {told}"


def _few(actions: set[str]) -> str:
    return ", ".join(sorted(actions)[:3])


def _workloads(reading: Reading) -> dict[str, dict[Workload, set[str]]]:
    """The actions of each workload of each role, by the role's ARN."""
    found: dict[str, dict[Workload, set[str]]] = defaultdict(lambda: defaultdict(set))
    own = {role.role_id: role.arn for role in reading.roles}
    for event in reading.events(reading.now - USED_OFTEN_ENOUGH):
        role = own.get(event.user_identity.entity_id or "")
        if role is not None and event.user_identity.type == "AssumedRole" and _tells_apart(event):
            action = f"{event.event_source.partition('.')[0]}:{event.event_name}"
            found[role][_workload(event)].add(action)
    return found


def _tells_apart(event: Event) -> bool:
    """Whether an action says something of its workload: every program asks who it is."""
    return event.error_code is None and event.event_name != "GetCallerIdentity"


def _workload(event: Event) -> Workload:
    return Workload(_network(event.source_ip_address), (event.user_agent.split("/")[0] or "unknown").strip()[:40])


def _network(address: str) -> str:
    """Addresses of one network are one place: 24 bits of IPv4, 48 of IPv6."""
    try:
        version = ip_address(address).version
    except ValueError:
        return address
    return str(ip_network(f"{address}/{24 if version == 4 else 48}", strict=False))  # noqa: PLR2004  IPv4
