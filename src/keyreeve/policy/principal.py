"""Principals: who calls, and whom a Principal element names.

Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ACCOUNT = re.compile(r"(?:arn:[^:]*:iam::([0-9]{12}):root|([0-9]{12}))")
"""An account as a principal: its root ARN or its id, which mean the same."""


class Caller(StrEnum):
    """Kinds of principal."""

    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role_session"
    FEDERATED_USER = "federated_user"
    SERVICE = "service"
    ANONYMOUS = "anonymous"
    WEB_IDENTITY = "web_identity"
    SAML = "saml"


TOKEN_BEARERS = frozenset({Caller.WEB_IDENTITY, Caller.SAML})
"""Callers known only by a provider's token; they are asking for a session."""

STRANGERS = frozenset({*TOKEN_BEARERS, Caller.SERVICE, Caller.ANONYMOUS})
"""Callers without an account whose policies could allow anything: only the resource's policy can."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller.

    `arn` is the name it goes by: the user's, root's, session's or federated user's ARN; a service's name
    (`ec2.amazonaws.com`); a token bearer's provider (ARN or host name). A GetSessionToken session is the user.
    `unique_id` is the AIDA… or AROA… id of the user or role behind the caller; `role_arn` (with path) and `user_arn`
    are the role of a session and the parent of a federated user. `of_root` marks a federated user of the account root,
    whose own policies are everything. `service_linked` sessions are bound by no SCP or RCP. `canonical_id` is S3's name
    for the account. `services` are further names of a service principal (its regional form).
    """

    kind: str
    account_id: str | None
    arn: str
    unique_id: str | None = None
    role_arn: str | None = None
    user_arn: str | None = None
    of_root: bool = False
    service_linked: bool = False
    canonical_id: str | None = None
    services: tuple[str, ...] = ()

    @property
    def entity_id(self) -> str | None:
        """The unique id without a session's name."""
        return self.unique_id.split(":", 1)[0] if self.unique_id else None


class Form(StrEnum):
    """How a Principal element names a caller. What a grant bypasses depends on it."""

    DIRECT = "direct"
    WILDCARD = "wildcard"
    PARENT = "parent"
    ACCOUNT = "account"


STRENGTH = (Form.DIRECT, Form.WILDCARD, Form.PARENT, Form.ACCOUNT)
"""Forms from the strongest grant to the weakest."""


@dataclass(frozen=True, slots=True)
class Principals:
    """A Principal or NotPrincipal element: the names it lists, by type."""

    everyone: bool = False
    every_aws: bool = False
    accounts: frozenset[str] = frozenset()
    aws: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    federated: frozenset[str] = frozenset()
    canonical: frozenset[str] = frozenset()
    negated: bool = False
    denies: bool = False

    @property
    def cover_all(self) -> bool:
        """Whether the element is `"Principal": "*"`. As a grant it still has its limits, see `form`."""
        return self.everyone and not self.negated

    def form(self, caller: Principal, *, bounded: bool) -> Form | None:
        """How the element covers the caller, or None. `bounded`: the caller has a permissions boundary."""
        if self.negated:
            return self._form_beside(caller, bounded)
        if self.everyone or self.every_aws:
            return self._form_of_everyone(caller)
        return self._named(caller)

    def _form_of_everyone(self, caller: Principal) -> Form | None:
        # AWS leaves open who is no part of everyone; a Deny covers all.
        if not self.denies and not self._everyone_holds(caller):
            return self._named(caller)
        return Form.DIRECT if self._named(caller) is Form.DIRECT else Form.WILDCARD

    def _everyone_holds(self, caller: Principal) -> bool:
        """Whether everyone, if listed, is sure to hold the caller.

        `{"AWS": "*"}` may hold no service, and neither spelling a token's bearer: a provider has to be named for that.
        """
        if caller.kind in TOKEN_BEARERS:
            return False
        return self.everyone or (self.every_aws and caller.kind != Caller.SERVICE)

    def _form_beside(self, caller: Principal, bounded: bool) -> Form | None:
        """NotPrincipal: only a Deny, which spares a caller that is listed at every level and has no boundary."""
        if not self.denies:
            return None
        spared = self._everyone_holds(caller) or self._listed_at_every_level(caller)
        return None if spared and not bounded else Form.WILDCARD

    def _listed_at_every_level(self, caller: Principal) -> bool:
        if caller.kind in STRANGERS:
            return self._named(caller) is not None
        if caller.account_id not in self.accounts:
            return False
        session = caller.kind in (Caller.ROLE_SESSION, Caller.FEDERATED_USER) and not caller.of_root
        parent = not session or self._names_parent(caller)
        return parent and (caller.kind == Caller.ROOT or self._names_itself(caller))

    def _named(self, caller: Principal) -> Form | None:
        if caller.kind == Caller.SERVICE:
            return Form.DIRECT if not self.services.isdisjoint((caller.arn, *caller.services)) else None
        if caller.kind in TOKEN_BEARERS:
            return Form.DIRECT if caller.arn in self.federated else None
        if caller.kind == Caller.ANONYMOUS:
            return None
        if self._names_itself(caller):
            return Form.DIRECT
        if self._names_parent(caller):
            return Form.PARENT
        return Form.ACCOUNT if caller.account_id in self.accounts or caller.canonical_id in self.canonical else None

    def _names_itself(self, caller: Principal) -> bool:
        return caller.arn in self.aws or (caller.kind == Caller.USER and caller.entity_id in self.aws)

    def _names_parent(self, caller: Principal) -> bool:
        if caller.kind not in (Caller.ROLE_SESSION, Caller.FEDERATED_USER):
            return False
        return not self.aws.isdisjoint({caller.role_arn, caller.user_arn, caller.entity_id} - {None})


def principals(element: Any, *, negated: bool, denies: bool) -> Principals:
    """Principals of an element whose form has been checked."""
    listed = {kind: _names(given) for kind, given in element.items()} if isinstance(element, dict) else {}
    aws = listed.get("AWS", frozenset())
    accounts = (ACCOUNT.fullmatch(value) for value in aws)
    return Principals(
        everyone=element == "*",
        every_aws="*" in aws,
        accounts=frozenset(found[1] or found[2] for found in accounts if found),
        aws=frozenset(value for value in aws if value != "*" and not ACCOUNT.fullmatch(value)),
        services=listed.get("Service", frozenset()),
        federated=listed.get("Federated", frozenset()),
        canonical=listed.get("CanonicalUser", frozenset()),
        negated=negated,
        denies=denies,
    )


def _names(given: Any) -> frozenset[str]:
    return frozenset(given if isinstance(given, list) else [given])
