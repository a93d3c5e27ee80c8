"""The control socket: who may speak, and what is said."""

import json
import os
import socket
import stat
import threading

import pytest

from keyreeve.faults import NoSuchEntity
from keyreeve.http import control
from keyreeve.http.control import NotRunning, Refused, ask
from keyreeve.http.door import Outcome


def dispatch(command, arguments):
    match command:
        case "echo":
            return Outcome(arguments)
        case "write":
            return Outcome("written", revision=arguments["revision"])
        case "fault":
            raise NoSuchEntity("There is no such thing.")
        case _:
            raise KeyError("planted")


@pytest.fixture
def path(serving, tmp_path):
    serving(dispatch=dispatch)
    return tmp_path / "keyreeve.sock"


def raw(path, data):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(data)
        with connection.makefile("rb") as answers:
            return json.loads(answers.readline())


def test_a_command_is_answered(path):
    assert ask(path, "echo", {"a": [1, "é"]}) == {"a": [1, "é"]}


def test_the_socket_is_its_owners_alone(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_fault_keeps_its_code_and_sentence(path):
    with pytest.raises(Refused) as told:
        ask(path, "fault", {})
    assert (told.value.code, told.value.message) == ("NoSuchEntity", "There is no such thing.")


def test_a_bug_is_told_without_its_details(path, caplog):
    with pytest.raises(Refused, match="ServiceFailure") as told:
        ask(path, "bug", {})
    assert "planted" not in str(told.value)
    assert caplog.records[-1].fields["request_id"] in told.value.message


def test_a_write_is_answered_when_it_is_durable(path, door):
    threading.Timer(0.2, lambda: door.waits[0][1](None)).start()
    assert ask(path, "write", {"revision": 3}) == "written"


def test_a_write_that_fails_is_told(path, door):
    door.wait = lambda _revision, done, _oldest: done(OSError("disk full"))
    with pytest.raises(Refused, match="ServiceUnavailable"):
        ask(path, "write", {"revision": 3})


@pytest.mark.parametrize(
    "line",
    [
        b"noise",
        b"[]",
        b"{}",
        b'{"command": 1}',
        b'{"command": "echo", "arguments": []}',
        b'{"command": "echo", "more": 1}',
        b"\xff",
        b"[" * 100_000,
    ],
    ids=lambda line: line[:12],
)
def test_lines_that_are_no_request_are_refused(line, path):
    assert raw(path, line + b"\n")["error"]["code"] == "MalformedInput"


def test_a_line_without_an_end_is_refused(path):
    assert raw(path, b"x" * (control.LINE_BYTES + 10))["error"]["code"] == "RequestEntityTooLarge"


def test_one_conversation_holds_many_commands(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        with connection.makefile("rwb") as lines:
            for number in range(3):
                lines.write(json.dumps({"command": "echo", "arguments": {"n": number}}).encode() + b"\n")
                lines.flush()
                assert json.loads(lines.readline()) == {"result": {"n": number}}


def test_other_users_are_refused(path, monkeypatch):
    monkeypatch.setattr(control, "ROOT", -1)
    monkeypatch.setattr(control.os, "geteuid", lambda: -1)
    with pytest.raises(Refused, match="AccessDenied"):
        ask(path, "echo", {})


def test_without_a_server_the_client_says_so(tmp_path):
    with pytest.raises(NotRunning, match="No server is running"):
        ask(tmp_path / "keyreeve.sock", "echo", {})


@pytest.mark.parametrize("said", [b"", b'{"result": {"secret_access'])
def test_an_answer_that_is_cut_off_is_told(said, tmp_path):
    path = tmp_path / "keyreeve.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Refused, match="The server ended the conversation"):
            ask(path, "echo", {})
        thread.join(5)


def test_a_server_that_does_not_answer_is_told(tmp_path):
    path = tmp_path / "keyreeve.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(TimeoutError, match="has not answered"):
            ask(path, "echo", {}, seconds=0.1)


def test_a_socket_left_behind_is_replaced_and_the_end_removes_it(serving, tmp_path):
    path = tmp_path / "keyreeve.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with pytest.raises(NotRunning):
        ask(path, "echo", {})
    running = serving(dispatch=dispatch)
    assert ask(path, "echo", {}) == {}
    running.stop()
    assert not path.exists()


def test_a_file_in_the_way_is_not_removed(tmp_path):
    path = tmp_path / "keyreeve.sock"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="in the way"):
        control._bind(path)
    assert path.read_text() == "precious"


def test_a_folder_with_a_long_path_works(serving, tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    serving(dispatch=dispatch, data=folder)
    path = folder / "keyreeve.sock"
    assert len(os.fsencode(path)) > 108
    assert ask(path, "echo", {}) == {}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
