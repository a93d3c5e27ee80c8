"""Entities: the nouns of IAM, as frozen records with AWS's member names in snake_case."""

from keyreeve.entities.account import Account, RootUser
from keyreeve.entities.identity import Group, InstanceProfile, Role, User
from keyreeve.entities.keys import AccessKey, MFADevice
from keyreeve.entities.links import Attachment, InlinePolicy, Membership
from keyreeve.entities.policy import ManagedPolicy, PolicyVersion
from keyreeve.entities.record import Boundary, Index, Record, Tag

KINDS: dict[str, type[Record]] = {
    kind.__name__: kind
    for kind in (
        AccessKey,
        Account,
        Attachment,
        Group,
        InlinePolicy,
        InstanceProfile,
        MFADevice,
        ManagedPolicy,
        Membership,
        PolicyVersion,
        Role,
        RootUser,
        User,
    )
}
"""Every kind of record by the name it has in the store."""

__all__ = [
    "KINDS",
    "AccessKey",
    "Account",
    "Attachment",
    "Boundary",
    "Group",
    "Index",
    "InlinePolicy",
    "InstanceProfile",
    "MFADevice",
    "ManagedPolicy",
    "Membership",
    "PolicyVersion",
    "Record",
    "Role",
    "RootUser",
    "Tag",
    "User",
]
