"""Quotas: how many and how large (IAM User Guide, "IAM and AWS STS quotas"), and the refusals past them."""

from __future__ import annotations

from keyreeve.entities import (
    Group,
    InstanceProfile,
    ManagedPolicy,
    OpenIDConnectProvider,
    Role,
    SAMLProvider,
    ServerCertificate,
    User,
)
from keyreeve.entities.record import Record
from keyreeve.faults import LimitExceeded
from keyreeve.operations import Call
from keyreeve.policy import size_without_white_space

PER_ACCOUNT: dict[type[Record], tuple[str, int]] = {
    User: ("UsersPerAccount", 5000),
    Group: ("GroupsPerAccount", 300),
    Role: ("RolesPerAccount", 1000),
    InstanceProfile: ("InstanceProfilesPerAccount", 1000),
    ManagedPolicy: ("PoliciesPerAccount", 1500),
    ServerCertificate: ("ServerCertificatesPerAccount", 20),
    OpenIDConnectProvider: ("OpenIdConnectProvidersPerAccount", 100),
    SAMLProvider: ("SAMLProvidersPerAccount", 100),
}
INLINE: dict[type[Record], int] = {User: 2048, Group: 5120, Role: 10240}
ATTACHED: dict[type[Record], str] = {User: "PoliciesPerUser", Group: "PoliciesPerGroup", Role: "PoliciesPerRole"}
ATTACHED_POLICIES = 10
POLICY_SIZE = 6144
TRUST_POLICY_SIZE = 2048
VERSIONS = 5
ACCESS_KEYS = 2
CLIENT_IDS = 100
THUMBPRINTS = 5
SAML_SIGNING_KEYS = 10
SAML_PRIVATE_KEYS = 2
MFA_DEVICES = 8
SIGNING_CERTIFICATES = 2
SSH_PUBLIC_KEYS = 5
SERVICE_SPECIFIC_CREDENTIALS = 2
"""Per user and service."""
GROUPS_PER_USER = 10
TAGS = 50


def hold(name: str, count: int, limit: int) -> None:
    """Refuse one more when `count` has reached `limit`."""
    if count >= limit:
        raise LimitExceeded(f"Cannot exceed quota for {name}: {limit}")


def hold_account(call: Call, kind: type[Record]) -> None:
    """Refuse one more of a kind when the account's quota is reached."""
    name, limit = PER_ACCOUNT[kind]
    hold(name, call.tx.count(kind, call.account_id), limit)


def hold_size(name: str, text: str, limit: int) -> None:
    """Refuse a document with more than `limit` characters, white space not counted."""
    if len(text) > limit and size_without_white_space(text) > limit:
        raise LimitExceeded(f"Cannot exceed quota for {name}: {limit}")
