"""Checks: the practices that an account is held to, and what is found where it does not keep them.

Sources: IAM User Guide, "Security best practices in IAM"; CIS Amazon Web Services Foundations Benchmark v3.0.0,
section 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from keyreeve.posture import keys, people, permissions, roles, root
from keyreeve.posture.reading import Reading

Seen = Iterator[tuple[str, str]]
"""What a check finds: the resource (an ARN), and a sentence."""


class Severity(StrEnum):
    """How much a finding weighs, the heaviest first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Check:
    """One practice: what it is called, where it comes from, what to do, and what finds those who do not keep it."""

    id: str
    severity: Severity
    find: Callable[[Reading], Seen]
    source: str
    title: str
    advice: str


class Finding(NamedTuple):
    """A practice that is not kept: by which resource, and what was seen."""

    check: Check
    resource: str
    sentence: str


_C, _H, _M, _L = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
_BEST = "IAM best practices"

CHECKS: Mapping[str, Check] = {
    check.id: check
    for check in (
        Check("root-access-key", _C, root.access_key, "CIS 1.4", "The root user has no access key",
               "Delete it: iam delete-access-key as the root user. Emergencies need none: keyreeve root session."),
        Check("root-mfa", _C, root.mfa, "CIS 1.5", "A root user that can sign in has MFA",
               "Enrol a device: keyreeve root enroll-mfa."),
        Check("root-used", _H, root.used, "CIS 1.7", "The root user is not used",
               "Work as an administrator instead, and look up what was done: keyreeve events --user root."),
        Check("password-length", _M, people.password_length, "CIS 1.8", "Passwords have at least 14 characters",
               "iam update-account-password-policy --minimum-password-length 14, with the other rules."),
        Check("password-reuse", _L, people.password_reuse, "CIS 1.9", "The last 24 passwords cannot be used again",
               "iam update-account-password-policy --password-reuse-prevention 24, with the other rules."),
        Check("user-mfa", _H, people.mfa, "CIS 1.10", "Users who can sign in have MFA",
               "Enable a virtual MFA device for the user, or take the password away."),
        Check("key-never-used", _M, keys.never_used, "CIS 1.11", "Keys are not made along with users who sign in",
               "Delete the key; the user makes one when it is needed."),
        Check("credential-unused", _M, keys.unused, "CIS 1.12", "Credentials unused for 45 days are off",
               "Deactivate the key, or delete the login profile."),
        Check("one-active-key", _L, keys.several, "CIS 1.13", "A user has one active key",
               "Delete the older key as soon as the newer one is in use."),
        Check("key-rotated", _M, keys.old, "CIS 1.14", "Keys are changed every 90 days",
               "Make a new key, use it, then delete the old one; better still, let the workload assume a role."),
        Check("policies-on-groups", _L, permissions.on_users, "CIS 1.15", "Users have permissions through groups only",
               "Attach the policy to a group that the user is in."),
        Check("administrators-inline", _H, permissions.inline_administrators, f"CIS 1.16; {_BEST}",
               "No inline policy allows everything", "Grant what is needed; keyreeve advise writes it from the log."),
        Check("administrators-own", _H, permissions.customer_administrators, "CIS 1.16",
               "No customer managed policy that is attached allows everything",
               "Grant what is needed; for administrators attach AWS's AdministratorAccess, where it can be seen."),
        Check("support-role", _L, permissions.support, "CIS 1.17", "Somebody may handle incidents with AWS Support",
               "Attach AWSSupportAccess to a role for it."),
        Check("certificate-expired", _L, permissions.expired_certificates, "CIS 1.19",
               "Server certificates that have expired are removed", "iam delete-server-certificate."),
        Check("cloudshell-full", _L, permissions.cloudshell, "CIS 1.22", "AWSCloudShellFullAccess is not attached",
               "Detach it: it lets data out of the account."),
        Check("pass-any-role", _H, permissions.pass_any_role, _BEST, "Nobody may pass any role to any service",
               "Name the roles in Resource, and the service by iam:PassedToService."),
        Check("trust-everyone", _C, roles.trust_everyone, _BEST, "No role trusts everyone",
               "Name the principals, or bind everyone by a condition such as aws:PrincipalOrgID."),
        Check("trust-abroad", _M, roles.trust_abroad, _BEST,
               "A role that trusts a whole other account asks for an external id",
               "Add a condition on sts:ExternalId, or name the role that may come."),
        Check("trust-federation", _H, roles.trust_federation, _BEST, "A role says which users of a provider it trusts",
               "Add a condition on the token's subject, such as ISSUER:sub, or on an attribute of the assertion."),
        Check("role-unused", _L, roles.unused, _BEST, "Roles are in use", "Delete the role, or say why it is there."),
        Check("role-shared", _M, roles.shared, _BEST, "A role has one workload",
               "Give each workload a role of its own, with what it needs."),
        Check("permission-unused", _L, permissions.unused, _BEST, "What is granted is used",
               "keyreeve advise writes the policy that covers what was used."),
    )
}  # fmt: skip
"""Every check by its id."""


def audit(reading: Reading, wanted: Iterable[str] = CHECKS) -> list[Finding]:
    """What is found by the wanted checks, in their order."""
    return [
        Finding(CHECKS[name], resource, sentence)
        for name in wanted
        for resource, sentence in CHECKS[name].find(reading)
    ]
