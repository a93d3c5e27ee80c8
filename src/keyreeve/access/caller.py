"""Callers: a proven principal with the facts of its credential."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from keyreeve import policy
from keyreeve.access.tokens import Session
from keyreeve.entities import AccessKey, Role, RootUser, Tag, User


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """Who is asking.

    `arn` and `user_id` are what GetCallerIdentity answers. `identity` is the record whose policies apply: the user, the
    role of a session, the user or root user behind a federated session. `session` is there for temporary credentials.
    """

    kind: str
    account_id: str
    arn: str
    user_id: str
    identity: User | Role | RootUser
    access_key_id: str
    principal: policy.Principal
    session: Session | None = None

    @property
    def user(self) -> User | None:
        """The IAM user, where the caller acts as one."""
        return self.identity if self.kind == "user" and isinstance(self.identity, User) else None

    @property
    def name(self) -> str:
        """The name people know the caller by: user name, session name, or `root`."""
        if self.session is not None and self.session.session_name:
            return self.session.session_name
        return self.identity.user_name if isinstance(self.identity, User) else "root"

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The principal's tags: the identity's, overlaid by the session's, without regard to case."""
        own = () if isinstance(self.identity, RootUser) else self.identity.tags
        if self.session is None or not self.session.tags:
            return own
        passed = {tag.key.lower() for tag in self.session.tags}
        return (*(tag for tag in own if tag.key.lower() not in passed), *self.session.tags)

    @property
    def mfa_time(self) -> datetime | None:
        """When the second factor was given, for the one kind of session that carries it."""
        return self.session.mfa_time if self.session is not None and self.kind in {"user", "root"} else None


def of_key(key: AccessKey, identity: User | Role | RootUser) -> Caller:
    """The user or root user that a long-term key proves."""
    return _as_itself(identity, key.access_key_id, None)


def of_session(session: Session, identity: User | Role | RootUser) -> Caller:
    """Whom temporary credentials prove: the user or root user itself, a role's session, or a federated user."""
    if isinstance(identity, Role):
        return _role_session(session, identity)
    if session.delegate is not None:
        return _by_delegation(session, identity, session.delegate)
    if session.kind == "federated_user":
        return _federated_user(session, identity)
    return _as_itself(identity, session.access_key_id, session)


def _as_itself(identity: User | Role | RootUser, access_key_id: str, session: Session | None) -> Caller:
    kind = "root" if isinstance(identity, RootUser) else "user"
    principal = policy.Principal(kind, identity.account_id, identity.arn, unique_id=identity.key)
    return Caller(kind, identity.account_id, identity.arn, identity.key, identity, access_key_id, principal, session)


def _role_session(session: Session, role: Role) -> Caller:
    account = role.account_id
    arn = f"arn:aws:sts::{account}:assumed-role/{role.role_name}/{session.session_name}"
    user_id = f"{role.role_id}:{session.session_name}"
    principal = policy.Principal(
        "role_session",
        account,
        arn if session.delegate is None else f"{arn}@{session.delegate}",
        unique_id=user_id,
        role_arn=role.arn,
        service_linked=role.linked_service is not None,
    )
    return Caller("role_session", account, arn, user_id, role, session.access_key_id, principal, session)


def _federated_user(session: Session, parent: User | RootUser) -> Caller:
    account = parent.account_id
    arn = f"arn:aws:sts::{account}:federated-user/{session.session_name}"
    of_root = isinstance(parent, RootUser)
    parent_arn = None if of_root else parent.arn
    principal = policy.Principal(
        "federated_user", account, arn, unique_id=parent.key, user_arn=parent_arn, of_root=of_root
    )
    user_id = f"{account}:{session.session_name}"
    return Caller("federated_user", account, arn, user_id, parent, session.access_key_id, principal, session)


def _by_delegation(session: Session, identity: User | RootUser, delegate: str) -> Caller:
    """Somebody's partner, who acts as the user or root user and is told as such.

    To the policies of resources it is no more than their federated user, under a name that nobody has: what is granted
    to them directly would otherwise reach past the session's policy, which is all that the partner asked for.
    """
    own = _as_itself(identity, session.access_key_id, session)
    of_root = isinstance(identity, RootUser)
    principal = policy.Principal(
        "federated_user",
        identity.account_id,
        f"arn:aws:sts::{identity.account_id}:federated-user/{own.name}@{delegate}",
        unique_id=identity.key,
        user_arn=None if of_root else identity.arn,
        of_root=of_root,
    )
    return replace(own, principal=principal)
