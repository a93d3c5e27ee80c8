"""Backups: one consistent file while writes go on, and the way back."""

import os
import sqlite3
import stat
import threading

import pytest

from keyreeve.entities import Group, Membership, User
from keyreeve.store import NewerData, SqliteEngine, StoreFailure, Unfit, View
from keyreeve.store.backup import Exists, backup, restore
from keyreeve.store.folder import claim


@pytest.fixture
def folder(tmp_path):
    with claim(tmp_path / "data") as claimed:
        yield claimed


@pytest.fixture
def view(folder):
    engine = SqliteEngine(folder.database)
    yield View(engine)
    engine.close()


@pytest.fixture
def other(tmp_path):
    with claim(tmp_path / "other") as claimed:
        yield claimed


def add(view, make, number):
    tx = view.begin()
    tx.put(make.user(number))
    tx.put(make.group(number))
    tx.put(make.member(number, number))
    tx.record_events(b"row %d" % number)
    tx.commit()
    view.save()


def test_a_backup_while_writing_is_one_state(view, folder, other, make, tmp_path):
    add(view, make, 0)
    stop = threading.Event()

    def write():
        number = 1
        while not stop.is_set():
            add(view, make, number)
            number += 1

    writing = threading.Thread(target=write)
    writing.start()
    copies = [tmp_path / f"copy{number}" for number in range(5)]
    for copy in copies:
        backup(folder.database, copy)
    stop.set()
    writing.join()
    restore(copies[-1], other)
    engine = SqliteEngine(other.database)
    tx = View(engine).begin()
    count = tx.count(User, make.ACCOUNT)
    assert count == engine.head() == len(list(engine.events(0)))
    assert count == tx.count(Group, make.ACCOUNT) == tx.count(Membership, make.ACCOUNT)
    assert 0 < count <= view.begin().count(User, make.ACCOUNT)
    engine.close()


def test_it_is_one_file_for_its_owner_alone(view, folder, make, tmp_path):
    add(view, make, 1)
    target = tmp_path / "to" / "copy"
    target.parent.mkdir()
    old = os.umask(0)
    try:
        backup(folder.database, target)
    finally:
        os.umask(old)
    assert [file.name for file in target.parent.iterdir()] == ["copy"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_nothing_is_overwritten(view, folder, tmp_path):
    target = tmp_path / "copy"
    target.write_text("precious")
    with pytest.raises(Exists):
        backup(folder.database, target)
    assert target.read_text() == "precious"
    backup(folder.database, tmp_path / "good")
    assert folder.database.with_name("keyreeve.db-wal").exists()
    with pytest.raises(Exists, match=r"keyreeve\.db is there already"):  # and no advice to move its log away
        restore(tmp_path / "good", folder)


def test_a_file_system_without_links_has_backups_too(view, folder, make, tmp_path, monkeypatch):
    def without_links(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", without_links)
    add(view, make, 1)
    backup(folder.database, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    engine = SqliteEngine(tmp_path / "copy")
    assert View(engine).begin().everywhere(User)
    engine.close()
    with pytest.raises(Exists):
        backup(folder.database, tmp_path / "copy")
    monkeypatch.setattr("keyreeve.store.backup.Path.exists", lambda _: False)  # made by somebody else meanwhile
    with pytest.raises(Exists):
        backup(folder.database, tmp_path / "copy")


@pytest.mark.parametrize("page", range(1, 8))
def test_a_damaged_copy_is_not_restored(page, view, folder, other, make, tmp_path):
    for number in range(200):
        add(view, make, number)
    copy = tmp_path / "copy"
    backup(folder.database, copy)
    with copy.open("r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xa5" * 4096)
    with pytest.raises(Unfit, match="damaged"):
        restore(copy, other)
    assert not other.database.exists()


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_what_is_no_backup_is_not_restored(content, other, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(content)
    with pytest.raises(Unfit):
        restore(copy, other)
    with pytest.raises(Unfit):
        restore(tmp_path / "missing", other)
    assert not other.database.exists()


def test_a_newer_backup_is_not_restored(view, folder, other, tmp_path):
    copy = tmp_path / "copy"
    backup(folder.database, copy)
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerData):
        restore(copy, other)
    assert not other.database.exists()


def test_a_place_that_is_not_there_is_told_without_numbers(view, folder, tmp_path):
    with pytest.raises(StoreFailure, match=r"failed: No such file or directory\.$"):
        backup(folder.database, tmp_path / "nowhere" / "copy")


def test_a_backup_of_a_folder_that_is_not_there_leaves_nothing(tmp_path):
    with pytest.raises(Unfit):
        backup(tmp_path / "none.db", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_log_that_another_database_left_is_not_applied_to_a_restored_one(suffix, view, folder, other, make, tmp_path):
    add(view, make, 1)
    backup(folder.database, tmp_path / "copy")
    left = other.path / f"keyreeve.db{suffix}"
    left.write_bytes(b"of another")
    with pytest.raises(Exists, match=f"keyreeve.db{suffix} belongs to a database that was here"):
        restore(tmp_path / "copy", other)
    assert not other.database.exists()
    left.unlink()
    restore(tmp_path / "copy", other)
