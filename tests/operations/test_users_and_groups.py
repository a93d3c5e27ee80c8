"""Users, groups and membership, as real boto3 clients see them."""

import pytest

from harness import ACCOUNT, allow, refused, text


def test_a_user_has_aws_id_arn_and_path(root):
    user = root.iam.create_user(UserName="alice", Path="/eng/", Tags=[{"Key": "team", "Value": "x"}])["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/eng/alice"
    assert user["UserId"].startswith("AIDA")
    assert len(user["UserId"]) == 21
    assert user["Tags"] == [{"Key": "team", "Value": "x"}]


def test_names_are_unique_without_regard_to_case_and_keep_theirs(root):
    root.iam.create_user(UserName="Alice")
    with refused("EntityAlreadyExists", "User with name aLICE already exists."):
        root.iam.create_user(UserName="aLICE", Path="/other/")
    assert root.iam.get_user(UserName="alice")["User"]["UserName"] == "Alice"


def test_a_missing_user_is_said_in_aws_words(root):
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        root.iam.get_user(UserName="nobody")


def test_renaming_keeps_id_key_and_membership(server, root):
    bob = server.user("bob", allow("iam:GetUser"))
    root.iam.create_group(GroupName="g")
    root.iam.add_user_to_group(GroupName="g", UserName="bob")
    before = root.iam.get_user(UserName="bob")["User"]["UserId"]
    root.iam.update_user(UserName="bob", NewUserName="robert", NewPath="/new/")
    after = bob.iam.get_user()["User"]
    assert (after["UserId"], after["Arn"]) == (before, f"arn:aws:iam::{ACCOUNT}:user/new/robert")
    assert [group["GroupName"] for group in root.iam.list_groups_for_user(UserName="robert")["Groups"]] == ["g"]


def test_renaming_needs_the_permission_on_both_names(server, root):
    arn = f"arn:aws:iam::{ACCOUNT}:user/"
    root.iam.create_user(UserName="old")
    actor = server.user("actor", allow("iam:UpdateUser", arn + "old"))
    with refused("AccessDenied"):
        actor.iam.update_user(UserName="old", NewUserName="new")
    other = server.user("other", allow("iam:UpdateUser", [arn + "old", arn + "new"]))
    other.iam.update_user(UserName="old", NewUserName="new")
    assert root.iam.get_user(UserName="new")["User"]["UserName"] == "new"


@pytest.mark.parametrize(
    ("hang", "sentence"),
    [
        ("key", "Cannot delete entity, must delete access keys first."),
        ("inline", "Cannot delete entity, must delete policies first."),
        ("attached", "Cannot delete entity, must detach all policies first."),
        ("group", "Cannot delete entity, must remove users from group first."),
    ],
)
def test_nothing_may_hang_on_a_user_that_is_deleted(root, hang, sentence):
    iam = root.iam
    iam.create_user(UserName="u")
    if hang == "key":
        iam.create_access_key(UserName="u")
    elif hang == "inline":
        iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=text(allow("s3:*")))
    elif hang == "attached":
        iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    else:
        iam.create_group(GroupName="g")
        iam.add_user_to_group(GroupName="g", UserName="u")
    with refused("DeleteConflict", sentence):
        iam.delete_user(UserName="u")
    assert iam.get_user(UserName="u")


def test_a_recreated_user_inherits_nothing(server, root):
    first = server.user("ghost", allow("iam:ListUsers"))
    root.iam.delete_access_key(UserName="ghost", AccessKeyId=first.credentials["AccessKeyId"])
    root.iam.delete_user_policy(UserName="ghost", PolicyName="p0")
    root.iam.delete_user(UserName="ghost")
    second = server.user("ghost")
    with refused("InvalidClientTokenId", "The security token included in the request is invalid."):
        first.sts.get_caller_identity()
    with refused("AccessDenied"):
        second.iam.list_users()


def test_pages_survive_what_happens_between_them(root):
    for name in ("a", "b", "c", "d"):
        root.iam.create_user(UserName=name)
    first = root.iam.list_users(MaxItems=2)
    assert [user["UserName"] for user in first["Users"]] == ["a", "b"]
    assert first["IsTruncated"]
    root.iam.delete_user(UserName="b")
    root.iam.create_user(UserName="aa")
    second = root.iam.list_users(MaxItems=2, Marker=first["Marker"])
    assert [user["UserName"] for user in second["Users"]] == ["c", "d"]
    assert not second["IsTruncated"]


def test_a_marker_that_is_not_ours_is_refused(root):
    with refused("ValidationError", "Invalid Marker."):
        root.iam.list_users(Marker="AAAA")


def test_listings_leave_tags_out_and_filter_by_path(root):
    root.iam.create_user(UserName="in", Path="/p/q/", Tags=[{"Key": "k", "Value": "v"}])
    root.iam.create_user(UserName="out", Path="/x/")
    users = root.iam.list_users(PathPrefix="/p/")["Users"]
    assert [user["UserName"] for user in users] == ["in"]
    assert "Tags" not in users[0]


def test_a_group_holds_users_and_a_user_ten_groups_at_the_most(root):
    root.iam.create_user(UserName="u")
    for number in range(10):
        root.iam.create_group(GroupName=f"g{number}")
        root.iam.add_user_to_group(GroupName=f"g{number}", UserName="u")
    root.iam.add_user_to_group(GroupName="g0", UserName="u")
    root.iam.create_group(GroupName="g10")
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"):
        root.iam.add_user_to_group(GroupName="g10", UserName="u")
    assert [user["UserName"] for user in root.iam.get_group(GroupName="g3")["Users"]] == ["u"]
    with refused("NoSuchEntity", "The user with name g0 cannot be found."):
        root.iam.add_user_to_group(GroupName="g10", UserName="g0")


def test_permissions_come_and_go_with_the_group(server, root):
    bob = server.user("bob")
    root.iam.create_group(GroupName="readers")
    root.iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    with refused("AccessDenied"):
        bob.iam.list_users()
    root.iam.add_user_to_group(GroupName="readers", UserName="bob")
    assert bob.iam.list_users()["Users"]
    root.iam.remove_user_from_group(GroupName="readers", UserName="bob")
    with refused("AccessDenied"):
        bob.iam.list_users()


def test_keys_are_two_and_stop_at_once(server, root):
    root.iam.create_user(UserName="u")
    first = root.iam.create_access_key(UserName="u")["AccessKey"]
    root.iam.create_access_key(UserName="u")
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
        root.iam.create_access_key(UserName="u")
    person = server.person(first)
    assert person.sts.get_caller_identity()["Arn"].endswith("user/u")
    root.iam.update_access_key(UserName="u", AccessKeyId=first["AccessKeyId"], Status="Inactive")
    with refused("InvalidClientTokenId"):
        person.sts.get_caller_identity()
    root.iam.update_access_key(UserName="u", AccessKeyId=first["AccessKeyId"], Status="Active")
    assert person.sts.get_caller_identity()


def test_last_use_of_a_key_is_a_fact(server, root):
    person = server.user("u", allow("iam:GetAccessKeyLastUsed"))
    key = person.credentials["AccessKeyId"]
    unused = root.iam.get_access_key_last_used(AccessKeyId=key)
    assert unused["UserName"] == "u"
    assert unused["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    person.sts.get_caller_identity()
    used = root.iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "us-east-1")


def test_an_unknown_key_is_refused_as_if_it_were_forbidden(root):
    with refused(
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: "
        "access key AKIAAAAAAAAAAAAAAAAA",
    ):
        root.iam.get_access_key_last_used(AccessKeyId="AKIAAAAAAAAAAAAAAAAA")


def test_root_has_its_own_keys_and_is_no_user(root):
    assert root.iam.get_user()["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert len(root.iam.list_access_keys()["AccessKeyMetadata"]) == 1
    assert root.iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 1
