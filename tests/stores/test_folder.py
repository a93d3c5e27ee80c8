"""The data folder: one owner at a time, and nobody else's eyes."""

import fcntl
import os
import re
import stat
import subprocess
import sys

import pytest

from keyreeve.store import SqliteEngine
from keyreeve.store.folder import FolderError, InUse, claim

HOLD = """
import sys
from pathlib import Path
from keyreeve.store.folder import claim
folder = claim(Path(sys.argv[1]))
print("claimed", flush=True)
sys.stdin.read()
"""


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_made_for_its_owner_alone(tmp_path):
    old = os.umask(0)
    try:
        with claim(tmp_path / "a" / "data") as folder:
            engine = SqliteEngine(folder.database)
            assert mode(folder.path) == 0o700
            assert {file.name: mode(file) for file in folder.path.iterdir()} == dict.fromkeys(
                ["keyreeve.db", "keyreeve.db-shm", "keyreeve.db-wal", "keyreeve.lock"], 0o600
            )
            engine.close()
    finally:
        os.umask(old)


def test_modes_that_are_too_wide_are_narrowed(tmp_path):
    path = tmp_path / "data"
    with claim(path) as folder:
        SqliteEngine(folder.database).close()
        folder.database.chmod(0o644)
    path.chmod(0o755)
    with claim(path) as folder:
        SqliteEngine(folder.database).close()
        assert (mode(path), mode(folder.database)) == (0o700, 0o600)


def test_a_second_process_is_told_who_owns_it_and_what_to_do(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"claimed\n"
        with pytest.raises(InUse, match=f"is in use by process {other.pid}. Stop it first") as refused:
            claim(tmp_path / "data")
        assert refused.value.pid == other.pid
        other.kill()
        other.wait()
    claim(tmp_path / "data").release()


def test_it_is_given_up_at_the_end_and_to_be_had_again(tmp_path):
    with claim(tmp_path / "data"), pytest.raises(InUse):
        claim(tmp_path / "data")
    folder = claim(tmp_path / "data")
    folder.release()
    folder.release()
    claim(tmp_path / "data").release()


class Failure(Exception):
    pass


def test_a_folder_that_was_made_for_nothing_goes_again(tmp_path):
    with pytest.raises(Failure), claim(tmp_path / "a" / "data"):
        raise Failure
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there_before", [False, True])
def test_a_folder_with_anything_in_it_stays_and_so_does_one_that_was_there(tmp_path, there_before):
    path = tmp_path / "data"
    if there_before:
        path.mkdir()
    folder = claim(path)
    if not there_before:
        (path / "keyring.json").touch()
    with pytest.raises(Failure), folder:
        raise Failure
    assert path.exists()


def test_the_lock_of_a_folder_that_was_removed_is_nobodys(tmp_path, monkeypatch):
    path = tmp_path / "data"
    locked = fcntl.flock

    def removed_meanwhile(lock, operation):
        (path / "keyreeve.lock").unlink()
        locked(lock, operation)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    with pytest.raises(InUse):
        claim(path)


def test_a_child_process_does_not_keep_the_lock(tmp_path):
    folder = claim(tmp_path / "data")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        folder.release()
        claim(tmp_path / "data").release()
        child.kill()


def test_a_folder_of_others_is_left_alone(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(FolderError, match="has other files in it"):
        claim(tmp_path)
    assert mode(tmp_path) == 0o755


def test_a_folder_that_has_a_data_folder_in_it_is_none(tmp_path):
    (tmp_path / "keyreeve-data").mkdir()
    with pytest.raises(FolderError, match="has other files in it"):
        claim(tmp_path)


def test_a_folder_with_a_configuration_only_is_ours(tmp_path):
    (tmp_path / "keyreeve.toml").write_text("")
    claim(tmp_path).release()


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match=re.escape("cannot be used for data")):
        claim(tmp_path / "file" / "data")
