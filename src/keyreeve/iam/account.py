"""The account: its alias, its settings, and its summary of counts and quotas."""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.access.devices import Device
from keyreeve.entities import (
    AccessKey,
    Account,
    FIDODevice,
    Group,
    InstanceProfile,
    ManagedPolicy,
    MFADevice,
    OpenIDConnectProvider,
    PolicyVersion,
    Role,
    RootUser,
    SAMLProvider,
    ServerCertificate,
    SigningCertificate,
    User,
)
from keyreeve.faults import EntityAlreadyExists, NoSuchEntity, ServiceFailure, ValidationError
from keyreeve.iam import quotas
from keyreeve.iam.nouns import listed
from keyreeve.iam.pages import sorted_page
from keyreeve.operations import Call, operation

_DIGITS = 12


def the_account(call: Call) -> Account:
    """The account of the call."""
    found = call.tx.get(Account, call.account_id, call.account_id)
    if found is None:
        raise ServiceFailure(f"The account {call.account_id} has callers, but no record.")
    return found


@operation("CreateAccountAlias", on=listed())
def create_account_alias(call: Call, account_alias: str) -> None:
    """Give the account an alias, in place of the one it has. An alias belongs to one account of the server."""
    if len(account_alias) == _DIGITS and account_alias.isdigit():
        raise ValidationError("The account alias must not be a 12-digit number.")
    for other in call.tx.everywhere(Account):
        if other.account_alias == account_alias:
            raise EntityAlreadyExists(f"The account alias {account_alias} already exists.")
    call.tx.put(msgspec.structs.replace(the_account(call), account_alias=account_alias))


@operation("DeleteAccountAlias", on=listed())
def delete_account_alias(call: Call, account_alias: str) -> None:
    """Take the alias away."""
    account = the_account(call)
    if account.account_alias != account_alias:
        raise NoSuchEntity(f"The account alias {account_alias} cannot be found.")
    call.tx.put(msgspec.structs.replace(account, account_alias=None))


@operation("ListAccountAliases", on=listed())
def list_account_aliases(call: Call, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:
    """The account's alias: one or none."""
    alias = the_account(call).account_alias
    aliases, rest = sorted_page([alias] if alias else [], str, marker, max_items)
    return {"account_aliases": aliases, **rest}


@operation("GetAccountSummary", on=listed())
def get_account_summary(call: Call) -> dict[str, Any]:
    """Counts of what there is, beside the quotas that are enforced."""
    version = the_account(call).global_endpoint_token_version
    return {"summary_map": {**_counts(call), **_QUOTAS, "GlobalEndpointTokenVersion": version}}


@operation("SetSecurityTokenServicePreferences", on=listed())
def set_security_token_service_preferences(call: Call, global_endpoint_token_version: str) -> None:
    """Choose the version of session tokens from the global endpoint. All tokens here are valid in all regions."""
    version = int(global_endpoint_token_version.removeprefix("v").removesuffix("Token"))
    call.tx.put(msgspec.structs.replace(the_account(call), global_endpoint_token_version=version))


def _counts(call: Call) -> dict[str, int]:
    def count(kind: Any) -> int:
        return call.tx.count(kind, call.account_id)

    root = call.tx.get(RootUser, call.account_id, call.account_id)
    root_keys = call.tx.where(AccessKey, call.account_id, "principal", call.account_id)
    root_certificates = call.tx.where(SigningCertificate, call.account_id, "principal", call.account_id)
    devices: list[Device] = [*call.tx.all(MFADevice, call.account_id), *call.tx.all(FIDODevice, call.account_id)]
    return {
        "Users": count(User),
        "Groups": count(Group),
        "Roles": count(Role),
        "InstanceProfiles": count(InstanceProfile),
        "Policies": count(ManagedPolicy),
        "PolicyVersionsInUse": count(PolicyVersion),
        "ServerCertificates": count(ServerCertificate),
        "Providers": count(SAMLProvider) + count(OpenIDConnectProvider),
        "MFADevices": len(devices),
        "MFADevicesInUse": sum(device.principal_id is not None for device in devices),
        "AccountMFAEnabled": int(any(device.principal_id == call.account_id for device in devices)),
        "AccountAccessKeysPresent": int(bool(root_keys)),
        "AccountPasswordPresent": int(root is not None and root.password_hash is not None),
        "AccountSigningCertificatesPresent": int(bool(root_certificates)),
    }


_QUOTAS = {
    "UsersQuota": quotas.PER_ACCOUNT[User][1],
    "GroupsQuota": quotas.PER_ACCOUNT[Group][1],
    "RolesQuota": quotas.PER_ACCOUNT[Role][1],
    "InstanceProfilesQuota": quotas.PER_ACCOUNT[InstanceProfile][1],
    "PoliciesQuota": quotas.PER_ACCOUNT[ManagedPolicy][1],
    "PolicySizeQuota": quotas.POLICY_SIZE,
    "PolicyVersionsInUseQuota": 10000,
    "VersionsPerPolicyQuota": quotas.VERSIONS,
    "ServerCertificatesQuota": quotas.PER_ACCOUNT[ServerCertificate][1],
    "UserPolicySizeQuota": quotas.INLINE[User],
    "GroupPolicySizeQuota": quotas.INLINE[Group],
    "RolePolicySizeQuota": quotas.INLINE[Role],
    "AssumeRolePolicySizeQuota": quotas.TRUST_POLICY_SIZE,
    "GroupsPerUserQuota": quotas.GROUPS_PER_USER,
    "SigningCertificatesPerUserQuota": quotas.SIGNING_CERTIFICATES,
    "AccessKeysPerUserQuota": quotas.ACCESS_KEYS,
    "AttachedPoliciesPerUserQuota": quotas.ATTACHED_POLICIES,
    "AttachedPoliciesPerGroupQuota": quotas.ATTACHED_POLICIES,
    "AttachedPoliciesPerRoleQuota": quotas.ATTACHED_POLICIES,
}
