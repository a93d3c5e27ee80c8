"""The codes of findings: the group each belongs to, and what to do about it.

Where AWS's tool has the same check, the code is AWS's. Its group is AWS's too, with one exception: what rests on a list
of actions, resources or keys is a WARNING here and never an ERROR, because a list is older than the newest policy.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Group(StrEnum):
    """How much a finding weighs, the heaviest first."""

    ERROR = "ERROR"
    SECURITY_WARNING = "SECURITY_WARNING"
    WARNING = "WARNING"
    SUGGESTION = "SUGGESTION"


class Code(NamedTuple):
    """A kind of finding: its group and its advice."""

    group: Group
    advice: str


_ERRORS = {
    "ALLOW_WITH_NOT_PRINCIPAL": "Name who is allowed in Principal.",
    "ARN_REGION_NOT_ALLOWED": "Leave the Region field of the ARN empty.",
    "DATA_TYPE_MISMATCH": "Write the value in the JSON type that the element takes.",
    "DUPLICATE_KEYS": "Keep one of the members of the same name.",
    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE": "Write the key once: the case of its name does not matter.",
    "INVALID_ACTION": "Write an action as service:Name, such as s3:GetObject.",
    "INVALID_ARN": "Write all six fields: arn:partition:service:region:account:resource.",
    "INVALID_ARN_PREFIX": "Begin the ARN with arn:, or write *.",
    "INVALID_ARN_RESOURCE": "Begin the last field of an IAM ARN with a resource type, such as role/.",
    "INVALID_ARN_SERVICE": "Write the service out; a wildcard may not stand there.",
    "INVALID_CONDITION_OPERATOR": "Use one of the operators that exist, in their exact case.",
    "INVALID_DATE_VALUE": "Write a date as YYYY-MM-DD, with or without a time, or as epoch seconds.",
    "INVALID_EFFECT": "Write Allow or Deny, in this case.",
    "INVALID_PARTITION": "Use a partition such as aws, aws-cn or aws-us-gov.",
    "INVALID_POLICY_ELEMENT": "Remove the element, or correct its name; case matters.",
    "INVALID_PRINCIPAL_FORMAT": "Name an account, an ARN, a service or a provider in the form of its type.",
    "INVALID_PRINCIPAL_KEY": "Use AWS, Service, Federated or CanonicalUser.",
    "INVALID_SERVICE_IN_ACTION": "Write the service's prefix, such as s3 or iam.",
    "INVALID_VARIABLE": "Write a variable as ${key} or ${key, 'default'}.",
    "INVALID_VARIABLE_FOR_OPERATOR": "Use variables with String, Arn and Bool operators only.",
    "INVALID_VERSION": "Write the version 2012-10-17.",
    "JSON_SYNTAX_ERROR": "Correct the JSON.",
    "MISSING_ACTION": "Add Action or NotAction.",
    "MISSING_EFFECT": "Add Effect with Allow or Deny.",
    "MISSING_PRINCIPAL": "Add Principal.",
    "MISSING_RESOURCE": "Add Resource or NotResource.",
    "MISSING_STATEMENT": "Add a statement.",
    "MISSING_TENANT_CLAIM": "Require the tenant's claim of the issuer, and not by wildcards alone.",
    "NULL_WITH_IF_EXISTS": "Use Null without IfExists: it asks itself whether the key exists.",
    "POLICY_REFUSED": "Correct what the sentence says.",
    "UNIQUE_SIDS_REQUIRED": "Give each statement a Sid of its own, or none.",
    "UNSUPPORTED_ACTION_IN_POLICY": "Use actions of sts in a trust policy.",
    "UNSUPPORTED_ELEMENT_COMBINATION": "Keep one of the element and its Not form.",
    "UNSUPPORTED_ELEMENT_IN_POLICY_TYPE": "Remove what this type of policy does not take.",
    "UNSUPPORTED_PRINCIPAL": "Remove Principal and NotPrincipal from this type of policy.",
    "UNSUPPORTED_RESOURCE": "Remove the resource: a trust policy stands on its role.",
    "UNSUPPORTED_SID": "Use letters and digits only.",
    "VARIABLE_UNSUPPORTED_IN_VERSION": "Write the version 2012-10-17: in others ${…} is plain text.",
}

_SECURITY_WARNINGS = {
    "ALLOW_WITH_NOT_ACTION": "List what is allowed in Action: new actions of AWS are allowed from their first day.",
    "ALLOW_WITH_NOT_RESOURCE": "List what is allowed in Resource: everything that is ever made is allowed.",
    "CREDENTIAL_IN_POLICY": "Remove the access key id, and rotate the key.",
    "FORALLVALUES_WITHOUT_NULL_CHECK": 'Add {"Null": {KEY: "false"}}: ForAllValues holds where the key is missing.',
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY": "Remove ForAllValues: it holds where the key is missing.",
    "PASS_ROLE_WITH_NOT_RESOURCE": "List the roles in Resource, and require iam:PassedToService.",
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE": "List the actions; allow iam:PassRole for named roles by itself.",
    "PASS_ROLE_WITH_STAR_IN_RESOURCE": "Name the roles, or require iam:PassedToService.",
    "PUBLIC_PRINCIPAL": "Name who is allowed, or require aws:PrincipalOrgID, aws:SourceArn or a like key.",
    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": "Require aws:SourceArn, aws:SourceAccount or aws:SourceOrgID.",
    "SERVICE_STAR_WITH_STAR_RESOURCE": "List the actions that are needed, and the resources.",
    "STAR_ACTION_WITH_STAR_RESOURCE": "List the actions that are needed: this is the power of an administrator.",
    "UNRESTRICTED_FEDERATION": "Require a claim that only your own application or users have.",
    "WIDE_TENANT_CLAIM": "Name your organization: a wildcard in its place trusts every tenant of the issuer.",
}

_WARNINGS = {
    "ACTION_TAKES_NO_RESOURCE": 'Put the action into a statement with "Resource": "*".',
    "ARN_ACCOUNT_NOT_ALLOWED": "Leave the account field of the ARN empty.",
    "CONDITION_KEY_DOES_NOT_FIT_ACTION": "Move the action to a statement without the key.",
    "DEPRECATED_ACTION": "Use what replaced it.",
    "DEPRECATED_CONDITION_KEY": "Use what replaced it.",
    "EMPTY_CONDITION_VALUES": "Give values, or remove the key.",
    "INVALID_ARN_ACCOUNT": "Write the account as 12 digits.",
    "INVALID_ARN_SERVICE_CASE": "Write the service in lower case.",
    "INVALID_ARN_VALUE": "Write a whole ARN of six fields; wildcards may stand in them.",
    "INVALID_GLOBAL_CONDITION_KEY": "Correct the key: the request has none of this name.",
    "INVALID_SERVICE_CONDITION_KEY": "Correct the key: the service has none of this name.",
    "MISMATCHED_ACTION_FOR_PRINCIPAL": "Use sts:AssumeRole for AWS and Service, sts:AssumeRoleWithSAML for SAML "
    "providers, sts:AssumeRoleWithWebIdentity for OIDC providers.",
    "MISSING_ARN_FIELD": "Write all six fields of the ARN.",
    "MISSING_QUALIFIER": "Use ForAnyValue or ForAllValues: a plain operator never matches a key of many values.",
    "MISSING_VERSION": "Write the version 2012-10-17; without it the policy is of 2008-10-17 and has no variables.",
    "MULTIVALUED_KEY_IN_VARIABLE": "Use a key of a single value: the variable has no value.",
    "NULL_WITH_QUALIFIER": "Use Null by itself: with ForAllValues it is always true, with ForAnyValue always false.",
    "OLD_VERSION": "Write the version 2012-10-17: in 2008-10-17 there are no variables.",
    "POLICY_SIZE_EXCEEDS_QUOTA": "Split the policy.",
    "RESOURCE_DOES_NOT_FIT_ACTION": "Give the ARN of a resource that the action works on.",
    "TYPE_MISMATCH": "Use an operator of the key's type.",
    "TYPE_MISMATCH_BOOLEAN": "Write true or false.",
    "TYPE_MISMATCH_IP_RANGE": "Write an address or a CIDR block, such as 203.0.113.0/24.",
    "TYPE_MISMATCH_NUMBER": "Write a number without exponent.",
    "TYPE_MISMATCH_STRING": "Write the bytes in base64.",
    "UNKNOWN_ACTION": "Correct the name; an action that does not exist grants nothing.",
    "UNKNOWN_SERVICE": "Correct the service's prefix.",
    "UNREACHABLE_STATEMENT": "Remove it, or narrow the Deny that covers it.",
    "VARIABLE_UNSUPPORTED_IN_ELEMENT": "Use variables in the resource part of an ARN and in condition values only.",
    "WILDCARD_WITHOUT_LIKE_OPERATOR": "Use StringLike or ArnLike: here * and ? are plain characters.",
}

_SUGGESTIONS = {
    "EMPTY_ARRAY_PRINCIPAL": "List principals.",
    "EMPTY_OBJECT_CONDITION": "Write conditions, or remove the element.",
    "EMPTY_SID_VALUE": "Give the statement a name, or remove the Sid.",
    "IMPROVE_IP_RANGE": "Write the network's own address.",
    "PASS_ROLE_WITHOUT_PASSED_TO_SERVICE": "Require iam:PassedToService, so that the role goes to one service only.",
    "REDUNDANT_ACTION": "Remove it.",
    "REDUNDANT_RESOURCE": "Remove it.",
    "REDUNDANT_STATEMENT": "Remove it.",
    "SET_OPERATOR_WITH_SINGLE_VALUED_KEY": "Use the plain operator.",
    "WILDCARD_IN_SERVICE_NAME": "Write the service's prefix out.",
}

CODES = {
    code: Code(group, advice)
    for group, rows in (
        (Group.ERROR, _ERRORS),
        (Group.SECURITY_WARNING, _SECURITY_WARNINGS),
        (Group.WARNING, _WARNINGS),
        (Group.SUGGESTION, _SUGGESTIONS),
    )
    for code, advice in rows.items()
}
"""Every code that a finding can have."""
