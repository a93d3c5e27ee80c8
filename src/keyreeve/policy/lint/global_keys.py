"""The global condition keys and their types.

Source: IAM User Guide, "AWS global condition context keys". Keys that end in `/*` take the name of a tag. The
few of other prefixes come with credentials that a service hands out, whatever is called with them.
"""

from __future__ import annotations

from keyreeve.policy.lint.knowledge import Key

_BY_TYPE = {
    "String": (
        "aws:PrincipalAccount",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgMasterAccountId",
        "aws:PrincipalTag/*",
        "aws:PrincipalServiceName",
        "aws:PrincipalType",
        "aws:userid",
        "aws:username",
        "aws:AssignedAccountId",
        "aws:FederatedProvider",
        "aws:SourceIdentity",
        "aws:ChatbotSourceArn",
        "aws:Ec2InstanceSourceVpc",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:ResourceTag/*",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:referer",
        "aws:RequestedRegion",
        "aws:RequestTag/*",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:UserAgent",
        "aws:SignInSessionArn",
        "glue:CredentialIssuingService",
        "glue:RoleAssumedBy",
    ),
    "ARN": (
        "aws:PrincipalArn",
        "aws:SourceArn",
        "aws:SourceVpcArn",
        "ec2:SourceInstanceARN",
        "lambda:SourceFunctionArn",
    ),
    "Bool": (
        "aws:PrincipalIsAWSService",
        "aws:MultiFactorAuthPresent",
        "aws:SecureTransport",
        "aws:ViaAWSService",
        "aws:ViaAWSMCPService",
        "aws:IsMcpServiceAction",
    ),
    "Numeric": ("aws:MultiFactorAuthAge",),
    "Date": ("aws:CurrentTime", "aws:TokenIssueTime"),
    "Date or Numeric": ("aws:EpochTime",),
    "IPAddress": ("aws:SourceIp", "aws:VpcSourceIp", "aws:Ec2InstanceSourcePrivateIPv4"),
    "ArrayOfString": (
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceNamesList",
        "aws:VpceOrgPaths",
        "aws:ResourceOrgPaths",
        "aws:CalledVia",
        "aws:CalledViaAWSMCP",
        "aws:SourceOrgPaths",
        "aws:TagKeys",
    ),
}

GLOBAL = {name.lower(): Key(name, type_) for type_, names in _BY_TYPE.items() for name in names}
"""Each by its name in lower case."""


def global_key(name: str) -> Key | None:
    """The global key of a name in any case, with its tag's name where it has one; None for an unknown one."""
    lower = name.lower()
    family, slash, _ = lower.partition("/")
    return GLOBAL.get(lower) or (GLOBAL.get(f"{family}/*") if slash else None)


def multivalued(key: Key) -> bool:
    """Whether a request may have several values of the key."""
    return key.type.startswith("ArrayOf")
