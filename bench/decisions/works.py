"""What the engines are asked: policies, who holds them, and requests, as plain JSON that every engine reads."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from keyreeve.catalogue import Catalogue

ACCOUNT = "111122223333"
POOL = 1000
PRINCIPALS = 10_000
HELD = 10
REQUESTS = 10_000
TURNS = 100
SERVICES = {
    "s3": ("arn:aws:s3:::app{}/{}", ("GetObject", "PutObject", "DeleteObject", "GetObjectTagging")),
    "dynamodb": (f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/app{{}}-{{}}", ("GetItem", "PutItem", "Query", "Scan")),
    "sqs": (f"arn:aws:sqs:us-east-1:{ACCOUNT}:app{{}}-{{}}", ("SendMessage", "ReceiveMessage", "DeleteMessage")),
    "sns": (f"arn:aws:sns:us-east-1:{ACCOUNT}:app{{}}-{{}}", ("Publish", "Subscribe", "GetTopicAttributes")),
    "lambda": (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:app{{}}-{{}}", ("InvokeFunction", "GetFunction")),
    "secretsmanager": (
        f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:app{{}}-{{}}",
        ("GetSecretValue", "PutSecretValue", "DescribeSecret"),
    ),
    "kinesis": (f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/app{{}}-{{}}", ("PutRecord", "GetRecords")),
    "ecr": (f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/app{{}}-{{}}", ("PutImage", "BatchGetImage")),
}
"""What the policies and requests of (c) are about: a pattern of resources and the actions of each service."""
MANAGED = (
    "ReadOnlyAccess",
    "AWS_ConfigRole",
    "AWSPartnerLedSupportReadOnlyAccess",
    "SecurityAudit",
    "WellArchitectedAgentResourceScanning",
    "AIDevOpsAgentAccessPolicy",
    "ViewOnlyAccess",
    "CloudWatchOmniAWSIntegrationPolicy",
    "SystemAdministrator",
    "NetworkAdministrator",
)
"""Ten of AWS's managed policies, 7 to 122 kB of text, whose few conditions every engine can express."""

Work = dict[str, Any]


def allow(action: Any, resource: Any = "*", condition: Any = None, effect: str = "Allow") -> dict[str, Any]:
    """A statement."""
    found = {"Effect": effect, "Action": action, "Resource": resource}
    return found if condition is None else {**found, "Condition": condition}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


TEAM = {"StringEquals": {"aws:PrincipalTag/team": ["finance", "audit"]}}
THREE = (
    document(
        allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"], TEAM),
        allow("s3:PutObject", "arn:aws:s3:::inbox/${aws:username}/*"),
        allow("dynamodb:*", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"),
        allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs*"),
        allow("logs:*"),
    ),
    document(
        allow("ec2:Describe*"),
        allow(["ec2:StartInstances", "ec2:StopInstances"], f"arn:aws:ec2:*:{ACCOUNT}:instance/*"),
        allow("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/alice"),
        allow("sns:Publish"),
        allow("kms:Decrypt"),
    ),
    document(
        allow("s3:*", condition={"Bool": {"aws:SecureTransport": "false"}}, effect="Deny"),
        allow("s3:DeleteObject", effect="Deny"),
        allow("lambda:*"),
        allow("cloudwatch:*"),
        allow("ecs:*"),
    ),
)
"""Three policies of five statements, two of them with a condition."""

QUESTIONS = (
    ("s3:GetObject", "arn:aws:s3:::reports/2026/{}.pdf"),
    ("s3:PutObject", "arn:aws:s3:::inbox/alice/{}.txt"),
    ("s3:DeleteObject", "arn:aws:s3:::reports/2026/{}.pdf"),
    ("ec2:DescribeInstances", "*"),
    ("dynamodb:PutItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"),
    ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/{{}}"),
)
"""Actions and the resources they are asked about, no two alike where there is room for a number."""
OF_MANAGED = (
    ("ec2:DescribeInstances", "*"),
    ("s3:GetObject", "arn:aws:s3:::reports/2026/{}.pdf"),
    ("iam:ListUsers", "*"),
    ("lambda:GetFunction", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f{{}}"),
    ("dynamodb:PutItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"),
    ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/{{}}"),
)


def user(name: str = "alice") -> dict[str, str]:
    """A user, as a request names it."""
    return {"kind": "user", "account_id": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}"}


def session() -> dict[str, str]:
    """A role's session."""
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/shift"
    return {
        "kind": "role_session",
        "account_id": ACCOUNT,
        "arn": arn,
        "role_arn": f"arn:aws:iam::{ACCOUNT}:role/worker",
    }


def asked(who: dict[str, str], action: str, resource: str, dice: Random) -> dict[str, Any]:
    """A plain request, at a time and from an address of its own."""
    hour, minute, second = (dice.randrange(most) for most in (24, 60, 60))
    context = {
        "aws:username": "alice",
        "aws:PrincipalTag/team": dice.choice(("audit", "finance", "sales", "design")),
        "aws:SecureTransport": dice.random() < 0.9,
        "aws:SourceIp": ".".join(str(dice.randrange(256)) for _ in range(4)),
        "aws:CurrentTime": f"2026-01-01T{hour:02}:{minute:02}:{second:02}Z",
    }
    return {"principal": who, "action": action, "resource": resource, "context": context}


def questioned(who: dict[str, str], questions: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """The questions in turns, each time about something else."""
    dice = Random("questions")  # noqa: S311  a seed gives the same work again
    return [
        asked(who, action, resource.format(dice.randrange(10**9)), dice)
        for _ in range(TURNS)
        for action, resource in questions
    ]


def work(policies: Any, holders: dict[str, list[int]], requests: list[dict[str, Any]], **limits: Any) -> Work:
    """A work: `holders` has the policies of each principal by their place in `policies`, `limits` those that bound."""
    found = {"policies": list(policies), "holders": holders, "requests": requests, "limits": limits}
    return json.loads(json.dumps(found))  # so that nothing in it is shared by chance


def one_user() -> Work:
    """(a) One user with three policies of five statements."""
    requests = questioned(user(), QUESTIONS)
    return work(THREE, {user()["arn"]: [0, 1, 2]}, requests)


def managed() -> Work:
    """(b) Ten large policies of AWS's."""
    catalogue = Catalogue.load()
    found = [catalogue.get(f"arn:aws:iam::aws:policy/{path}{name}") for name in MANAGED for path in PATHS]
    documents = [json.loads(each.document) for each in found if each is not None]
    if len(documents) != len(MANAGED):
        raise LookupError("the catalogue lacks one of the policies")
    requests = questioned(user(), OF_MANAGED)
    return work(documents, {user()["arn"]: list(range(len(MANAGED)))}, requests)


PATHS = ("", "service-role/", "job-function/")


def many(principals: int = PRINCIPALS, pool: int = POOL) -> Work:
    """(c) Many principals, each with ten policies of a pool, and random requests of all of them."""
    dice = Random("decisions")  # noqa: S311  a seed gives the same work again
    policies = [document(*(statement(dice) for _ in range(3))) for _ in range(pool)]
    holders = {user(f"u{number}")["arn"]: dice.sample(range(pool), HELD) for number in range(principals)}
    requests = []
    for _ in range(REQUESTS):
        service = dice.choice(list(SERVICES))
        resource, actions = SERVICES[service]
        action = f"{service}:{dice.choice(actions)}"
        named = resource.format(dice.randrange(20), dice.randrange(10**9))
        requests.append(asked(user(f"u{dice.randrange(principals)}"), action, named, dice))
    return work(policies, holders, requests)


def statement(dice: Random) -> dict[str, Any]:
    """A statement about some actions of a service and some of its resources."""
    service = dice.choice(list(SERVICES))
    resource, actions = SERVICES[service]
    wanted = [f"{service}:{action}" for action in dice.sample(actions, 2)]
    return allow(
        f"{service}:*" if dice.random() < 0.1 else wanted,
        [resource.format(dice.randrange(20), "*") for _ in range(3)],
        TEAM if dice.random() < 0.2 else None,
        "Deny" if dice.random() < 0.05 else "Allow",
    )


def limited() -> Work:
    """(d) The policies of (a) held by a role, under a boundary, a session policy and two levels of SCPs."""
    everything = document(allow("*"))
    guard = document(
        allow("*"),
        allow(["organizations:LeaveOrganization", "account:*"], effect="Deny"),
        allow("iam:*", effect="Deny"),
    )
    bounds = document(allow(["s3:*", "ec2:*", "dynamodb:*", "iam:*"]), allow("s3:DeleteBucket", effect="Deny"))
    scope = document(allow(["s3:Get*", "s3:Put*", "ec2:*", "dynamodb:*"]))
    requests = questioned(session(), QUESTIONS)
    limits = {"boundary": bounds, "session": scope, "service_control": [[everything], [everything, guard]]}
    return work(THREE, {session()["arn"]: [0, 1, 2]}, requests, **limits)


def held_by_one(statements: int) -> Work:
    """One user with one policy of so many statements about other things, and the three of (a)."""
    others = [allow(f"other:Do{number}", f"arn:aws:other:::{number}/*") for number in range(statements)]
    found = one_user()
    policies = [*found["policies"], *([document(*others)] if others else [])]
    return work(policies, {user()["arn"]: list(range(len(policies)))}, found["requests"])


WORKS = {"a": one_user, "b": managed, "c": many, "d": limited}
