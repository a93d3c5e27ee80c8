"""IAM (2010-05-08): one module per noun; importing this package registers the operations."""

from keyreeve.iam import (
    account,
    attachments,
    boundaries,
    details,
    groups,
    inline,
    instance_profiles,
    keys,
    policies,
    roles,
    service_credentials,
    signing_certificates,
    ssh_keys,
    tags,
    users,
    versions,
)

__all__ = [
    "account",
    "attachments",
    "boundaries",
    "details",
    "groups",
    "inline",
    "instance_profiles",
    "keys",
    "policies",
    "roles",
    "service_credentials",
    "signing_certificates",
    "ssh_keys",
    "tags",
    "users",
    "versions",
]
