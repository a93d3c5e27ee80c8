"""Each practice is found broken where it is, and kept where it is."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

import pki
from authenticator import enabled
from harness import ACCOUNT, OTHER, allow, text, trusting
from keyreeve.entities import AccessKey, RootUser, User
from keyreeve.posture import CHECKS, audit

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
USER = f"arn:aws:iam::{ACCOUNT}:user/u"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
PASSWORD = "correct horse Battery 1!"
EVERYTHING = text(allow("*"))


def changed(server, record, **members):
    tx = server.view.begin()
    tx.put(msgspec.structs.replace(record, **members))
    tx.commit()


def root_user(server):
    return server.view.begin().get(RootUser, ACCOUNT, ACCOUNT)


def without_keys(server):
    tx = server.view.begin()
    for key in tx.where(AccessKey, ACCOUNT, "principal", ACCOUNT):
        tx.delete(key)
    tx.commit()


def test_a_key_of_the_root_user(server, found):
    ((resource, sentence),) = found("root-access-key")
    assert resource == ROOT
    assert "AKIA" in sentence
    without_keys(server)
    assert not found("root-access-key")


def test_a_root_user_that_can_sign_in_without_mfa(server, found):
    assert found("root-mfa") == [(ROOT, "has an access key and no MFA device")]
    without_keys(server)
    assert not found("root-mfa")
    changed(server, root_user(server), password_hash="x")
    assert found("root-mfa") == [(ROOT, "has a password and no MFA device")]


def test_a_root_user_that_is_used(root, found):
    assert not found("root-used")
    root.sts.get_caller_identity()
    assert found("root-used")
    assert not found("root-used", days=91)


def test_passwords_that_are_short_or_come_back(root, found):
    assert found("password-length") == [
        (f"arn:aws:iam::{ACCOUNT}:account-password-policy", "there is no password policy")
    ]
    root.iam.update_account_password_policy(MinimumPasswordLength=13, PasswordReusePrevention=23)
    assert found("password-length")[0][1] == "asks for 13 characters"
    assert found("password-reuse")[0][1] == "remembers 23 passwords"
    root.iam.update_account_password_policy(MinimumPasswordLength=14, PasswordReusePrevention=24)
    assert not found("password-length")
    assert not found("password-reuse")


def test_a_user_who_signs_in_without_mfa(root, found):
    root.iam.create_user(UserName="u")
    assert not found("user-mfa")
    root.iam.create_login_profile(UserName="u", Password=PASSWORD)
    assert found("user-mfa") == [(USER, "has a password and no MFA device")]
    enabled(root, "u")
    assert not found("user-mfa")


def test_a_key_that_came_with_the_user_and_was_never_used(server, root, found):
    person = server.user("u")
    assert not found("key-never-used")
    root.iam.create_login_profile(UserName="u", Password=PASSWORD)
    assert found("key-never-used")[0][0] == USER
    person.sts.get_caller_identity()
    assert not found("key-never-used")


def test_credentials_that_nobody_uses(server, root, found):
    person = server.user("u")
    root.iam.create_login_profile(UserName="u", Password=PASSWORD)
    person.sts.get_caller_identity()
    assert not found("credential-unused", days=44)
    sentences = [sentence for _, sentence in found("credential-unused", days=46)]
    assert sentences[0] == "the password was never used"
    assert "was last used on" in sentences[1]
    root.iam.delete_login_profile(UserName="u")
    root.iam.update_access_key(UserName="u", AccessKeyId=person.credentials["AccessKeyId"], Status="Inactive")
    assert not found("credential-unused", days=46)


def test_two_active_keys_and_old_ones(server, root, found):
    server.user("u")
    assert not found("one-active-key")
    root.iam.create_access_key(UserName="u")
    assert found("one-active-key") == [(USER, "has 2 active keys")]
    assert not found("key-rotated", days=89)
    assert len(found("key-rotated", days=91)) == 2


def test_policies_on_a_user(server, root, found):
    root.iam.create_user(UserName="u")
    assert not found("policies-on-groups")
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=text(allow("s3:*")))
    assert found("policies-on-groups") == [(USER, "holds p itself")]


def test_an_inline_policy_that_allows_everything(root, found):
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(allow("s3:*")))
    assert not found("administrators-inline")
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=EVERYTHING)
    assert found("administrators-inline")[0][0] == ROLE
    only_with_mfa = allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(only_with_mfa))
    assert not found("administrators-inline")
    for spared, breaks in (("aws-portal:*", True), ("iam:*", False)):
        but = {"Effect": "Allow", "NotAction": spared, "Resource": "*"}
        root.iam.put_role_policy(
            RoleName="r", PolicyName="p", PolicyDocument=text({"Version": "2012-10-17", "Statement": but})
        )
        assert bool(found("administrators-inline")) is breaks


def test_a_customer_managed_policy_that_allows_everything_counts_when_attached(root, found):
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    root.iam.create_group(GroupName="g")
    root.iam.attach_group_policy(GroupName="g", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert not found("administrators-own")
    root.iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    assert found("administrators-own")[0][0] == arn


@pytest.mark.parametrize(
    ("check", "name"), [("support-role", "AWSSupportAccess"), ("cloudshell-full", "AWSCloudShellFullAccess")]
)
def test_policies_of_aws_that_should_be_held_or_not(root, found, check, name):
    before = bool(found(check))
    root.iam.create_group(GroupName="g")
    root.iam.attach_group_policy(GroupName="g", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    assert bool(found(check)) is not before


def test_a_certificate_that_expired(root, found):
    key = pki.rsa_key()
    root.iam.upload_server_certificate(
        ServerCertificateName="c", CertificateBody=pki.certificate(key), PrivateKey=pki.private(key)
    )
    assert not found("certificate-expired")
    assert found("certificate-expired", days=31)[0][0] == f"arn:aws:iam::{ACCOUNT}:server-certificate/c"


@pytest.mark.parametrize(
    ("policy", "breaks"),
    [
        (allow("iam:PassRole"), True),
        (allow("iam:*"), True),
        (allow("iam:PassRole", f"{ROLE}"), False),
        (allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}), False),
        (allow("iam:Get*"), False),
        (allow("iam:PassRole", "arn:aws:iam::*:role/*"), True),
        (allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:*"), True),
        (allow("iam:PassRole", "arn:aws:iam::*:role/app-*"), False),
    ],
)
def test_whoever_may_pass_any_role(root, found, policy, breaks):
    root.iam.create_user(UserName="u")
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=text(policy))
    assert bool(found("pass-any-role")) is breaks


@pytest.mark.parametrize(
    ("principal", "condition", "check"),
    [
        ({"AWS": "*"}, {}, "trust-everyone"),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, None),
        ({"AWS": "*"}, {"StringLike": {"aws:userid": "*"}}, "trust-everyone"),
        ({"AWS": "*"}, {"Bool": {"aws:SecureTransport": "true"}}, "trust-everyone"),
        ({"AWS": OTHER}, {}, "trust-abroad"),
        ({"AWS": OTHER}, {"StringEquals": {"sts:ExternalId": "x"}}, None),
        ({"AWS": OTHER}, {"StringLike": {"sts:ExternalId": "*"}}, "trust-abroad"),
        ({"AWS": OTHER}, {"StringNotEquals": {"sts:ExternalId": "x"}}, "trust-abroad"),
        ({"AWS": OTHER}, {"StringEqualsIfExists": {"sts:ExternalId": "x"}}, "trust-abroad"),
        ({"AWS": OTHER}, {"Null": {"sts:ExternalId": "false"}}, "trust-abroad"),
        ({"AWS": OTHER}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "trust-abroad"),
        ({"AWS": OTHER}, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/ci-*"}}, None),
        ({"AWS": ACCOUNT}, {}, None),
        ({"Service": "ec2.amazonaws.com"}, {}, None),
    ],
)
def test_whom_a_role_trusts(root, reading, principal, condition, check):
    more = {"Condition": condition} if condition else {}
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting(principal, **more)))
    broken = {each.check.id for each in audit(reading(), ["trust-everyone", "trust-abroad"])}
    assert broken == ({check} if check else set())


@pytest.mark.parametrize(
    ("issuer", "condition", "breaks"),
    [
        ("idp.example.org", {}, True),
        ("idp.example.org", {"StringEquals": {"idp.example.org:aud": "app"}}, False),
        ("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:*"}}, True),
        ("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:example/*"}}, False),
    ],
)
def test_a_role_that_lets_all_users_of_a_provider_in(root, found, issuer, condition, breaks):
    arn = root.iam.create_open_id_connect_provider(Url=f"https://{issuer}")["OpenIDConnectProviderArn"]
    more = {"Condition": condition} if condition else {}
    trust = trusting({"Federated": arn}, "sts:AssumeRoleWithWebIdentity", **more)
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trust))
    assert [resource for resource, _ in found("trust-federation")] == ([ROLE] if breaks else [])


def session(server, root, name="session", **more):
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(allow(["iam:Get*", "iam:List*"])))
    person = server.user("u", allow("sts:AssumeRole"))
    return server.person(person.sts.assume_role(RoleArn=ROLE, RoleSessionName=name)["Credentials"])


def test_a_role_that_nobody_uses(server, root, found):
    used = session(server, root)
    assert not found("role-unused", days=89)
    assert found("role-unused", days=91) == [(ROLE, "was never used")]
    used.sts.get_caller_identity()
    assert "was last used on" in found("role-unused", days=91)[0][1]


def sent_by(client, program):
    def as_program(request, **_):
        request.headers["User-Agent"] = program

    client.meta.events.register_first("before-send.*", as_program)


def test_a_role_that_unrelated_workloads_share(server, root, found):
    used = session(server, root)
    used.iam.list_users()
    assert not found("role-shared")
    sent_by(used.iam, "Terraform/1.9")
    used.iam.list_roles()
    ((resource, sentence),) = found("role-shared")
    assert resource == ROLE
    assert "Terraform from 127.0.0.0/24 (iam:ListRoles)" in sentence
    assert not found("role-shared", days=91)


def test_workloads_that_do_the_same_are_one(server, root, found):
    used = session(server, root)
    used.iam.list_users()
    sent_by(used.iam, "Terraform/1.9")
    used.iam.list_users()
    used.iam.list_roles()
    assert not found("role-shared")


def test_permissions_that_nobody_uses(server, found):
    person = server.user("u", allow(["iam:GetUser", "s3:*"]))
    assert not found("permission-unused")
    person.iam.get_user()
    assert not found("permission-unused")
    user = next(iter(server.view.begin().page(User, ACCOUNT, "name")))
    changed(server, user, create_date=user.create_date - timedelta(days=90))
    assert found("permission-unused") == [(USER, "did not use s3 for 90 days")]


def test_every_check_stands_in_a_test():
    tested = Path(__file__).read_text()
    assert all(f'"{name}"' in tested for name in CHECKS)
