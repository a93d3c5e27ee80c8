"""Passwords that have to be changed before their users are signed in."""

from datetime import timedelta

from keyreeve.access import sign_in
from keyreeve.access.sign_in import ChangeWanted, SignedIn
from keyreeve.events import look_up
from keyreeve.service.forced_change import CHANGE_REFUSED
from keyreeve.service.signing_in import Refused
from signing import FIRST, NOT_IN, SECOND


def test_a_password_that_must_be_changed_lets_nobody_in_before(server, root, alice, door):
    root.iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
    wanted = door.enter()
    assert isinstance(wanted, ChangeWanted)
    assert door.events() == []
    assert door.change(wanted, old=SECOND) == Refused(CHANGE_REFUSED)
    assert door.change(wanted, new="weak") == Refused(CHANGE_REFUSED)
    assert door.change(wanted, new="") == Refused(CHANGE_REFUSED)
    found = door.change(wanted)
    assert isinstance(found, SignedIn)
    assert door.person(found).iam.get_user()
    assert isinstance(door.enter(password=SECOND), SignedIn)
    changes = door.events("ChangePassword")
    assert [change.get("errorCode") for change in changes] == [
        "AccessDenied",
        "PasswordPolicyViolationException",
        "ValidationException",
        None,
    ]
    assert len(door.events()) == 2
    shown = repr(list(look_up(server.log.rows)))
    assert FIRST not in shown
    assert SECOND not in shown


def test_a_change_needs_the_permission(server, root, door):
    server.user("bob")
    root.iam.create_login_profile(UserName="bob", Password=FIRST, PasswordResetRequired=True)
    wanted = door.enter(name="bob")
    assert door.change(wanted) == Refused(CHANGE_REFUSED)
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True)
    assert isinstance(door.change(wanted), SignedIn)


def test_a_change_has_to_come_soon_and_of_who_is_there(server, root, alice, door):
    root.iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
    wanted = door.enter()
    server.offset = timedelta(minutes=10, seconds=1)
    assert door.change(wanted) == Refused(sign_in.LATE)
    server.offset = timedelta(0)
    root.iam.delete_login_profile(UserName="alice")
    assert door.change(wanted) == Refused(CHANGE_REFUSED)


def test_a_password_ends_where_the_policy_says_so(server, root, alice, door):
    root.iam.update_account_password_policy(MaxPasswordAge=1)
    assert isinstance(door.enter(), SignedIn)
    server.offset = timedelta(days=1, seconds=1)
    wanted = door.enter()
    assert isinstance(wanted, ChangeWanted)
    assert isinstance(door.change(wanted), SignedIn)
    assert isinstance(door.enter(password=SECOND), SignedIn)


def test_a_password_that_ended_for_good_is_an_administrators_matter(server, root, alice, door):
    root.iam.update_account_password_policy(MaxPasswordAge=1, HardExpiry=True)
    server.offset = timedelta(days=1, seconds=1)
    assert door.enter(password=SECOND) == NOT_IN
    assert door.enter() == Refused(sign_in.EXPIRED)
    assert door.events()[-1]["responseElements"] == {"ConsoleLogin": "Failure"}
    server.offset = timedelta(0)
    root.iam.update_login_profile(UserName="alice", Password=SECOND)
    assert isinstance(door.enter(password=SECOND), SignedIn)
