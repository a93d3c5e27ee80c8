"""Engines to run the same tests on, and makers of records."""

from datetime import UTC, datetime

import pytest

from keyreeve.entities import AccessKey, Group, Membership, User
from keyreeve.store import MemoryEngine, View

ACCOUNT = "111122223333"
OTHER = "444455556666"
DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Make:
    """Makers of small records."""

    ACCOUNT, OTHER, DATE = ACCOUNT, OTHER, DATE

    @staticmethod
    def user(number=1, name=None, account=ACCOUNT, **more):
        return User(
            account_id=account,
            user_id=f"AIDA{number:017d}",
            user_name=name or f"user{number}",
            path="/",
            create_date=DATE,
            **more,
        )

    @staticmethod
    def group(number=1, name=None, account=ACCOUNT):
        return Group(
            account_id=account,
            group_id=f"AGPA{number:017d}",
            group_name=name or f"group{number}",
            path="/",
            create_date=DATE,
        )

    @staticmethod
    def member(user=1, group=1, account=ACCOUNT):
        return Membership(account_id=account, user_id=f"AIDA{user:017d}", group_id=f"AGPA{group:017d}")

    @staticmethod
    def key(number=1, user=1, account=ACCOUNT):
        return AccessKey(
            account_id=account,
            access_key_id=f"AKIA{number:016d}",
            principal_id=f"AIDA{user:017d}",
            sealed_secret=b"\x00\xffsealed",
            create_date=DATE,
        )


@pytest.fixture
def make():
    return Make


@pytest.fixture
def view():
    return View(MemoryEngine())
