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
            "DisableOrganizationsRootCredentialsManagement",
            "DisableOrganizationsRootSessions",
            "DisableOutboundWebIdentityFederation",
            "EnableOrganizationsRootCredentialsManagement",
            "EnableOrganizationsRootSessions",
            "EnableOutboundWebIdentityFederation",
            "GenerateCredentialReport",
            "GenerateOrganizationsAccessReport",
            "GenerateServiceLastAccessedDetails",
            "GetCredentialReport",
            "GetDelegationRequest",
            "GetHumanReadableSummary",
            "GetOrganizationsAccessReport",
            "GetOutboundWebIdentityFederationInfo",
            "GetRoleTemplateVersion",
            "GetServiceLastAccessedDetails",
            "GetServiceLastAccessedDetailsWithEntities",
            "ListDelegationRequests",
            "ListOrganizationsFeatures",
            "RejectDelegationRequest",
            "SendDelegationToken",
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
