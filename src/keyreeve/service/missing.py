"""What is missing: the operations of the models that are not built yet. Each answers with its name in `routes.MISSING`.

A test holds this list to the models and to what is built, so that nothing is on it by mistake, and nothing left off.
"""

from __future__ import annotations

NOT_BUILT: dict[str, frozenset[str]] = {
    "cloudtrail": frozenset(
        (
            "AddTags",
            "CancelQuery",
            "CreateChannel",
            "CreateDashboard",
            "CreateEventDataStore",
            "CreateTrail",
            "DeleteChannel",
            "DeleteDashboard",
            "DeleteEventDataStore",
            "DeleteResourcePolicy",
            "DeleteTrail",
            "DeregisterOrganizationDelegatedAdmin",
            "DescribeQuery",
            "DescribeTrails",
            "DisableFederation",
            "EnableFederation",
            "GenerateQuery",
            "GetChannel",
            "GetDashboard",
            "GetEventConfiguration",
            "GetEventDataStore",
            "GetEventSelectors",
            "GetImport",
            "GetInsightSelectors",
            "GetQueryResults",
            "GetResourcePolicy",
            "GetTrail",
            "GetTrailStatus",
            "ListChannels",
            "ListDashboards",
            "ListEventDataStores",
            "ListImportFailures",
            "ListImports",
            "ListInsightsData",
            "ListInsightsMetricData",
            "ListPublicKeys",
            "ListQueries",
            "ListTags",
            "ListTrails",
            "PutEventConfiguration",
            "PutEventSelectors",
            "PutInsightSelectors",
            "PutResourcePolicy",
            "RegisterOrganizationDelegatedAdmin",
            "RemoveTags",
            "RestoreEventDataStore",
            "SearchSampleQueries",
            "StartDashboardRefresh",
            "StartEventDataStoreIngestion",
            "StartImport",
            "StartLogging",
            "StartQuery",
            "StopEventDataStoreIngestion",
            "StopImport",
            "StopLogging",
            "UpdateChannel",
            "UpdateDashboard",
            "UpdateEventDataStore",
            "UpdateTrail",
        )
    ),
    "iam": frozenset(
        (
            "DisableOutboundWebIdentityFederation",
            "EnableOutboundWebIdentityFederation",
            "GetOutboundWebIdentityFederationInfo",
        )
    ),
    "sts": frozenset(
        (
            "AssumeRoleWithWebIdentity",
            "GetWebIdentityToken",
        )
    ),
}
"""By service."""
