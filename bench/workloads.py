"""What is measured: calls of one operation, how many of them make a fair figure, and what is wanted of it.

Counts are for one slice. IAM's quotas bound the writes (5,000 users, 1,500 policies), and moto's pace bounds moto's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

USERS = 1000
"""Users there are when listings are measured, the administrator among them."""

Call = tuple[str, str, dict[str, str]]
"""Service, action and parameters."""


def policy(**statement: object) -> str:
    """A policy of one Allow as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


DOCUMENT = policy(Action=["s3:GetObject", "s3:ListBucket"], Resource=["arn:aws:s3:::bench", "arn:aws:s3:::bench/*"])


@dataclass(frozen=True)
class Workload:
    """`call` gives a call by its number and the account. `at_least` and `aim` are times moto's CPU, 0 for none.

    `undo` takes a call back, where a quota would not let slices of that size stand beside each other.
    """

    name: str
    call: Callable[[int, str], Call]
    keyreeve: int
    moto: int
    at_least: float = 0
    aim: float = 0
    undo: Callable[[int, str], Call] | None = None


def setup(account: str) -> list[Call]:
    """What there must be before anything is measured: a role to assume, and users to list."""
    trust = policy(Principal={"AWS": account}, Action="sts:AssumeRole")
    role = {"RoleName": "worker", "AssumeRolePolicyDocument": trust}
    return [("iam", "CreateRole", role), *(_create("user", number) for number in range(USERS - 1))]


def _create(prefix: str, number: int) -> Call:
    return "iam", "CreateUser", {"UserName": f"{prefix}{number:04}"}


def _identity(_number: int, _account: str) -> Call:
    return "sts", "GetCallerIdentity", {}


def _user(number: int, _account: str) -> Call:
    return "iam", "GetUser", {"UserName": f"user{number % (USERS - 1):04}"}


def _list(_number: int, _account: str) -> Call:
    return "iam", "ListUsers", {"MaxItems": f"{USERS}"}


def _assume(_number: int, account: str) -> Call:
    return "sts", "AssumeRole", {"RoleArn": f"arn:aws:iam::{account}:role/worker", "RoleSessionName": "bench"}


def _session_token(_number: int, _account: str) -> Call:
    return "sts", "GetSessionToken", {}


def _create_user(number: int, _account: str) -> Call:
    return _create("made", number)


def _create_policy(number: int, _account: str) -> Call:
    return "iam", "CreatePolicy", {"PolicyName": f"made{number}", "PolicyDocument": DOCUMENT}


def _delete_policy(number: int, account: str) -> Call:
    return "iam", "DeletePolicy", {"PolicyArn": f"arn:aws:iam::{account}:policy/made{number}"}


def _mixed(number: int, account: str) -> Call:
    if number % 10 == 0:
        return _create("mixed", number)
    return (_identity, _user)[number % 2](number, account)


WORKLOADS = (
    Workload("GetCallerIdentity", _identity, 8000, 600, 25, 40),
    Workload("GetUser", _user, 6000, 600, 25, 40),
    Workload(f"ListUsers of {USERS:,}", _list, 500, 48, 100),
    Workload("AssumeRole", _assume, 4000, 500, 15, 30),
    Workload("GetSessionToken", _session_token, 4000, 500),
    Workload("10 % writes", _mixed, 2000, 500),
    Workload("CreateUser", _create_user, 1000, 400, 12, 15),
    Workload("CreatePolicy", _create_policy, 1400, 400, 12, 15, undo=_delete_policy),
)
