"""What was found by attacking the gates, and must not come back."""

import secrets
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve.access import totp
from keyreeve.entities import MFADevice
from keyreeve.wire.exchange import Request

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_name_in_another_case_moves_nobody_to_a_forbidden_path(server, root):
    denied = {"Effect": "Deny", "Action": "iam:UpdateUser", "Resource": f"arn:aws:iam::{ACCOUNT}:user/admins/alice"}
    policy = allow("iam:UpdateUser")
    policy["Statement"].append(denied)
    actor = server.user("actor", policy)
    root.iam.create_user(UserName="alice")
    for spelling in ("alice", "ALICE"):
        with refused("AccessDenied"):
            actor.iam.update_user(UserName=spelling, NewPath="/admins/")
    assert root.iam.get_user(UserName="alice")["User"]["Path"] == "/"


def test_a_federated_session_can_be_tagged_by_who_may(server):
    tags = [{"Key": "k", "Value": "v"}]
    person = server.user("u", allow(["sts:GetFederationToken", "sts:TagSession"]))
    assert person.sts.get_federation_token(Name="visitor", Policy=text(allow("s3:*")), Tags=tags)
    with refused("AccessDenied"):
        server.user("w", allow("sts:GetFederationToken")).sts.get_federation_token(Name="visitor", Tags=tags)


def test_a_travelling_tag_does_not_choose_what_a_role_is_judged_by(server, root):
    bob = server.user("bob", allow("sts:*"))
    both = ["sts:AssumeRole", "sts:TagSession"]
    root.iam.create_role(RoleName="first", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT}, both)))
    root.iam.put_role_policy(RoleName="first", PolicyName="p", PolicyDocument=text(allow("sts:*")))
    for name, wanted in (("red", "red"), ("blue", "blue"), ("same", "${aws:PrincipalTag/team}")):
        for key in ("aws:ResourceTag/team", "iam:ResourceTag/team"):
            trust = trusting({"AWS": ACCOUNT}, both, Condition={"StringEquals": {key: wanted}})
            root.iam.create_role(
                RoleName=name + key[:3], AssumeRolePolicyDocument=text(trust), Tags=[{"Key": "team", "Value": "blue"}]
            )

    def entered(travelling):
        """The roles that bob comes into by a chain."""
        session = server.person(
            bob.sts.assume_role(
                RoleArn=f"arn:aws:iam::{ACCOUNT}:role/first",
                RoleSessionName="s1",
                Tags=[{"Key": "Team", "Value": travelling}],
                TransitiveTagKeys=["Team"],
            )["Credentials"]
        )
        for name in ("redaws", "rediam", "blueaws", "blueiam", "sameaws", "sameiam"):
            with suppress(session.sts.exceptions.ClientError):
                session.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="s1")
                yield name

    assert list(entered("blue")) == ["blueaws", "blueiam", "sameaws", "sameiam"]
    assert list(entered("red")) == []


def test_pages_show_policies_whose_names_differ_in_case(root):
    own = root.iam.create_policy(PolicyName="administratoraccess", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
    root.iam.create_user(UserName="u")
    for arn in (own, ADMINISTRATOR):
        root.iam.attach_user_policy(UserName="u", PolicyArn=arn)
    pages = root.iam.get_paginator("list_attached_user_policies").paginate(
        UserName="u", PaginationConfig={"PageSize": 1}
    )
    assert {each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]} == {own, ADMINISTRATOR}


def test_the_longest_tag_keys_page_too(root):
    keys = [f"{number}{'漢' * 127}" for number in range(3)]
    root.iam.create_user(UserName="u", Tags=[{"Key": key, "Value": ""} for key in keys])
    pages = root.iam.get_paginator("list_user_tags").paginate(UserName="u", PaginationConfig={"PageSize": 1})
    assert [tag["Key"] for page in pages for tag in page["Tags"]] == keys


def test_a_wrong_source_identity_is_refused_under_its_own_action(server, root):
    bob = server.user("bob")
    trust = trusting(
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"},
        ["sts:AssumeRole", "sts:SetSourceIdentity"],
        Condition={"StringEquals": {"sts:SourceIdentity": "bob"}},
    )
    arn = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trust))["Role"]["Arn"]
    start = f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: "
    with refused("AccessDenied", f"{start}sts:SetSourceIdentity on resource: {arn}"):
        bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1", SourceIdentity="eve")
    with refused("AccessDenied", f"{start}sts:AssumeRole on resource: {arn}"):
        bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1")
    assert bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1", SourceIdentity="bob")["SourceIdentity"] == "bob"


def test_roles_cannot_be_probed(server, root):
    bob = server.user("bob", allow("sts:AssumeRole"))
    trust = trusting({"AWS": f"arn:aws:iam::{OTHER}:root"})
    root.iam.create_role(RoleName="there", AssumeRolePolicyDocument=text(trust))
    for name in ("there", "nowhere"):
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        sentence = (
            f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
        with refused("AccessDenied", sentence):
            bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1")


def test_answers_have_the_stored_spelling(root):
    root.iam.create_user(UserName="Alice")
    root.iam.put_user_policy(UserName="Alice", PolicyName="p", PolicyDocument=text(allow("s3:*")))
    assert root.iam.get_user_policy(UserName="ALICE", PolicyName="p")["UserName"] == "Alice"


def test_a_key_is_active_or_inactive(root):
    root.iam.create_user(UserName="u")
    key = root.iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    with refused("ValidationError"):
        root.iam.update_access_key(UserName="u", AccessKeyId=key, Status="Expired")


def test_a_session_policy_without_an_arn_is_refused_and_never_dropped(server):
    person = server.user("u", allow("sts:GetFederationToken"))

    def spoil(params, **_):
        params["body"]["PolicyArns.member.2.Arn"] = params["body"].pop("PolicyArns.member.2.arn")

    person.sts.meta.events.register("before-call.*", spoil)
    with refused("ValidationError"):
        person.sts.get_federation_token(Name="visitor", PolicyArns=[{"arn": ADMINISTRATOR}, {"arn": ADMINISTRATOR}])


def test_a_boundary_can_guard_a_roles_description(server, root):
    root.iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})), PermissionsBoundary=ADMINISTRATOR
    )
    policy = allow("iam:UpdateRoleDescription")
    condition = {"StringEquals": {"iam:PermissionsBoundary": ADMINISTRATOR}}
    policy["Statement"].append({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})
    with refused("AccessDenied"):
        server.user("u", policy).iam.update_role_description(RoleName="r", Description="mine")


def test_tags_that_differ_in_case_grant_nothing(server):
    condition = {"StringEquals": {"aws:RequestTag/team": "red"}}
    actor = server.user("u", allow(["iam:CreatePolicy", "iam:TagPolicy"], Condition=condition))
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "Team", "Value": "red"}]
    with refused("AccessDenied"):
        actor.iam.create_policy(PolicyName="p", PolicyDocument=text(allow("s3:*")), Tags=tags)


def test_who_may_is_told_what_is_wrong_with_the_shape(server, root):
    root.iam.create_user(UserName="mine")
    actor = server.user("u", allow("iam:TagUser", f"arn:aws:iam::{ACCOUNT}:user/mine"))
    with refused("ValidationError"):
        actor.iam.tag_user(UserName="mine", Tags=[{"Key": f"k{number}", "Value": ""} for number in range(51)])


def enrolled(server):
    """A device of the account's root user, and what makes its codes."""
    seed = totp.new_seed(secrets.token_bytes)
    serial = f"arn:aws:iam::{ACCOUNT}:mfa/root"
    transaction = server.view.begin()
    transaction.put(
        MFADevice(
            account_id=ACCOUNT,
            serial_number=serial,
            sealed_seed=server.ring.seal(seed, serial),
            create_date=datetime.now(UTC),
            principal_id=ACCOUNT,
        )
    )
    transaction.commit()
    return serial, seed


def code(seed):
    return totp.code(seed, int(time.time()) // 30)


def test_a_code_works_once_also_where_its_call_is_refused(server, root):
    serial, seed = enrolled(server)
    given = {"SerialNumber": serial, "TokenCode": code(seed)}
    assert root.sts.get_session_token(**given)["Credentials"]
    with refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "):
        root.sts.get_session_token(**given)


def test_codes_cannot_be_tried_until_one_fits(server, root):
    serial, seed = enrolled(server)
    wrong = f"{(int(code(seed)) + 1) % 10**6:06}"
    for _ in range(5):
        with refused("AccessDenied"):
            root.sts.get_session_token(SerialNumber=serial, TokenCode=wrong)
    with refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "):
        root.sts.get_session_token(SerialNumber=serial, TokenCode=code(seed))


def test_a_code_is_not_quoted(root):
    with refused("ValidationError") as refusal:
        root.sts.get_session_token(SerialNumber="arn:aws:iam::1:mfa/x", TokenCode="123456 ")
    assert "123456" not in str(refusal.error)


def test_a_query_that_repeats_a_parameter_is_refused(server, root):
    def get(query):
        return server.service.handle(Request("GET", "/", query, (("host", "127.0.0.1:4566"),), b"", "127.0.0.1"))

    root.sts.meta.events.register("before-sign.*", lambda request, **_: request.params.update(Twice=["1", "2"]))
    assert (
        get(urlsplit(server.root().sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")).query).status
        == 200
    )
    answer = get(urlsplit(root.sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")).query)
    assert (answer.status, answer.error_code) == (400, "MalformedInput")


def test_sessions_of_roles_that_do_not_exist_are_not_trusted(root):
    missing = f"arn:aws:sts::{ACCOUNT}:assumed-role/nowhere/s1"
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"'):
        root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": missing})))


def test_service_linked_paths_are_for_services(root):
    with refused("InvalidInput"):
        root.iam.create_role(
            RoleName="AWSServiceRoleForX",
            Path="/aws-service-role/x.amazonaws.com/",
            AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})),
        )


def test_a_missing_key_id_is_a_fault_of_shape(root):
    with refused("ValidationError"):
        root.iam.get_access_key_last_used(AccessKeyId="short")


def test_patterns_are_not_tried_on_what_no_sound_request_has(server, monkeypatch):
    pattern = f"arn:aws:iam::{ACCOUNT}:user/*-dev-*"
    trails = f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*-dev-*"
    person = server.user("u", allow("iam:GetUser", pattern), allow(["cloudtrail:GetTrail", "iam:CreateUser"], trails))
    monkeypatch.setattr("keyreeve.service.answering.authorize", None)  # whoever calls it meets a bug
    with refused("ValidationError"):
        person.iam.get_user(UserName="-dev-" * 20_000)
    with refused("ValidationError"):
        person.iam.create_user(UserName="u2", Tags=[{"Key": "k", "Value": "-dev-" * 20_000}])
    with refused("ValidationException"):
        person.cloudtrail.get_trail(Name="-dev-" * 20_000)


def test_a_session_of_a_clock_that_was_ahead_ends_when_it_is_put_right(server, travel):
    bob = server.user("bob")
    travel(timedelta(days=400))
    session = server.person(bob.sts.get_session_token()["Credentials"])
    assert session.sts.get_caller_identity()
    travel(timedelta(days=400, minutes=-10))  # clocks may differ a little
    assert session.sts.get_caller_identity()
    travel(timedelta(0))
    with refused("InvalidClientTokenId"):
        session.sts.get_caller_identity()
    assert bob.sts.get_caller_identity()
