"""A server is stopped and started again: everything is as it was, and nothing that was ended comes back."""

import pytest

from stories.clients import Boto3
from stories.server import made, serving
from stories.story import Cast
from stories.words import INVALID, allow, denied, refused, trust

pytestmark = pytest.mark.client("boto3")


def act(cast):
    """Whoever is made before the restart: a user, its session, and those that have been cut off again."""
    alice, _ = cast.user("alice", allow("iam:GetUser", cast.arn("user/alice")))
    session = alice("sts", "GetSessionToken")["Credentials"]
    for name in ("kept", "gone"):
        cast.admin("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(cast.arn("user/alice")))
    visit = {"RoleSessionName": "visit"}
    kept = alice("sts", "AssumeRole", RoleArn=cast.arn("role/kept"), **visit)["Credentials"]
    gone = alice("sts", "AssumeRole", RoleArn=cast.arn("role/gone"), **visit)["Credentials"]
    cast.admin("iam", "DeleteRole", RoleName="gone")
    _, key = cast.user("bob")
    cast.admin("iam", "DeleteAccessKey", UserName="bob", AccessKeyId=key)
    return alice.args[0], session, kept, gone


def last_used(cast, key):
    return cast.admin("iam", "GetAccessKeyLastUsed", AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]


def test_a_restart_changes_nothing(tmp_path):
    account = made(tmp_path)
    with serving(tmp_path, account) as first:
        cast = Cast(Boto3(first.endpoint), first)
        alice, session, kept, gone = act(cast)
        before = cast.admin("iam", "GetAccountAuthorizationDetails")
        used = last_used(cast, alice)
        assert used["ServiceName"] == "sts"
    with serving(tmp_path, account) as second:
        printed = second.log.read_text()
        assert account["secret_access_key"] not in printed
        assert "AKIA" not in printed
        again = Cast(Boto3(second.endpoint), second)
        assert again.admin("iam", "GetAccountAuthorizationDetails") == before
        caller = again.acting(alice)
        assert caller("iam", "GetUser")["User"]["UserName"] == "alice"
        with refused("AccessDenied", denied(cast.arn("user/alice"), "iam:GetUser", "user bob")):
            caller("iam", "GetUser", UserName="bob")
        assert again.acting(session)("sts", "GetCallerIdentity")["Arn"] == cast.arn("user/alice")
        assert again.acting(kept)("sts", "GetCallerIdentity")["UserId"].endswith(":visit")
        with refused("InvalidClientTokenId", INVALID):
            again.acting(gone)("sts", "GetCallerIdentity")
        assert last_used(again, alice) == used
