"""What is missing: the operations of the models that are not built yet. Each answers `NotImplemented`.

A test holds this list to the models and to what is built, so that nothing is on it by mistake, and nothing left off.
"""

from __future__ import annotations

NOT_BUILT: dict[str, frozenset[str]] = {
    "iam": frozenset(
        (
            "AcceptDelegationRequest",
            "AcquireRole",
            "AssociateDelegationRequest",
            "CreateDelegationRequest",
            "CreateServiceLinkedRole",
            "CreateVirtualMFADevice",
            "DeactivateMFADevice",
            "DeleteServiceLinkedRole",
            "DeleteVirtualMFADevice",
            "DisableOrganizationsRootCredentialsManagement",
            "DisableOrganizationsRootSessions",
            "DisableOutboundWebIdentityFederation",
            "EnableMFADevice",
            "EnableOrganizationsRootCredentialsManagement",
            "EnableOrganizationsRootSessions",
            "EnableOutboundWebIdentityFederation",
            "GenerateCredentialReport",
            "GenerateOrganizationsAccessReport",
            "GenerateServiceLastAccessedDetails",
            "GetAccountProperties",
            "GetCredentialReport",
            "GetDelegationRequest",
            "GetHumanReadableSummary",
            "GetMFADevice",
            "GetOrganizationsAccessReport",
            "GetOutboundWebIdentityFederationInfo",
            "GetRoleTemplateVersion",
            "GetServiceLastAccessedDetails",
            "GetServiceLastAccessedDetailsWithEntities",
            "GetServiceLinkedRoleDeletionStatus",
            "ListDelegationRequests",
            "ListMFADeviceTags",
            "ListMFADevices",
            "ListOrganizationsFeatures",
            "ListVirtualMFADevices",
            "PutAccountProperties",
            "RejectDelegationRequest",
            "ResyncMFADevice",
            "SendDelegationToken",
            "SetSecurityTokenServicePreferences",
            "TagMFADevice",
            "UntagMFADevice",
            "UpdateDelegationRequest",
        )
    ),
    "sts": frozenset(
        (
            "AssumeRoleWithSAML",
            "AssumeRoleWithWebIdentity",
            "AssumeRoot",
            "DecodeAuthorizationMessage",
            "GetDelegatedAccessToken",
            "GetWebIdentityToken",
        )
    ),
}
"""By service."""
