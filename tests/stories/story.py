"""The story that every client tells: people and roles are made, limited, permitted, and cut off at once.

A file of tests subclasses `Story` and gives the fixture `client`.
"""

from functools import partial

from stories.words import INVALID, allow, denied, deny, document, policy, refused, trust


class Cast:
    """Who acts in a story, through one client: `admin("iam", "GetUser", …)` calls as the administrator."""

    def __init__(self, client, server):
        self.client, self.account = client, server.account
        self.admin = self.acting(server.admin)

    def acting(self, credentials):
        """A function that calls as whoever holds these credentials."""
        return partial(self.client.call, credentials)

    def arn(self, rest):
        return f"arn:aws:iam::{self.account}:{rest}"

    def user(self, name, *policies):
        """A new user with these inline policies, acting; and the user's access key."""
        self.admin("iam", "CreateUser", UserName=name)
        for number, text in enumerate(policies):
            self.admin("iam", "PutUserPolicy", UserName=name, PolicyName=f"p{number}", PolicyDocument=text)
        key = self.admin("iam", "CreateAccessKey", UserName=name)["AccessKey"]
        return self.acting(key), key["AccessKeyId"]

    def assumed(self, caller, role, session):
        """A session of the role, acting."""
        return self.acting(
            caller("sts", "AssumeRole", RoleArn=self.arn(f"role/{role}"), RoleSessionName=session)["Credentials"]
        )


class Story:
    """The chapters; each makes its own people."""

    def test_the_administrator_is_who_init_said(self, cast):
        identity = cast.admin("sts", "GetCallerIdentity")
        assert identity["Arn"] == cast.arn("user/admin")
        assert identity["Account"] == cast.account
        assert identity["UserId"].startswith("AIDA")

    def test_a_group_permits_and_a_policy_is_rolled_back(self, cast):
        admin = cast.admin
        alice, _ = cast.user("alice")
        refusal = denied(cast.arn("user/alice"), "iam:ListGroups", cast.arn("group/"))
        with refused("AccessDenied", refusal):
            alice("iam", "ListGroups")

        admin("iam", "CreateGroup", GroupName="readers", Path="/staff/")
        admin("iam", "AddUserToGroup", GroupName="readers", UserName="alice")
        made = admin("iam", "CreatePolicy", PolicyName="read", PolicyDocument=allow("iam:List*"))["Policy"]
        arn = made["Arn"]
        assert (arn, made["DefaultVersionId"]) == (cast.arn("policy/read"), "v1")
        admin("iam", "AttachGroupPolicy", GroupName="readers", PolicyArn=arn)
        assert [group["GroupName"] for group in alice("iam", "ListGroups", PathPrefix="/staff/")["Groups"]] == [
            "readers"
        ]

        second = deny("iam:ListGroups")
        admin("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=second, SetAsDefault=True)
        because = f"with an explicit deny in an identity-based policy: {arn}"
        with refused("AccessDenied", denied(cast.arn("user/alice"), "iam:ListGroups", cast.arn("group/"), because)):
            alice("iam", "ListGroups")
        shown = admin("iam", "GetPolicyVersion", PolicyArn=arn, VersionId="v2")["PolicyVersion"]
        assert document(shown["Document"]) == document(second)
        assert shown["IsDefaultVersion"] is True

        admin("iam", "SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v1")
        assert alice("iam", "ListGroups")["Groups"]
        admin("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId="v2")
        versions = admin("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
        assert [(each["VersionId"], each["IsDefaultVersion"]) for each in versions] == [("v1", True)]

        admin("iam", "RemoveUserFromGroup", GroupName="readers", UserName="alice")
        with refused("AccessDenied", refusal):
            alice("iam", "ListGroups")

    def test_a_role_is_assumed_used_limited_and_revoked(self, cast):
        admin = cast.admin
        bob, _ = cast.user("bob")
        role = cast.arn("role/worker")
        admin("iam", "CreateRole", RoleName="worker", AssumeRolePolicyDocument=trust(cast.arn("user/bob")))
        admin("iam", "AttachRolePolicy", RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
        answer = bob("sts", "AssumeRole", RoleArn=role, RoleSessionName="night")
        session = f"arn:aws:sts::{cast.account}:assumed-role/worker/night"
        assert answer["AssumedRoleUser"]["Arn"] == session
        worker = cast.acting(answer["Credentials"])
        assert worker("sts", "GetCallerIdentity")["Arn"] == session
        assert worker("iam", "GetUser", UserName="bob")["User"]["UserName"] == "bob"
        with refused("AccessDenied", denied(session, "iam:CreateUser", cast.arn("user/eve"))):
            worker("iam", "CreateUser", UserName="eve")

        admin("iam", "PutRolePolicy", RoleName="worker", PolicyName="stop", PolicyDocument=deny("iam:GetUser"))
        because = "with an explicit deny in an identity-based policy"
        with refused("AccessDenied", denied(session, "iam:GetUser", "user bob", because)):
            worker("iam", "GetUser", UserName="bob")
        admin("iam", "DeleteRolePolicy", RoleName="worker", PolicyName="stop")
        assert worker("iam", "GetUser", UserName="bob")
        admin("iam", "DetachRolePolicy", RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
        with refused("AccessDenied", denied(session, "iam:GetUser", "user bob")):
            worker("iam", "GetUser", UserName="bob")

        admin("iam", "DeleteRole", RoleName="worker")
        with refused("InvalidClientTokenId", INVALID):
            worker("sts", "GetCallerIdentity")
        with refused("AccessDenied", denied(cast.arn("user/bob"), "sts:AssumeRole", role)):
            bob("sts", "AssumeRole", RoleArn=role, RoleSessionName="night")

    def test_trust_is_withdrawn_from_those_who_have_not_come_yet(self, cast):
        carol, _ = cast.user("carol")
        cast.admin("iam", "CreateRole", RoleName="door", AssumeRolePolicyDocument=trust(cast.arn("user/carol")))
        inside = cast.assumed(carol, "door", "first")
        closed = trust(cast.arn("user/admin"))
        cast.admin("iam", "UpdateAssumeRolePolicy", RoleName="door", PolicyDocument=closed)
        with refused("AccessDenied", denied(cast.arn("user/carol"), "sts:AssumeRole", cast.arn("role/door"))):
            cast.assumed(carol, "door", "second")
        assert inside("sts", "GetCallerIdentity")["UserId"].endswith(":first")

    def test_a_key_is_switched_off_and_deleted(self, cast):
        dave, key = cast.user("dave")
        assert dave("sts", "GetCallerIdentity")["Arn"] == cast.arn("user/dave")
        cast.admin("iam", "UpdateAccessKey", UserName="dave", AccessKeyId=key, Status="Inactive")
        with refused("InvalidClientTokenId", INVALID):
            dave("sts", "GetCallerIdentity")
        cast.admin("iam", "UpdateAccessKey", UserName="dave", AccessKeyId=key, Status="Active")
        assert dave("sts", "GetCallerIdentity")
        used = cast.admin("iam", "GetAccessKeyLastUsed", AccessKeyId=key)
        assert (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]) == ("dave", "sts")
        cast.admin("iam", "DeleteAccessKey", UserName="dave", AccessKeyId=key)
        with refused("InvalidClientTokenId", INVALID):
            dave("sts", "GetCallerIdentity")

    def test_one_narrow_permission_is_that_and_nothing_else(self, cast):
        admin = cast.admin
        narrow = policy(
            {
                "Sid": "OneThing",
                "Effect": "Allow",
                "Action": "iam:TagUser",
                "Resource": cast.arn("user/desk/frank"),
                "Condition": {"StringEquals": {"aws:RequestTag/team": "blue"}},
            }
        )
        admin("iam", "CreateUser", UserName="frank", Path="/desk/")
        admin("iam", "CreateRole", RoleName="tempting", AssumeRolePolicyDocument=trust(cast.account))
        erin, _ = cast.user("erin", narrow)
        blue = [{"Key": "team", "Value": "blue"}]
        before = admin("iam", "GetAccountSummary")["SummaryMap"]
        erin("iam", "TagUser", UserName="frank", Tags=blue)
        assert admin("iam", "ListUserTags", UserName="frank")["Tags"] == blue
        for (service, operation, parameters), resource in neighbours(cast):
            action = f"{service}:{operation}"
            with refused("AccessDenied", denied(cast.arn("user/erin"), action, resource)):
                erin(service, operation, **parameters)
        assert admin("iam", "ListUserTags", UserName="frank")["Tags"] == blue
        assert admin("iam", "GetAccountSummary")["SummaryMap"] == before
        assert erin("sts", "GetCallerIdentity")["Arn"] == cast.arn("user/erin")


def neighbours(cast):
    """What lies beside the one thing that is allowed: the call, and the resource that its refusal names."""
    red = [{"Key": "team", "Value": "red"}]
    everything = allow("*")
    frank, erin, group = {"UserName": "frank"}, {"UserName": "erin"}, {"GroupName": "Administrators"}
    administrator = {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    yield ("iam", "TagUser", {**frank, "Tags": red}), "user frank"
    yield ("iam", "TagUser", {**erin, "Tags": [{"Key": "team", "Value": "blue"}]}), "user erin"
    yield ("iam", "UntagUser", {**frank, "TagKeys": ["team"]}), "user frank"
    yield ("iam", "GetUser", frank), "user frank"
    yield ("iam", "ListUsers", {}), cast.arn("user/")
    yield ("iam", "CreateUser", {"UserName": "eve"}), cast.arn("user/eve")
    yield ("iam", "DeleteUser", frank), "user frank"
    yield ("iam", "CreateAccessKey", frank), "user frank"
    yield ("iam", "CreateAccessKey", {"UserName": "admin"}), "user admin"
    yield ("iam", "AttachUserPolicy", {**erin, **administrator}), "user erin"
    yield ("iam", "PutUserPolicy", {**erin, "PolicyName": "more", "PolicyDocument": everything}), "user erin"
    yield ("iam", "DeleteUserPolicy", {**erin, "PolicyName": "p0"}), "user erin"
    yield ("iam", "AddUserToGroup", {**erin, **group}), "group Administrators"
    yield ("iam", "CreatePolicy", {"PolicyName": "more", "PolicyDocument": everything}), "policy more"
    yield ("iam", "UpdateAssumeRolePolicy", {"RoleName": "tempting", "PolicyDocument": trust("*")}), "role tempting"
    visit = {"RoleArn": cast.arn("role/tempting"), "RoleSessionName": "visit"}
    yield ("sts", "AssumeRole", visit), visit["RoleArn"]
    yield ("sts", "GetFederationToken", {"Name": "ghost"}), f"arn:aws:sts::{cast.account}:federated-user/ghost"
