"""The view and its transactions against a naive model: dictionaries, copied."""

import copy
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from keyreeve.entities import Boundary, Membership, User
from keyreeve.store import Duplicate, MemoryEngine, View

ACCOUNTS = ("111122223333", "444455556666")
NAMES = ("ann", "Ann", "bob", "carl", "dora")
IDS = tuple(f"AIDA{number}" for number in range(5))
GROUPS = ("AGPA1", "AGPA2")
DATE = datetime(2026, 1, 1, tzinfo=UTC)
BOUNDARIES = (None, "arn:1", "arn:2")

accounts, ids = st.sampled_from(ACCOUNTS), st.sampled_from(IDS)


class Machine(RuleBasedStateMachine):
    """`kept` is what was committed, `now` what the open transaction sees."""

    @initialize()
    def begin(self):
        self.view = View(MemoryEngine())
        self.tx = self.view.begin()
        self.now, self.kept = {}, {}

    @rule(account=accounts, user_id=ids, name=st.sampled_from(NAMES), boundary=st.sampled_from(BOUNDARIES))
    def put_user(self, account, user_id, name, boundary):
        user = User(
            account_id=account,
            user_id=user_id,
            user_name=name,
            path="/",
            create_date=DATE,
            permissions_boundary=boundary and Boundary(boundary),
        )
        taken = any(
            other.user_name.lower() == name.lower() and other.key != user_id for other in self.all(User, account)
        )
        try:
            self.tx.put(user)
        except Duplicate:
            assert taken
        else:
            assert not taken
            self.now[User, account, user_id] = user

    @rule(account=accounts, user_id=ids, group_id=st.sampled_from(GROUPS))
    def put_membership(self, account, user_id, group_id):
        membership = Membership(account_id=account, user_id=user_id, group_id=group_id)
        self.tx.put(membership)
        self.now[Membership, account, membership.key] = membership

    @rule(data=st.data())
    def delete(self, data):
        if self.now:
            place = data.draw(st.sampled_from(sorted(self.now, key=str)))
            self.tx.delete(self.now.pop(place))

    @rule(account=accounts, user_id=ids)
    def delete_what_may_not_be_there(self, account, user_id):
        self.tx.delete(Membership(account_id=account, user_id=user_id, group_id=GROUPS[0]))
        self.now.pop((Membership, account, f"{GROUPS[0]}/{user_id}"), None)

    @rule()
    def commit(self):
        self.tx.commit()
        self.kept = copy.copy(self.now)

    @rule()
    def rollback(self):
        self.tx.rollback()
        self.now = copy.copy(self.kept)

    @rule()
    def begin_anew(self):
        self.tx = self.view.begin()
        self.now = copy.copy(self.kept)

    @rule()
    def reload(self):
        self.view.reload()
        self.begin_anew()

    def all(self, kind, account):
        return [record for (found, where, _), record in self.now.items() if (found, where) == (kind, account)]

    @invariant()
    def every_reading_agrees(self):
        for account in ACCOUNTS:
            self.users_agree(account)
            self.memberships_agree(account)
        everyone = self.tx.everywhere(User)
        assert len(everyone) == sum(1 for kind, _, _ in self.now if kind is User)

    def users_agree(self, account):
        users = sorted(self.all(User, account), key=lambda user: user.user_name.lower())
        for user_id in IDS:
            assert self.tx.get(User, account, user_id) == self.now.get((User, account, user_id))
        for name in {name.lower() for name in NAMES}:
            holders = [user for user in users if user.user_name.lower() == name]
            assert [self.tx.find(User, account, "name", name)] == (holders or [None])
            rest = [user for user in users if user.user_name.lower() > name]
            assert list(self.tx.page(User, account, "name", name)) == rest
        assert list(self.tx.page(User, account, "name")) == users
        assert self.tx.count(User, account) == len(users)
        for boundary in BOUNDARIES[1:]:
            found = {user.key: user for user in self.tx.where(User, account, "boundary", boundary)}
            assert found == {user.key: user for user in users if user.boundary_arn == boundary}

    def memberships_agree(self, account):
        memberships = self.all(Membership, account)
        assert self.keys(self.tx.all(Membership, account)) == self.keys(memberships)
        for index, values in (("user", IDS), ("group", GROUPS)):
            for value in values:
                expected = [each for each in memberships if getattr(each, f"{index}_id") == value]
                assert self.keys(self.tx.where(Membership, account, index, value)) == self.keys(expected)

    @staticmethod
    def keys(records):
        return sorted(record.key for record in records)


TestModel = Machine.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=40)
