"""SQLite: settings that do not hold, errors of the disk, and data of a newer version are refused, clearly."""

import sqlite3
import threading
from functools import partial

import pytest

from keyreeve.entities import User
from keyreeve.store import Batch, Change, Duplicate, NewerData, SqliteEngine, StoreFailure, Unfit, View, sqlite
from keyreeve.store.database import SETTINGS, connect, settings
from keyreeve.store.schema import VERSION

ROW = Change("111122223333", "User", "a", b"{}")


class Sabotaged(sqlite3.Connection):
    """A connection on which statements are exchanged, or fail instead of or after their work."""

    exchange, fail_before, fail_after = {}, {}, {}

    def execute(self, statement, *values):
        self._fail(self.fail_before.pop(statement, None))
        cursor = super().execute(self.exchange.get(statement, statement), *values)
        self._fail(self.fail_after.pop(statement, None))
        return cursor

    def _fail(self, code):
        if code is not None:
            error = sqlite3.OperationalError("planted")
            error.sqlite_errorcode, error.sqlite_errorname = code, "PLANTED"
            raise error


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keyreeve.db"


@pytest.fixture
def sabotage(monkeypatch):
    """Connections opened from now on are sabotaged ones."""
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Sabotaged))
    for name in ("exchange", "fail_before", "fail_after"):
        monkeypatch.setattr(Sabotaged, name, {})
    return Sabotaged


@pytest.fixture
def engine(path):
    opened = SqliteEngine(path)
    yield opened
    opened.close()


def test_what_the_running_connection_says_is_what_was_wanted(path):
    connection = connect(path)
    assert settings(connection) == {name: held for name, _, held in SETTINGS}
    assert settings(connection)["synchronous"] == 2
    connection.close()


@pytest.mark.parametrize(
    ("setting", "instead"),
    [
        ("synchronous", "OFF"),
        ("synchronous", "NORMAL"),
        ("journal_mode", "DELETE"),
        ("journal_mode", "OFF"),
        ("fullfsync", "OFF"),
        ("checkpoint_fullfsync", "OFF"),
        ("busy_timeout", "0"),
        ("journal_size_limit", "-1"),
        ("trusted_schema", "ON"),
        ("cell_size_check", "OFF"),
        ("secure_delete", "OFF"),
    ],
)
def test_a_setting_that_does_not_hold_is_noticed_and_refused(path, sabotage, setting, instead):
    wanted = {name: wanted for name, wanted, _ in SETTINGS}[setting]
    sabotage.exchange[f"PRAGMA {setting} = {wanted}"] = f"PRAGMA {setting} = {instead}"
    with pytest.raises(Unfit, match=f"does not hold {setting} = {wanted}"):
        SqliteEngine(path)


def test_a_file_that_is_no_database_is_refused(path):
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(Unfit, match="not a SQLite database"):
        SqliteEngine(path)


def test_a_database_of_others_is_refused_and_left_as_it_is(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(Unfit, match="not made by Keyreeve"):
        SqliteEngine(path)


def test_a_newer_schema_is_refused(engine, path):
    engine._writer.execute(f"PRAGMA user_version = {VERSION + 1}")
    engine.close()
    with pytest.raises(NewerData, match=f"schema version {VERSION + 1}"):
        SqliteEngine(path)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StoreFailure, match="No such file"):
        SqliteEngine(tmp_path / "none" / "keyreeve.db")


def test_a_link_is_not_followed(path, tmp_path):
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreFailure):
        SqliteEngine(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_is_told_and_nothing_is_half_there(engine):
    engine.append(0, [Batch((ROW,))])
    (pages,) = engine._writer.execute("PRAGMA page_count").fetchone()
    engine._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFailure, match="the disk is full"):
        engine.append(1, [Batch(events=(b"x" * 100_000,)), Batch((ROW,))])
    assert (engine.head(), list(engine.events(0))) == (1, [])
    engine._writer.execute("PRAGMA max_page_count = 100000")
    assert engine.append(1, [Batch((ROW,), (b"x" * 100_000,))]) == 2


def test_a_row_that_somebody_else_wrote_is_told(engine):
    engine._writer.execute("INSERT INTO events (number, row) VALUES (1, x'00')")
    with pytest.raises(StoreFailure, match="did not write; see keyreeve events verify"):
        engine.append(0, [Batch(events=(b"row",))])


def test_a_record_that_stands_twice_is_refused(engine, path):
    engine.append(0, [Batch((ROW,))])
    engine._writer.execute("INSERT INTO records SELECT 2, account_id, kind, key, data, revision FROM records")
    with pytest.raises(StoreFailure, match="holds the record User a of account 111122223333 twice"):
        SqliteEngine(path)


def test_a_record_has_one_row_however_often_it_is_deleted_and_made_again(engine, path):
    def rows():
        return engine._read("SELECT id, key, data FROM records ORDER BY id")

    gone = Change(ROW.account_id, ROW.kind, ROW.key, None)
    engine.append(0, [Batch((ROW,)), Batch((gone,))])
    engine.append(2, [Batch((Change(ROW.account_id, ROW.kind, "b", b"{}"),)), Batch((ROW,))])
    assert rows() == [(1, "a", "{}"), (2, "b", "{}")]
    engine.append(4, [Batch((gone,))])
    assert rows() == [(1, "a", None), (2, "b", "{}")]
    engine.append(5, [Batch((ROW,))])
    other = SqliteEngine(path)
    other.append(6, [Batch((gone, Change(ROW.account_id, ROW.kind, "c", b"{}")))])
    other.close()
    engine.append(7, [Batch((Change(ROW.account_id, ROW.kind, "d", b"{}"), ROW))])
    assert rows() == [(1, "a", "{}"), (2, "b", "{}"), (3, "c", "{}"), (4, "d", "{}")]


@pytest.mark.parametrize("size", [100, 3000, 9000])
def test_what_a_record_held_is_overwritten(size, engine, path):
    held = b'{"sealed":"%s"}' % (b"held" * (size // 4))
    others = [Change(ROW.account_id, ROW.kind, f"{number}", b"{}") for number in range(300)]
    engine.append(0, [Batch((*others[:150], Change(ROW.account_id, ROW.kind, "a", held), *others[150:]))])
    engine.close()
    assert b"held" in path.read_bytes()
    engine.append(1, [Batch((Change(ROW.account_id, ROW.kind, "a", None),))])
    engine.close()
    assert b"held" not in path.read_bytes()


def test_what_is_deleted_after_packing_is_overwritten_again(engine, path):
    engine.append(
        0, [Batch((Change(ROW.account_id, ROW.kind, "a", b'{"sealed":"%s"}' % (b"held" * 3000)),), (b"row",))]
    )
    engine.replace_events(1, 1, b"block")
    assert engine.settings()["secure_delete"] == 1
    engine.append(1, [Batch((Change(ROW.account_id, ROW.kind, "a", None),))])
    engine.close()
    assert b"held" not in path.read_bytes()


def test_what_was_rolled_back_has_no_row(engine):
    engine._writer.execute("INSERT INTO events (number, row) VALUES (1, x'00')")
    with pytest.raises(StoreFailure):
        engine.append(0, [Batch((ROW,), (b"row",))])
    engine.replace_events(1, 1, None)
    engine.append(0, [Batch((Change(ROW.account_id, ROW.kind, "b", b"{}"),)), Batch((ROW,))])
    assert [change.key for change in engine.load()] == ["b", "a"]


def test_what_somebody_else_wrote_is_read_as_bytes(engine):
    """SQLite keeps what it is given in any column, and its replace() makes a text of bytes."""
    engine.append(0, [Batch(events=(b"\xffone",), metas=(("name", b"\xffvalue"),))])
    engine._writer.execute("UPDATE events SET row = replace(row, 'one', 'two')")
    engine._writer.execute("UPDATE metas SET value = replace(value, 'value', 'other')")
    engine._writer.execute("INSERT INTO blocks (first, last, block) VALUES ('first', 1, 'block')")
    assert list(engine.events(1)) == [(1, b"\xfftwo")]
    assert list(engine.blocks(0)) == [(0, 1, b"block")]
    assert engine.meta("name") == b"\xffother"


def test_a_database_that_another_process_holds_is_told(engine, path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine._writer.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(StoreFailure, match="another process holds"):
        engine.append(0, [Batch((ROW,))])
    other.execute("ROLLBACK")
    other.close()
    assert engine.append(0, [Batch((ROW,))]) == 1


@pytest.mark.parametrize(("when", "kept"), [("fail_before", 0), ("fail_after", 1)])
def test_a_commit_of_unknown_outcome_is_a_failure_and_the_next_reading_tells(path, sabotage, when, kept):
    engine = SqliteEngine(path)
    getattr(sabotage, when)["COMMIT"] = sqlite3.SQLITE_IOERR
    first = engine._writer
    with pytest.raises(StoreFailure, match="disk reports an error"):
        engine.append(0, [Batch((ROW,), (b"row",))])
    assert engine.head() == kept == len(list(engine.load())) == len(list(engine.events(0)))
    assert engine._writer is not first
    assert engine.append(kept, [Batch((ROW,))]) == kept + 1
    engine.close()


def test_what_cannot_be_confirmed_after_a_doubt_is_not_used(path, sabotage):
    engine = SqliteEngine(path)
    sabotage.fail_after["COMMIT"] = sqlite3.SQLITE_IOERR
    with pytest.raises(StoreFailure):
        engine.append(0, [Batch((ROW,))])
    sabotage.fail_before["PRAGMA wal_checkpoint(TRUNCATE)"] = sqlite3.SQLITE_IOERR
    with pytest.raises(StoreFailure):
        engine.head()
    sabotage.exchange["PRAGMA wal_checkpoint(TRUNCATE)"] = "SELECT 1, 0, 0"
    with pytest.raises(StoreFailure, match="cannot be confirmed yet"):
        engine.head()
    sabotage.exchange.clear()
    assert engine.head() == 1
    engine.close()


def test_an_unknown_kind_is_refused(engine):
    engine.append(0, [Batch((Change("111122223333", "Robot", "r", b"{}"),))])
    with pytest.raises(NewerData, match="a kind Robot"):
        View(engine)


USER = b'{"account_id":"111122223333","user_id":"%s","user_name":"a","path":"/","create_date":"2026-01-01T00:00:00Z"%s}'


@pytest.mark.parametrize(
    "data",
    [
        USER % (b"A", b',"x":1'),
        USER % (b"A", b',"permissions_boundary":{"permissions_boundary_arn":"arn","mode":"new"}'),
        USER % (b"A", b',"tags":[["key","value","new"]]'),
        USER % (b"B", b""),
        b'{"account_id":"111122223333"}',
        b"not json",
    ],
    ids=["member", "inner", "array", "another", "missing", "broken"],
)
def test_a_record_that_would_lose_something_is_refused(engine, data):
    engine.append(0, [Batch((Change("111122223333", "User", "A", data),))])
    with pytest.raises(NewerData, match="User A of account 111122223333"):
        View(engine)


def test_the_order_of_members_does_not_matter(engine):
    data = (
        b'{"user_name":"a","path":"/","user_id":"A","create_date":"2026-01-01T00:00:00Z","account_id":"111122223333"}'
    )
    engine.append(0, [Batch((Change("111122223333", "User", "A", data),))])
    assert View(engine).begin().find(User, "111122223333", "name", "a").key == "A"


def test_two_records_with_one_unique_value_are_refused(engine):
    for number, key in enumerate(("A", "B")):
        engine.append(number, [Batch((Change("111122223333", "User", key, USER % (key.encode(), b"")),))])
    with pytest.raises(Duplicate, match="a User already whose name is a"):
        View(engine)


def test_records_are_json_that_any_tool_reads(engine, make):
    view = View(engine)
    tx = view.begin()
    tx.put(make.user(1))
    tx.commit()
    view.save()
    query = "SELECT json_extract(data, '$.user_name') FROM records"
    assert engine._read(query) == [("user1",)]
    assert View(engine).begin().all(User, make.ACCOUNT) == [make.user(1)]


def test_after_a_slow_commit_the_next_ones_have_to_show_that_they_are_quick(engine, monkeypatch):
    assert engine.quick
    monkeypatch.setattr(sqlite, "QUICK_SECONDS", -1)
    engine.set_meta("a", b"1")
    monkeypatch.setattr(sqlite, "QUICK_SECONDS", 3600)
    for _ in range(sqlite.QUICK_COMMITS):
        assert not engine.quick
        engine.set_meta("a", b"1")
    assert engine.quick


def test_who_had_to_wait_for_another_process_is_not_quick(engine, path, monkeypatch):
    monkeypatch.setattr(sqlite, "QUICK_SECONDS", 0.1)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, other.execute, ("COMMIT",))
    timer.start()
    engine.set_meta("a", b"1")
    assert not engine.quick
    timer.join()
    other.close()


def test_after_a_failure_nothing_is_quick(engine):
    assert engine.quick
    engine._writer.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(engine.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailure, match="another process"):
        engine.set_meta("a", b"1")
    other.close()
    assert not engine.quick


def test_while_somebody_writes_nothing_is_quick(engine, monkeypatch):
    monkeypatch.setattr(sqlite, "QUICK_SECONDS", 3600)
    with engine._writing("Saving failed"):
        assert not engine.quick
    assert engine.quick
