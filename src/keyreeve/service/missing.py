"""What is missing: the operations of the models that are not built yet. Each answers with its name in `routes.MISSING`.

A test holds this list to the models and to what is built, so that nothing is on it by mistake, and nothing left off.
"""

from __future__ import annotations

NOT_BUILT: dict[str, frozenset[str]] = {
    "cloudtrail": frozenset(
        (
            "CancelQuery",
            "CreateChannel",
            "CreateDashboard",
            "CreateEventDataStore",
            "DeleteChannel",
            "DeleteDashboard",
            "DeleteEventDataStore",
            "DeleteResourcePolicy",
            "DeregisterOrganizationDelegatedAdmin",
            "DescribeQuery",
            "DisableFederation",
            "EnableFederation",
            "GenerateQuery",
            "GetChannel",
            "GetDashboard",
            "GetEventConfiguration",
            "GetEventDataStore",
            "GetImport",
            "GetInsightSelectors",
            "GetQueryResults",
            "GetResourcePolicy",
            "ListChannels",
            "ListDashboards",
            "ListEventDataStores",
            "ListImportFailures",
            "ListImports",
            "ListInsightsData",
            "ListInsightsMetricData",
            "ListQueries",
            "PutEventConfiguration",
            "PutInsightSelectors",
            "PutResourcePolicy",
            "RegisterOrganizationDelegatedAdmin",
            "RestoreEventDataStore",
            "SearchSampleQueries",
            "StartDashboardRefresh",
            "StartEventDataStoreIngestion",
            "StartImport",
            "StartQuery",
            "StopEventDataStoreIngestion",
            "StopImport",
            "UpdateChannel",
            "UpdateDashboard",
            "UpdateEventDataStore",
        )
    ),
    "iam": frozenset(()),
    "sts": frozenset(()),
}
"""By service."""
