"""Gathering: the policies that bear on a caller.

A set is kept until a record it was read from changes: every record says which ids it bears on (its topics), and a set
remembers the ids it asked about and the revision it saw. No set expires by time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from keyreeve import policy
from keyreeve.access import control_policies
from keyreeve.access.caller import Caller
from keyreeve.access.documents import of_session, parsed
from keyreeve.catalogue import AwsManagedPolicy, Catalogue
from keyreeve.entities import (
    Attachment,
    InlinePolicy,
    ManagedPolicy,
    Membership,
    PasswordPolicy,
    PolicyVersion,
    Role,
    RootUser,
    User,
    control_topic,
)
from keyreeve.store import Transaction, View

T = TypeVar("T")

KEPT = 8192
"""Policy sets kept; past it all are dropped and made again when asked for."""

KEPT_OF_SESSIONS = 1024
"""The same of sets with session policies, which hold documents that nobody else has: up to 100 KB for 2,048 characters.
Whoever may assume a role could fill the memory with them.
"""


Of = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Whose a set is: the kind and id of the caller, its session policies and their managed ones."""


@dataclass(slots=True)
class _Kept(Generic[T]):
    """What was gathered, the ids that were asked about, and the newest revision at which it is known to hold."""

    gathered: T
    topics: tuple[str, ...]
    revision: int


_EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def _own_password(user_arn: str) -> str:
    own = {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": user_arn}
    rules = {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [own, rules]})


@lru_cache(maxsize=4096)
def _of(caller: Caller) -> Of:
    session = caller.session
    own = ((), ()) if session is None else (session.policies, session.policy_arns)
    assumed = session is not None and session.assumed_root
    return f"{caller.kind}/{caller.identity.key}{'/assumed' if assumed else ''}", *own


class PolicySets:
    """The policy sets of callers, made when asked for and kept while they hold.

    `management_account` is bound by no control policies.
    """

    def __init__(self, view: View, catalogue: Catalogue, management_account: str | None = None) -> None:
        self._view = view
        self._catalogue = catalogue
        self._management_account = management_account
        self._kept: dict[Of, _Kept[policy.Policies]] = {}
        self._kept_of_sessions: dict[Of, _Kept[policy.Policies]] = {}
        self._resource_control: dict[str, _Kept[policy.Levels]] = {}

    def of(self, tx: Transaction, caller: Caller) -> policy.Policies:
        """The identity, boundary, session and service control policies of a caller, as of now."""
        key = _of(caller)
        sets = self._kept_of_sessions if key[1] else self._kept
        kept = sets.get(key)
        if kept is not None and self._holds(kept):
            return kept.gathered
        bound = caller.account_id != self._management_account
        made = Gathering(tx, self._catalogue).all_of(caller, self._view.revision, bound=bound)
        if len(sets) >= (KEPT_OF_SESSIONS if key[1] else KEPT):
            sets.clear()
        sets[key] = made
        return made.gathered

    def _holds(self, kept: _Kept[Any]) -> bool:
        """Whether no record that it was read from has changed since."""
        holds = self._view.holds(kept.revision, kept.topics)
        if holds:
            kept.revision = self._view.revision
        return holds

    def resource_control(self, tx: Transaction, account_id: str) -> policy.Levels:
        """The resource control policies that bind what an account owns, whoever asks."""
        if account_id == self._management_account:
            return ()
        kept = self._resource_control.get(account_id)
        if kept is not None and self._holds(kept):
            return kept.gathered
        made = control_policies.levels(tx, account_id, control_policies.RCP)
        if len(self._resource_control) >= KEPT:
            self._resource_control.clear()
        self._resource_control[account_id] = _Kept(made, (control_topic(account_id),), self._view.revision)
        return made


class Gathering:
    """One set in the making: what was found, and which topics were asked about."""

    def __init__(self, tx: Transaction, catalogue: Catalogue) -> None:
        self._tx = tx
        self._catalogue = catalogue
        self._topics: list[str] = []

    def all_of(self, caller: Caller, revision: int, *, bound: bool) -> _Kept[policy.Policies]:
        """Every policy that bears on a caller. `bound`: control policies bind its account."""
        identity = caller.identity
        account = identity.account_id
        boundary = None
        found: tuple[policy.Policy, ...] = ()
        if not isinstance(identity, RootUser):
            found = tuple(self._identity_policies(account, identity))
            if identity.boundary_arn is not None:
                boundary = self.managed(account, identity.boundary_arn, "boundary")
        policies = policy.Policies(
            identity=found,
            boundary=boundary,
            session=self._session_policies(caller, account),
            service_control=self._service_control(account) if bound else (),
        )
        return _Kept(policies, tuple(self._topics), revision)

    def _service_control(self, account: str) -> policy.Levels:
        self._topics.append(control_topic(account))
        return control_policies.levels(self._tx, account, control_policies.SCP)

    def _identity_policies(self, account: str, identity: User | Role) -> Iterator[policy.Policy]:
        yield from self.held_by(account, identity.key)
        if isinstance(identity, User):
            for membership in self._tx.where(Membership, account, "user", identity.user_id):
                yield from self.held_by(account, membership.group_id)
            yield from self.of_every_user(account, identity)

    def of_every_user(self, account: str, user: User) -> Iterator[policy.Policy]:
        """What the account's password policy grants: changing one's own password, and reading that policy.

        It counts as an identity policy of the user, so boundaries and denials hold against it.
        """
        self._topics.append(account)
        found = self._tx.get(PasswordPolicy, account, account)
        if found is not None and found.allow_users_to_change_password:
            document = parsed(_own_password(user.arn), policy.Kind.INLINE)
            yield policy.Policy(document, "identity", "AllowUsersToChangePassword", None)

    def held_by(self, account: str, principal_id: str) -> Iterator[policy.Policy]:
        """The policies of one user, group or role: inline ones first, then attached ones."""
        self._topics.append(principal_id)
        for inline in self._tx.where(InlinePolicy, account, "principal", principal_id):
            document = parsed(inline.policy_document, policy.Kind.INLINE)
            yield policy.Policy(document, "identity", inline.policy_name, None)
        for attachment in self._tx.where(Attachment, account, "principal", principal_id):
            yield self.managed(account, attachment.policy_arn, "identity")

    def managed(self, account: str, arn: str, layer: str) -> policy.Policy:
        """The default version of a managed policy. One that is gone allows nothing, as a boundary too."""
        self._topics.append(arn)
        aws: AwsManagedPolicy | None = self._catalogue.get(arn)
        if aws is not None:
            return policy.Policy(parsed(aws.document, policy.Kind.IDENTITY), layer, aws.policy_name, arn)
        own = self._tx.find(ManagedPolicy, account, "arn", arn)
        key = "" if own is None else f"{own.policy_id}/{own.default_version_id}"
        version = self._tx.get(PolicyVersion, account, key)
        if own is None or version is None:
            return policy.Policy(policy.NOTHING, layer, arn, arn)
        return policy.Policy(parsed(version.document, policy.Kind.IDENTITY), layer, own.policy_name, arn)

    def _session_policies(self, caller: Caller, account: str) -> tuple[policy.Policy, ...] | None:
        session = caller.session
        if session is None or not (session.policies or session.policy_arns):
            return None
        # The task policies of AssumeRoot only deny: what they leave of the root user's permissions is the session's.
        texts = (_EVERYTHING, *session.policies) if session.assumed_root else session.policies
        inline = (policy.Policy(of_session(text), "session", "session policy", None) for text in texts)
        return (*inline, *(self.managed(account, arn, "session") for arn in session.policy_arns))
