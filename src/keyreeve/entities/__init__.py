"""Entities: the nouns of IAM, as frozen records with AWS's member names in snake_case."""

from keyreeve.entities.account import Account, OrganizationFeatures, RootUser
from keyreeve.entities.certificates import ServerCertificate, SigningCertificate, SSHPublicKey
from keyreeve.entities.control import ControlPolicy, control_topic
from keyreeve.entities.delegation import DelegationNotification, DelegationRequest, Person, PolicyParameter
from keyreeve.entities.federation import OutboundFederation, TokenSigningKey
from keyreeve.entities.identity import Group, InstanceProfile, Role, SourceRoleTemplate, User
from keyreeve.entities.keys import AccessKey, FIDODevice, MFADevice
from keyreeve.entities.links import Attachment, InlinePolicy, Membership
from keyreeve.entities.passwords import LoginProfile, PasswordPolicy
from keyreeve.entities.policy import AwsPolicyUpdate, ManagedPolicy, PolicyVersion
from keyreeve.entities.providers import OpenIDConnectProvider, SAMLPrivateKey, SAMLProvider
from keyreeve.entities.record import Boundary, Index, Record, Tag
from keyreeve.entities.reports import CredentialReport, LastAccessedReport
from keyreeve.entities.service_credentials import ServiceSpecificCredential
from keyreeve.entities.tasks import DeletionTask
from keyreeve.entities.trail import DeletedTrail, DigestKey, Trail

KINDS: dict[str, type[Record]] = {
    kind.__name__: kind
    for kind in (
        AccessKey,
        Account,
        Attachment,
        AwsPolicyUpdate,
        ControlPolicy,
        CredentialReport,
        DelegationNotification,
        DelegationRequest,
        DeletedTrail,
        DeletionTask,
        DigestKey,
        FIDODevice,
        Group,
        InlinePolicy,
        InstanceProfile,
        LastAccessedReport,
        LoginProfile,
        MFADevice,
        ManagedPolicy,
        Membership,
        OpenIDConnectProvider,
        OrganizationFeatures,
        OutboundFederation,
        PasswordPolicy,
        PolicyVersion,
        Role,
        RootUser,
        SAMLProvider,
        SSHPublicKey,
        ServerCertificate,
        ServiceSpecificCredential,
        SigningCertificate,
        Trail,
        TokenSigningKey,
        User,
    )
}
"""Every kind of record by the name it has in the store."""

__all__ = [
    "KINDS",
    "AccessKey",
    "Account",
    "Attachment",
    "AwsPolicyUpdate",
    "Boundary",
    "ControlPolicy",
    "CredentialReport",
    "DelegationNotification",
    "DelegationRequest",
    "DeletedTrail",
    "DeletionTask",
    "DigestKey",
    "FIDODevice",
    "Group",
    "Index",
    "InlinePolicy",
    "InstanceProfile",
    "LastAccessedReport",
    "LoginProfile",
    "MFADevice",
    "ManagedPolicy",
    "Membership",
    "OpenIDConnectProvider",
    "OrganizationFeatures",
    "OutboundFederation",
    "PasswordPolicy",
    "Person",
    "PolicyParameter",
    "PolicyVersion",
    "Record",
    "Role",
    "RootUser",
    "SAMLPrivateKey",
    "SAMLProvider",
    "SSHPublicKey",
    "ServerCertificate",
    "ServiceSpecificCredential",
    "SigningCertificate",
    "SourceRoleTemplate",
    "Tag",
    "TokenSigningKey",
    "Trail",
    "User",
    "control_topic",
]
