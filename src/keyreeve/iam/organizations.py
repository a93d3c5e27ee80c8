"""Organizations: centralized root access, where the operator has named an account that manages the others.

The organization is as small as that: every other account of the server is a member, and there are no units and no
delegated administrators. Control policies are the operator's (`keyreeve organizations`).
Source: IAM User Guide, "Centrally manage root access for member accounts".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from keyreeve.entities import OrganizationFeatures
from keyreeve.faults import (
    AccountNotManagementOrDelegatedAdministratorException,
    NoSuchEntity,
    OrganizationNotFoundException,
    OrganizationNotInAllFeaturesModeException,
)
from keyreeve.iam.nouns import listed
from keyreeve.operations import Ask, Call, operation

CREDENTIALS, SESSIONS = "RootCredentialsManagement", "RootSessions"

_NONE = "The request was rejected because no organization is associated with your account."
_NOT_MANAGEMENT = (
    "The request was rejected because the account making the request is not the management account or delegated "
    "administrator account for centralized root access."
)
_NO_POLICIES_OF_ITS_OWN = "The request was rejected because your organization does not have All features enabled."


def _features(call: Call) -> OrganizationFeatures:
    """What the organization has switched on, for its management account alone."""
    if call.site.management_account is None:
        raise OrganizationNotFoundException(_NONE)
    if call.account_id != call.site.management_account:
        raise AccountNotManagementOrDelegatedAdministratorException(_NOT_MANAGEMENT)
    held = call.tx.get(OrganizationFeatures, call.account_id, call.account_id)
    return OrganizationFeatures(account_id=call.account_id) if held is None else held


def _shown(features: OrganizationFeatures) -> dict[str, Any]:
    return {"organization_id": features.organization_id, "enabled_features": list(features.enabled)}


def _switched(call: Call, feature: str, *, on: bool) -> dict[str, Any]:
    held = _features(call)
    others = {each for each in held.enabled if each != feature}
    features = msgspec.structs.replace(held, enabled=tuple(sorted({*others, feature} if on else others)))
    call.tx.put(features)
    return _shown(features)


@operation("ListOrganizationsFeatures", on=listed())
def list_organizations_features(call: Call) -> dict[str, Any]:
    """What is switched on."""
    return _shown(_features(call))


@operation("EnableOrganizationsRootCredentialsManagement", on=listed())
def enable_organizations_root_credentials_management(call: Call) -> dict[str, Any]:
    """Let the management account look at and take away the credentials of members' root users."""
    return _switched(call, CREDENTIALS, on=True)


@operation("DisableOrganizationsRootCredentialsManagement", on=listed())
def disable_organizations_root_credentials_management(call: Call) -> dict[str, Any]:
    """No longer let it do so."""
    return _switched(call, CREDENTIALS, on=False)


@operation("EnableOrganizationsRootSessions", on=listed())
def enable_organizations_root_sessions(call: Call) -> dict[str, Any]:
    """Let the management account do the other tasks of members' root users."""
    return _switched(call, SESSIONS, on=True)


@operation("DisableOrganizationsRootSessions", on=listed())
def disable_organizations_root_sessions(call: Call) -> dict[str, Any]:
    """No longer let it do so."""
    return _switched(call, SESSIONS, on=False)


def _report(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:
    """Ask about the report of an organization's entity."""
    wanted = values.get("organizations_policy_id")
    arn = f"arn:aws:iam::{call.account_id}:access-report/{values.get('entity_path', '')}"
    yield Ask(action, arn, {} if wanted is None else {"iam:organizationspolicyid": wanted})


@operation("GenerateOrganizationsAccessReport", on=_report)
def generate_organizations_access_report(
    call: Call,
    entity_path: str,  # noqa: ARG001  judged as the resource
    organizations_policy_id: str | None = None,  # noqa: ARG001  judged as a condition key
) -> dict[str, Any]:
    """Refused: a report is about the policies of an organization's units; here they are attached to accounts alone."""
    _features(call)
    raise OrganizationNotInAllFeaturesModeException(_NO_POLICIES_OF_ITS_OWN)


@operation("GetOrganizationsAccessReport", on=listed())
def get_organizations_access_report(
    call: Call,  # noqa: ARG001  no report can have been made
    job_id: str,
    max_items: int | None = None,  # noqa: ARG001  same
    marker: str | None = None,  # noqa: ARG001  same
    sort_key: str | None = None,  # noqa: ARG001  same
) -> dict[str, Any]:
    """Refused: there is no such job, since none can be made."""
    raise NoSuchEntity(f"The job with id {job_id} cannot be found.")
