"""Victims: credentials that work, and the one change after which they must not.

Each is a generator: it makes the credentials and gives them with a call that they may do; asked again, it revokes and
gives back when that is acknowledged; asked a third time, it removes what it made.
"""

import json
from datetime import UTC, datetime, timedelta

from tests.fuzz.drafts import Credentials

IDENTITY = ("GetCallerIdentity", {}, "sts")
LIST = ("ListAccountAliases", {}, "iam")
MAY_LIST = {"Effect": "Allow", "Action": "iam:ListAccountAliases", "Resource": "*"}
MAY_NOT = {**MAY_LIST, "Effect": "Deny"}
FEDERATE = {"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def text(answer, name):
    found = answer.find(f".//{{*}}{name}")
    return None if found is None else found.text


def credentials(answer):
    parts = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return Credentials(*(text(answer, part) for part in parts))


class Maker:
    """What an administrator does for one victim; `account` is the account's id."""

    def __init__(self, client, account, name):
        self.client, self.account, self.name = client, account, name

    def user(self, *statements):
        """A user with a key."""
        self.client.call("CreateUser", {"UserName": self.name})
        if statements:
            self.put("User", *statements)
        return credentials(self.client.call("CreateAccessKey", {"UserName": self.name}))

    def put(self, kind, *statements, policy="own"):
        given = {f"{kind}Name": self.name, "PolicyName": policy, "PolicyDocument": document(*statements)}
        self.client.call(f"Put{kind}Policy", given)

    def drop(self, kind, policy="own"):
        self.client.call(f"Delete{kind}Policy", {f"{kind}Name": self.name, "PolicyName": policy})

    def gone(self, key=None, *, policies=("own",)):
        """The user is deleted, with what it has."""
        if key is not None:
            self.client.call("DeleteAccessKey", {"UserName": self.name, "AccessKeyId": key.access_key_id})
        for policy in policies:
            self.drop("User", policy)
        self.client.call("DeleteUser", {"UserName": self.name})

    def session(self, *statements):
        """A session of a role, which the administrator assumed."""
        trust = {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole"}
        self.client.call("CreateRole", {"RoleName": self.name, "AssumeRolePolicyDocument": document(trust)})
        if statements:
            self.put("Role", *statements)
        arn = f"arn:aws:iam::{self.account}:role/{self.name}"
        return credentials(self.client.call("AssumeRole", {"RoleArn": arn, "RoleSessionName": "session"}, "sts"))

    def by(self, key, action, parameters):
        """What somebody else calls of STS."""
        with self.client.like(key) as client:
            return credentials(client.call(action, parameters, "sts"))


def key_deleted(make):
    key = make.user()
    yield key, IDENTITY
    yield make.client.call("DeleteAccessKey", {"UserName": make.name, "AccessKeyId": key.access_key_id})
    yield make.gone(policies=())


def key_deactivated(make):
    key = make.user()
    yield key, IDENTITY
    given = {"UserName": make.name, "AccessKeyId": key.access_key_id, "Status": "Inactive"}
    yield make.client.call("UpdateAccessKey", given)
    yield make.gone(key, policies=())


def session_token_with_its_user(make):
    key = make.user()
    session = make.by(key, "GetSessionToken", {})
    make.client.call("DeleteAccessKey", {"UserName": make.name, "AccessKeyId": key.access_key_id})
    yield session, IDENTITY
    yield make.gone(policies=())
    yield None


def federation_token_with_its_user(make):
    key = make.user(FEDERATE)
    session = make.by(key, "GetFederationToken", {"Name": "federated"})
    make.client.call("DeleteAccessKey", {"UserName": make.name, "AccessKeyId": key.access_key_id})
    make.drop("User")
    yield session, IDENTITY
    yield make.gone(policies=())
    yield None


def role_deleted(make):
    yield make.session(), IDENTITY
    yield make.client.call("DeleteRole", {"RoleName": make.name})
    yield None


def role_policy_deleted(make):
    yield make.session(MAY_LIST), LIST
    yield make.drop("Role")
    yield make.client.call("DeleteRole", {"RoleName": make.name})


def older_sessions_revoked(make):
    session = make.session(MAY_LIST)
    until = f"{datetime.now(UTC) + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}"
    older = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": until}},
    }
    yield session, LIST
    yield make.put("Role", older, policy="AWSRevokeOlderSessions")
    make.drop("Role")
    make.drop("Role", "AWSRevokeOlderSessions")
    yield make.client.call("DeleteRole", {"RoleName": make.name})


def user_policy_denies(make):
    key = make.user(MAY_LIST)
    yield key, LIST
    yield make.put("User", MAY_NOT, policy="no")
    yield make.gone(key, policies=("own", "no"))


def member_removed(make):
    key, group = make.user(), {"GroupName": make.name}
    make.client.call("CreateGroup", group)
    make.put("Group", MAY_LIST)
    make.client.call("AddUserToGroup", {**group, "UserName": make.name})
    yield key, LIST
    yield make.client.call("RemoveUserFromGroup", {**group, "UserName": make.name})
    make.drop("Group")
    make.client.call("DeleteGroup", group)
    yield make.gone(key, policies=())


def default_version_set(make):
    key = make.user()
    given = {"PolicyName": make.name, "PolicyDocument": document(MAY_LIST)}
    arn = {"PolicyArn": text(make.client.call("CreatePolicy", given), "Arn")}
    make.client.call("CreatePolicyVersion", {**arn, "PolicyDocument": document(MAY_NOT)})
    make.client.call("AttachUserPolicy", {**arn, "UserName": make.name})
    yield key, LIST
    yield make.client.call("SetDefaultPolicyVersion", {**arn, "VersionId": "v2"})
    make.client.call("DetachUserPolicy", {**arn, "UserName": make.name})
    make.client.call("DeletePolicyVersion", {**arn, "VersionId": "v1"})
    make.client.call("DeletePolicy", arn)
    yield make.gone(key, policies=())


def policy_detached(make):
    key = make.user()
    arn = {"PolicyArn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess", "UserName": make.name}
    make.client.call("AttachUserPolicy", arn)
    yield key, LIST
    yield make.client.call("DetachUserPolicy", arn)
    yield make.gone(key, policies=())


KINDS = (
    key_deleted,
    key_deactivated,
    session_token_with_its_user,
    federation_token_with_its_user,
    role_deleted,
    role_policy_deleted,
    older_sessions_revoked,
    user_policy_denies,
    member_removed,
    default_version_set,
    policy_detached,
)
"""Every way to take access away."""
