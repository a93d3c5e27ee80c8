"""Named resources: what an event was about, as LookupEvents shows it beside the record.

CloudTrail's records of IAM name no resources; its event history tells them from the parameters and the answer. The
types are CloudFormation's names; which parameter names what is told by the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keyreeve.events.event import Event, Outline

Named = tuple[str, str]
"""A resource's type and name."""

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "iam.amazonaws.com": {
        "accessKeyId": "AWS::IAM::AccessKey",
        "groupName": "AWS::IAM::Group",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "openIDConnectProviderArn": "AWS::IAM::OIDCProvider",
        "policyArn": "AWS::IAM::Policy",
        "policyName": "AWS::IAM::Policy",
        "roleName": "AWS::IAM::Role",
        "sAMLProviderArn": "AWS::IAM::SAMLProvider",
        "serialNumber": "AWS::IAM::MfaDevice",
        "serverCertificateName": "AWS::IAM::ServerCertificate",
        "userName": "AWS::IAM::User",
    },
    "sts.amazonaws.com": {"roleArn": "AWS::IAM::Role"},
    "cloudtrail.amazonaws.com": {
        "name": "AWS::CloudTrail::Trail",
        "resourceId": "AWS::CloudTrail::Trail",
        "s3BucketName": "AWS::S3::Bucket",
        "trailName": "AWS::CloudTrail::Trail",
    },
}
"""By event source, the type of what a request parameter names."""

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "accessKey": {"accessKeyId": "AWS::IAM::AccessKey"},
    "assumedRoleUser": {"arn": "AWS::STS::AssumedRole", "assumedRoleId": "AWS::STS::AssumedRole"},
    "credentials": {"accessKeyId": "AWS::IAM::AccessKey"},
    "policy": {"arn": "AWS::IAM::Policy"},
}
"""The same for what stands in the members of response elements."""


def written_as(kind: str) -> list[bytes]:
    """Bytes of which some stand in each record that names a resource of a type: the type, or what it is named by."""
    tables = (*PARAMETERS.values(), *ANSWERS.values())
    names = {name for table in tables for name, type_ in table.items() if type_ == kind}
    return [kind.encode(), *(f'"{name}":'.encode() for name in sorted(names))]


def named_resources(event: Event | Outline) -> list[Named]:
    """The resources that an event names, each once."""
    if not (event.request_parameters or event.response_elements or event.resources):
        return []
    found = [(resource.resource_type, resource.resource_arn) for resource in event.resources]
    if event.request_parameters:
        found += _told(PARAMETERS.get(event.event_source, {}), event.request_parameters)
    for member, inner in (event.response_elements or {}).items():
        if member in ANSWERS and isinstance(inner, dict):
            found += _told(ANSWERS[member], inner)
    return list(dict.fromkeys(found))


def _told(types: Mapping[str, str], values: Mapping[str, Any]) -> list[Named]:
    return [
        (kind, value)
        for name, value in values.items()
        if (kind := types.get(name)) is not None and isinstance(value, str) and value
    ]
