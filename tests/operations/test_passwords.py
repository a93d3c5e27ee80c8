"""Login profiles, ChangePassword and the account's password policy, as real boto3 clients see them."""

from datetime import UTC, datetime, timedelta

import pytest

from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve.access import passwords
from keyreeve.access.password_rules import expires
from keyreeve.entities import LoginProfile, PasswordPolicy
from keyreeve.events import look_up
from keyreeve.wire.exchange import Later

FIRST, SECOND, THIRD = "Correct-horse-1", "Battery-staple-2", "Paper-clip-3"
VIOLATION = "Password does not conform to the account password policy."
WRONG = "The old password was incorrect."


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Hashes of the same form with less work: what is slow about them is tested beside `passwords`."""
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def alice(server):
    """A user with a password, and all of the permissions that concern it."""
    person = server.user("alice", allow("iam:*"))
    server.root().iam.create_login_profile(UserName="alice", Password=FIRST)
    return person


def stored(server, account=ACCOUNT):
    """The only login profile of an account."""
    (found,) = server.view.begin().all(LoginProfile, account)
    return found


def test_a_login_profile_comes_and_goes(root):
    root.iam.create_user(UserName="u")
    missing = "Login Profile for User u cannot be found."
    with refused("NoSuchEntity", missing):
        root.iam.get_login_profile(UserName="u")
    made = root.iam.create_login_profile(UserName="u", Password=FIRST, PasswordResetRequired=True)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == ("u", True)
    assert root.iam.get_login_profile(UserName="u")["LoginProfile"] == made
    with refused("EntityAlreadyExists", "Login Profile for user u already exists."):
        root.iam.create_login_profile(UserName="u", Password=FIRST)
    with refused("DeleteConflict", "Cannot delete entity, must delete login profile first."):
        root.iam.delete_user(UserName="u")
    root.iam.delete_login_profile(UserName="u")
    with refused("NoSuchEntity", missing):
        root.iam.delete_login_profile(UserName="u")
    root.iam.delete_user(UserName="u")


def test_a_password_is_kept_as_a_hash_that_opens_to_nothing_else(server, root, alice):
    kept = stored(server).password_hash
    assert kept.startswith("$argon2id$")
    assert passwords.verify(kept, FIRST)
    assert not passwords.verify(kept, SECOND)


def test_what_an_update_leaves_out_stays(server, root, alice):
    root.iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
    assert passwords.verify(stored(server).password_hash, FIRST)
    root.iam.update_login_profile(UserName="alice", Password=SECOND)
    assert passwords.verify(stored(server).password_hash, SECOND)
    assert root.iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"]
    root.iam.update_login_profile(UserName="alice", PasswordResetRequired=False)
    assert not root.iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"]


def test_what_is_wrong_is_said_in_order(server, root):
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        root.iam.create_login_profile(UserName="nobody", Password="x")
    root.iam.create_user(UserName="u")
    with refused("ValidationError"):
        root.iam.create_login_profile(UserName="u")
    with refused("ValidationError", "Must specify userName when calling with non-User credentials"):
        root.iam.create_login_profile(Password=FIRST)
    with refused("NoSuchEntity", "Login Profile for User u cannot be found."):
        root.iam.update_login_profile(UserName="u", Password="x")
    with refused("AccessDenied"):
        server.user("weak").iam.create_login_profile(UserName="nobody", Password="x")


@pytest.mark.parametrize(
    ("password", "more", "absent"),
    [
        ("alllowercase1", 1, ["uppercase letter", "symbol"]),
        ("UPPERCASE1", 1, ["lowercase letter", "symbol"]),
        ("12345678-", 1, ["uppercase letter", "lowercase letter"]),
        ("Élégante", 2, ["uppercase letter", "number", "symbol"]),
        ("ÉÉÉÉÉÉÉÉ", 3, ["uppercase letter", "lowercase letter", "number", "symbol"]),
    ],
)
def test_the_default_policy_says_what_is_absent(root, password, more, absent):
    root.iam.create_user(UserName="u")
    listed = ", ".join(f"Password should have at least one {each}" for each in absent)
    with refused(
        "PasswordPolicyViolation", f"Password should meet {more} more of the following requirements: {listed}"
    ):
        root.iam.create_login_profile(UserName="u", Password=password)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [("Short-1", "Password should have a minimum length of 8"), ("Aa1-" * 32 + "x", None)],
)
def test_the_default_policy_refuses_what_is_too_short_or_too_long(root, password, sentence):
    root.iam.create_user(UserName="u")
    with refused("PasswordPolicyViolation" if sentence else "ValidationError", sentence):
        root.iam.create_login_profile(UserName="u", Password=password)


@pytest.mark.parametrize("password", ["Abcdefg1", "abcdef-1", "ABCDEF-1", "Abcdefg'"])
def test_the_default_policy_takes_three_classes_of_four(root, password):
    root.iam.create_user(UserName="u")
    assert root.iam.create_login_profile(UserName="u", Password=password)


def test_the_policys_life(root):
    with refused("NoSuchEntity", f"The Password Policy with domain name {ACCOUNT} cannot be found."):
        root.iam.get_account_password_policy()
    with refused("NoSuchEntity", "The account policy with name PasswordPolicy cannot be found."):
        root.iam.delete_account_password_policy()
    root.iam.update_account_password_policy(MaxPasswordAge=90, PasswordReusePrevention=5, HardExpiry=False)
    shown = root.iam.get_account_password_policy()["PasswordPolicy"]
    defaults = {
        "MinimumPasswordLength": 6,
        "RequireSymbols": False,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
    }
    expiry = {"MaxPasswordAge": 90, "PasswordReusePrevention": 5, "HardExpiry": False}
    assert shown == {**defaults, "ExpirePasswords": True, **expiry}
    root.iam.update_account_password_policy(RequireSymbols=True)
    shown = root.iam.get_account_password_policy()["PasswordPolicy"]
    assert shown == {**defaults, "RequireSymbols": True, "ExpirePasswords": False}
    root.iam.delete_account_password_policy()
    with refused("NoSuchEntity"):
        root.iam.get_account_password_policy()


@pytest.mark.parametrize(
    "wrong",
    [{"MaxPasswordAge": 0}, {"MinimumPasswordLength": 5}, {"PasswordReusePrevention": 25}, {"MaxPasswordAge": 1096}],
)
def test_a_policy_has_bounds(root, wrong):
    with refused("ValidationError"):
        root.iam.update_account_password_policy(**wrong)


@pytest.mark.parametrize(
    ("asked", "refuses", "takes"),
    [
        ({"MinimumPasswordLength": 12}, "elevenchars", "twelve chars"),
        ({"RequireSymbols": True}, "sixsix;", "sixsix|"),
        ({"RequireNumbers": True}, "sixsix", "sixsix7"),
        ({"RequireUppercaseCharacters": True}, "sixsixé", "sixsixE"),
        ({"RequireLowercaseCharacters": True}, "SIXSIX", "SIXSIx"),
    ],
)
def test_a_policy_asks_for_what_it_says_and_no_more(root, asked, refuses, takes):
    root.iam.create_user(UserName="u")
    root.iam.update_account_password_policy(**asked)
    with refused("PasswordPolicyViolation", VIOLATION):
        root.iam.create_login_profile(UserName="u", Password=refuses)
    assert root.iam.create_login_profile(UserName="u", Password=takes)


def test_a_policy_is_one_accounts(server, root):
    root.iam.update_account_password_policy(MinimumPasswordLength=100)
    there = server.root(OTHER).iam
    there.create_user(UserName="u")
    assert there.create_login_profile(UserName="u", Password=FIRST)


def test_changing_ones_own_password(server, root, alice):
    root.iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
    with refused("AccessDenied", WRONG):
        alice.iam.change_password(OldPassword=SECOND, NewPassword=THIRD)
    with refused("PasswordPolicyViolation", "Password should have a minimum length of 8"):
        alice.iam.change_password(OldPassword=FIRST, NewPassword="short")
    alice.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert passwords.verify(stored(server).password_hash, SECOND)
    assert not alice.iam.get_login_profile()["LoginProfile"]["PasswordResetRequired"]
    with refused("AccessDenied", WRONG):
        alice.iam.change_password(OldPassword=FIRST, NewPassword=THIRD)


def test_only_users_with_a_password_change_it(server, root):
    with refused("InvalidUserType", "Only IAM Users can change their own password."):
        root.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    bob = server.user("bob", allow(["iam:ChangePassword", "sts:AssumeRole"]))
    with refused("NoSuchEntity", "Login Profile for User bob cannot be found."):
        bob.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    trust = text(trusting({"AWS": ACCOUNT}))
    arn = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    root.iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    role = server.person(bob.sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"])
    with refused("InvalidUserType"):
        role.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)


def test_passwords_do_not_come_again_as_far_back_as_the_policy_says(server, root, alice):
    root.iam.update_account_password_policy(PasswordReusePrevention=2)
    with refused("PasswordPolicyViolation", VIOLATION):
        alice.iam.change_password(OldPassword=FIRST, NewPassword=FIRST)
    alice.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    with refused("PasswordPolicyViolation", VIOLATION):
        root.iam.update_login_profile(UserName="alice", Password=FIRST)
    alice.iam.change_password(OldPassword=SECOND, NewPassword=THIRD)
    alice.iam.change_password(OldPassword=THIRD, NewPassword=FIRST)
    assert len(stored(server).previous_hashes) == 2
    root.iam.delete_account_password_policy()
    alice.iam.change_password(OldPassword=FIRST, NewPassword=FIRST)
    assert stored(server).previous_hashes == ()


def test_a_stolen_key_cannot_try_passwords_until_one_fits(server, alice):
    for _ in range(5):
        with refused("AccessDenied", WRONG):
            alice.iam.change_password(OldPassword=SECOND, NewPassword=THIRD)
    with refused("AccessDenied", WRONG):
        alice.iam.change_password(OldPassword=FIRST, NewPassword=THIRD)
    server.offset = timedelta(minutes=5, seconds=1)
    alice.iam.change_password(OldPassword=FIRST, NewPassword=THIRD)


def test_the_policy_can_let_users_change_their_own(server, root):
    bob = server.user("bob")
    for name in ("bob", "eve"):
        if name != "bob":
            root.iam.create_user(UserName=name)
        root.iam.create_login_profile(UserName=name, Password=FIRST)
    with refused("AccessDenied"):
        bob.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    bob.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert bob.iam.get_account_password_policy()["PasswordPolicy"]["AllowUsersToChangePassword"]
    for forbidden in (bob.iam.get_account_summary, bob.iam.delete_account_password_policy):
        with refused("AccessDenied"):
            forbidden()
    with refused("AccessDenied"):
        bob.iam.update_login_profile(UserName="bob", Password=THIRD)
    root.iam.update_account_password_policy(AllowUsersToChangePassword=False)
    with refused("AccessDenied"):
        bob.iam.change_password(OldPassword=SECOND, NewPassword=THIRD)


def test_a_denial_holds_against_what_the_policy_lets_users_do(server, root):
    denied = allow("s3:*")
    denied["Statement"].append({"Effect": "Deny", "Action": "iam:ChangePassword", "Resource": "*"})
    bob = server.user("bob", denied)
    bounded = server.user("bounded")
    root.iam.put_user_permissions_boundary(
        UserName="bounded", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    for person in (bob, bounded):
        with refused("AccessDenied"):
            person.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)


@pytest.mark.parametrize("name", ["create_login_profile", "update_login_profile"])
def test_permission_is_for_the_users_own_arn(server, root, name):
    action = "iam:" + "".join(part.capitalize() for part in name.split("_"))
    root.iam.create_user(UserName="mine", Path="/team/")
    root.iam.create_user(UserName="theirs")
    actor = server.user("actor", allow(action, f"arn:aws:iam::{ACCOUNT}:user/team/*"))
    if name == "update_login_profile":
        root.iam.create_login_profile(UserName="mine", Password=FIRST)
    getattr(actor.iam, name)(UserName="mine", Password=SECOND)
    with refused("AccessDenied"):
        getattr(actor.iam, name)(UserName="theirs", Password=SECOND)


def test_no_event_holds_a_password(server, root, alice):
    alice.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    root.iam.update_login_profile(UserName="alice", Password=THIRD)
    server.log.flush()
    events = [event for _, event in look_up(server.log.rows)]
    names = {"CreateLoginProfile", "ChangePassword", "UpdateLoginProfile"}
    assert names <= {event.event_name for event in events}
    shown = repr(events)
    assert not [secret for secret in (FIRST, SECOND, THIRD, "argon2") if secret in shown]


def test_a_hash_is_made_outside_and_for_who_may_only(server, root, monkeypatch):
    steps = []
    begin = server.service.begin

    def begun(request):
        steps.append(begin(request))
        return steps[-1]

    monkeypatch.setattr(server.service, "begin", begun)
    root.iam.create_user(UserName="u")
    weak = server.user("weak")
    for refusal, attempt in (("AccessDenied", weak), ("PasswordPolicyViolation", root)):
        with refused(refusal):
            attempt.iam.create_login_profile(UserName="u", Password="weak")
        assert not isinstance(steps[-1], Later)
    root.iam.create_login_profile(UserName="u", Password=FIRST)
    assert isinstance(steps[-1], Later)


def test_what_changes_while_a_hash_is_made_is_seen(server, root, monkeypatch):
    """Between the work and its use the caller is proven and authorised anew, and everything is read again."""
    actor = server.user("actor", allow("iam:*"))
    root.iam.create_user(UserName="u")
    pending = [lambda: root.iam.delete_user_policy(UserName="actor", PolicyName="p0")]

    def handle(request):
        found = server.service.begin(request)
        while isinstance(found, Later):
            result = found.work()
            if pending:
                pending.pop()()
            found = found.go_on(result)
        return found

    monkeypatch.setattr(server.service, "handle", handle)
    with refused("AccessDenied"):
        actor.iam.create_login_profile(UserName="u", Password=FIRST)
    pending.append(lambda: root.iam.create_login_profile(UserName="u", Password=SECOND))
    with refused("EntityAlreadyExists"):
        root.iam.create_login_profile(UserName="u", Password=FIRST)


def test_passwords_end_where_the_policy_says_so():
    changed = datetime(2026, 1, 1, tzinfo=UTC)
    profile = LoginProfile(
        account_id=ACCOUNT, user_id="AIDA1", password_hash="", create_date=changed, password_last_changed=changed
    )
    assert expires(profile, None) is None
    assert expires(profile, PasswordPolicy(account_id=ACCOUNT)) is None
    assert expires(profile, PasswordPolicy(account_id=ACCOUNT, max_password_age=90)) == changed + timedelta(days=90)
