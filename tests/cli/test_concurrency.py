"""Limits hold for requests that come at once, on a running server."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

AT_ONCE = 14
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})


def inline(size):
    """A policy that fills so many characters."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::"}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement}, separators=(",", ":"))
    statement["Resource"] += "x" * (size - len(text))
    return json.dumps({"Version": "2012-10-17", "Statement": statement}, indent=1)


@pytest.fixture
def iam(admin, serve):
    return serve().client("iam", admin)


def at_once(call):
    """What comes of calls with 0, 1, 2, …, made at once: how many succeed, and the codes of the others."""

    def one(number):
        try:
            call(number)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(one, range(AT_ONCE)))
    return codes.count(None), {code for code in codes if code is not None}


def test_limits_hold_for_requests_that_come_at_once(iam):
    account = iam.get_user()["User"]["Arn"].split(":")[4]
    iam.create_user(UserName="u")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    for number in range(AT_ONCE):
        iam.create_group(GroupName=f"g{number}")
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=DOCUMENT)
    limited = {"LimitExceeded"}
    assert at_once(lambda _: iam.create_access_key(UserName="u")) == (2, limited)
    assert at_once(lambda _: iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)) == (4, limited)
    assert at_once(lambda number: iam.add_user_to_group(UserName="u", GroupName=f"g{number}")) == (10, limited)
    policy = f"arn:aws:iam::{account}:policy/p"
    assert at_once(lambda number: iam.attach_user_policy(UserName="u", PolicyArn=f"{policy}{number}")) == (10, limited)
    fits = inline(500)  # four of them, white space not counted
    assert at_once(lambda number: iam.put_user_policy(UserName="u", PolicyName=f"i{number}", PolicyDocument=fits)) == (
        4,
        limited,
    )
    assert len(iam.list_access_keys(UserName="u")["AccessKeyMetadata"]) == 2
    assert len(iam.list_user_policies(UserName="u")["PolicyNames"]) == 4


def test_a_name_is_given_once(iam):
    taken = {"EntityAlreadyExists"}
    assert at_once(lambda number: iam.create_user(UserName="uU"[number % 2] + "ser")) == (1, taken)
    # A password takes a while to hash, outside the order in which requests are handled.
    password = "Correct-horse-7"
    assert at_once(lambda _: iam.create_login_profile(UserName="user", Password=password)) == (1, taken)


def test_nothing_is_deleted_that_something_hangs_on(iam):
    """Whichever comes first: the group is gone and nobody is in it, or somebody is in it and it is there."""
    for number in range(6):
        name = f"n{number}"
        iam.create_user(UserName=name)
        iam.create_group(GroupName=name)
        calls = [lambda name=name: iam.add_user_to_group(UserName=name, GroupName=name)]
        calls.append(lambda name=name: iam.delete_group(GroupName=name))
        done, codes = at_once(lambda index, calls=calls: calls[index % 2]())
        assert codes <= {"DeleteConflict", "NoSuchEntity"}
        assert done >= 1
        groups = [group["GroupName"] for group in iam.list_groups()["Groups"]]
        held = [group["GroupName"] for group in iam.list_groups_for_user(UserName=name)["Groups"]]
        assert held in ([], [name])
        assert (name in groups) == (held == [name])
