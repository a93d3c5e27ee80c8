"""Transactions: every read sees what was changed before it, the view only what was committed."""

import pytest

from keyreeve.entities import AccessKey, Group, Membership, User
from keyreeve.store import Conflict, Duplicate


@pytest.fixture
def tx(view, make):
    """A transaction over users 1 to 3, of whom 1 and 2 are in group 1."""
    before = view.begin()
    for number in (1, 2, 3):
        before.put(make.user(number))
    before.put(make.group())
    before.put(make.member(1))
    before.put(make.member(2))
    before.commit()
    return view.begin()


def names(tx, make, after=None):
    return [user.user_name for user in tx.page(User, make.ACCOUNT, "name", after)]


def test_what_was_put_is_read(tx, make):
    tx.put(make.user(4))
    assert tx.get(User, make.ACCOUNT, make.user(4).key) == make.user(4)
    assert tx.find(User, make.ACCOUNT, "name", "user4") == make.user(4)
    assert tx.count(User, make.ACCOUNT) == 4
    assert names(tx, make) == ["user1", "user2", "user3", "user4"]
    assert make.user(4) in tx.all(User, make.ACCOUNT)
    assert make.user(4) in tx.everywhere(User)


def test_what_was_deleted_is_not(tx, make):
    tx.delete(make.user(2))
    assert tx.get(User, make.ACCOUNT, make.user(2).key) is None
    assert tx.find(User, make.ACCOUNT, "name", "user2") is None
    assert tx.count(User, make.ACCOUNT) == 2
    assert names(tx, make) == ["user1", "user3"]
    assert tx.all(User, make.ACCOUNT) == [make.user(1), make.user(3)]


def test_a_renamed_record_has_only_its_new_name(tx, make):
    tx.put(make.user(2, "user9"))
    assert tx.find(User, make.ACCOUNT, "name", "user2") is None
    assert tx.find(User, make.ACCOUNT, "name", "user9").key == make.user(2).key
    assert tx.count(User, make.ACCOUNT) == 3
    assert names(tx, make) == ["user1", "user3", "user9"]
    assert names(tx, make, "user1") == ["user3", "user9"]


def test_groups_of_records_follow(tx, make):
    group = make.group().key
    tx.delete(make.member(1))
    tx.put(make.member(3))
    assert tx.where(Membership, make.ACCOUNT, "group", group) == [make.member(2), make.member(3)]
    assert tx.where(Membership, make.ACCOUNT, "user", make.user(1).key) == []
    tx.put(make.member(1))
    assert len(tx.where(Membership, make.ACCOUNT, "group", group)) == 3


def test_nothing_is_seen_outside_before_the_commit(view, tx, make):
    tx.put(make.user(4))
    assert view.begin().get(User, make.ACCOUNT, make.user(4).key) is None
    revision = tx.commit()
    assert revision == view.revision
    assert view.begin().find(User, make.ACCOUNT, "name", "user4") == make.user(4)


def test_a_rollback_forgets(view, tx, make):
    tx.put(make.user(4))
    tx.record_events(b"row")
    tx.rollback()
    assert tx.get(User, make.ACCOUNT, make.user(4).key) is None
    assert tx.commit() == view.revision == 1


def test_accounts_are_apart(tx, make):
    tx.put(make.user(1, account=make.OTHER))
    assert tx.count(User, make.OTHER) == 1
    assert tx.count(User, make.ACCOUNT) == 3
    assert tx.find(User, make.OTHER, "name", "user2") is None
    assert len(tx.everywhere(User)) == 4


def test_names_are_unique_without_regard_to_case(tx, make):
    with pytest.raises(Duplicate) as refused:
        tx.put(make.user(9, "USER1"))
    assert (refused.value.kind, refused.value.index, refused.value.value) == ("User", "name", "user1")
    assert tx.count(User, make.ACCOUNT) == 3
    tx.delete(make.user(1))
    tx.put(make.user(9, "USER1"))
    with pytest.raises(Duplicate):
        tx.put(make.user(8, "User1"))


def test_a_record_may_keep_its_name_and_change_its_case(tx, make):
    tx.put(make.user(1, "User1"))
    tx.commit()
    assert tx.find(User, make.ACCOUNT, "name", "user1").user_name == "User1"


def test_records_may_exchange_their_names(view, tx, make):
    tx.put(make.user(1, "between"))
    tx.put(make.user(2, "user1"))
    tx.put(make.user(1, "user2"))
    tx.commit()
    view.reload()
    for transaction in (tx, view.begin()):
        assert transaction.find(User, make.ACCOUNT, "name", "user1").key == make.user(2).key
        assert transaction.find(User, make.ACCOUNT, "name", "user2").key == make.user(1).key
        assert len(names(transaction, make)) == 3


def test_a_page_is_not_disturbed_by_changes_made_while_it_is_read(tx, make):
    tx.put(make.user(4))
    seen = []
    for user in tx.page(User, make.ACCOUNT, "name"):
        seen.append(user.user_name)
        tx.delete(user)
    assert seen == ["user1", "user2", "user3", "user4"]
    assert tx.count(User, make.ACCOUNT) == 0


def test_a_transaction_over_an_older_view_conflicts(view, tx, make):
    other = view.begin()
    other.put(make.user(5))
    other.commit()
    tx.put(make.user(6))
    with pytest.raises(Conflict):
        tx.commit()
    assert view.begin().get(User, make.ACCOUNT, make.user(6).key) is None


def test_one_that_only_read_gives_the_revision_it_may_have_seen(view, tx, make):
    view.save()
    writing = view.begin()
    writing.put(make.user(5))
    assert writing.commit() == view.begin().commit() > view.durable


def test_an_index_that_is_not_there_is_a_mistake(tx, make):
    with pytest.raises(KeyError):
        tx.find(User, make.ACCOUNT, "nickname", "al")
    with pytest.raises(KeyError):
        tx.where(AccessKey, make.OTHER, "owner", "x")
    with pytest.raises(KeyError):
        tx.page(Group, make.ACCOUNT, "path")


def test_what_was_seen_holds_until_a_topic_is_touched(view, tx, make):
    user, other = make.user(1).key, make.user(2).key
    assert not view.holds(0, [user])
    assert view.holds(1, [user])
    tx.delete(make.member(1))
    tx.record_events(b"row")
    revision = tx.commit()
    assert not view.holds(revision - 1, [other, user])
    assert view.holds(revision - 1, [other])
    assert view.holds(revision, [other, user])
    view.reload()
    assert not view.holds(view.revision - 1, [other])
    assert view.holds(view.revision, [other])
