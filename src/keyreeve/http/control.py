"""The control socket: how commands on this machine reach the running server.

A Unix socket with mode 0600 in the data folder. Each line is a JSON request `{"command": …, "arguments": {…}}`, each
answer a line with `{"result": …}` or `{"error": {"code": …, "message": …}}`. Only this user and root may speak.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import struct
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyreeve.faults import Fault
from keyreeve.logs import logger
from keyreeve.store import StoreFailure

if TYPE_CHECKING:
    from keyreeve.http.door import Dispatch
    from keyreeve.http.durability import Durability

LOG = logger("control")
LINE_BYTES = 1 << 24  # the longest command holds a catalogue of managed policies, compressed
IDLE_SECONDS = 60.0
ROOT = 0
PATH_BYTES = 100  # a socket's address holds 108 bytes on Linux, 104 elsewhere


class NotRunning(Exception):
    """No server listens on this socket."""


class Refused(Exception):
    """The server's error: `code` is AWS's where there is one."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Control:
    """The server's side, in the same event loop as HTTP: `dispatch` runs between two requests."""

    def __init__(self, path: Path, dispatch: Dispatch, durability: Durability) -> None:
        self.path = path
        self.dispatch = dispatch
        self.durability = durability
        self.server: asyncio.Server | None = None
        self.conversations: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. The folder's lock is ours, so a socket left behind by a server that died is removed."""
        self.server = await asyncio.start_unix_server(self._converse, sock=_bind(self.path), limit=LINE_BYTES)

    async def stop(self) -> None:
        """Listen no more and end the conversations."""
        if self.server is not None:
            self.server.close()
        for task in self.conversations:
            task.cancel()
        await asyncio.gather(*self.conversations, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self.conversations.add(task)
            task.add_done_callback(self.conversations.discard)
        try:
            await self._lines(reader, writer)
        except (TimeoutError, ConnectionError):
            return
        finally:
            writer.close()

    async def _lines(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not _may_speak(writer):
            await _say(writer, _error("AccessDenied", "Only the server's own user and root may use this socket."))
            return
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    line = await reader.readline()
            except ValueError:
                await _say(writer, _error("RequestEntityTooLarge", f"A line has at most {LINE_BYTES} bytes."))
                return
            if not line.endswith(b"\n"):
                return
            await _say(writer, await self._answer(line))

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            command, arguments = _request(line)
        except (ValueError, RecursionError) as error:
            return _error("MalformedInput", str(error))
        try:
            outcome = self.dispatch(command, arguments)
        except Fault as fault:
            return _error(fault.code, fault.message or "")
        except StoreFailure as failure:
            LOG.error("command failed", command=command, reason=str(failure))
            return _error("ServiceUnavailable", f"The store cannot be used: {failure}")
        except Exception:
            request_id = str(uuid.uuid4())
            LOG.exception("command failed", request_id=request_id, command=command)
            return _error("ServiceFailure", f"The command failed; the server's log has it as request {request_id}.")
        try:
            await self.durability.reach(outcome.revision)
        except Exception as error:  # noqa: BLE001  whatever kept it from being so
            LOG.error("revision is not durable", command=command, revision=outcome.revision, reason=str(error))
            return _error("ServiceUnavailable", "The change could not be stored; try again.")
        return {"result": outcome.result}


def ask(path: Path, command: str, arguments: dict[str, object], seconds: float = 60.0) -> object:
    """Have the server that listens at `path` run a command; blocks. Raises NotRunning, Refused, or TimeoutError."""
    line = json.dumps({"command": command, "arguments": arguments}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            with _Address(path) as address:
                connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunning(f"No server is running on {path.parent}.") from error
        with suppress(BrokenPipeError):  # a refusal may be there already, and is read next
            connection.sendall(line)
        try:
            with connection.makefile("rb") as answers:
                line = answers.readline()
        except TimeoutError:
            raise TimeoutError(f"The server on {path.parent} has not answered for {seconds:.0f} s.") from None
    answer: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {"error": {}}
    if "error" in answer:
        told = answer["error"]
        raise Refused(told.get("code", "ServiceFailure"), told.get("message", "The server ended the conversation."))
    return answer["result"]


def _request(line: bytes) -> tuple[str, dict[str, object]]:
    """A request's command and arguments; ValueError says what is wrong."""
    request = json.loads(line)
    if not isinstance(request, dict) or set(request) - {"command", "arguments"}:
        raise ValueError("A request is an object with a command and arguments.")
    command, arguments = request.get("command"), request.get("arguments", {})
    if not isinstance(command, str) or not isinstance(arguments, dict):
        raise ValueError("A command is a string, arguments are an object.")  # noqa: TRY004  one class for bad lines
    return command, arguments


def _error(code: str, message: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


async def _say(writer: asyncio.StreamWriter, answer: dict[str, object]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


def _may_speak(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer is this user or root (SO_PEERCRED: what the kernel says, not what the peer says)."""
    peer: socket.socket = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return uid in {ROOT, os.geteuid()}


def _bind(path: Path) -> socket.socket:
    """A socket at this path that only its owner can reach; nobody can before it listens, so chmod is in time."""
    if path.exists() and not stat.S_ISSOCK(path.lstat().st_mode):
        raise FileExistsError(f"{path} is in the way of the control socket; move it.")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _Address(path) as address:
        listener.bind(address)
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return listener


class _Address:
    """A path as a socket's address, which holds about 100 bytes: longer ones go through the open folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder: int | None = None

    def __enter__(self) -> str:
        if len(os.fsencode(self.path)) <= PATH_BYTES:
            return str(self.path)
        self.folder = os.open(self.path.parent, os.O_PATH | os.O_DIRECTORY)
        return f"/proc/self/fd/{self.folder}/{self.path.name}"

    def __exit__(self, *_: object) -> None:
        if self.folder is not None:
            os.close(self.folder)
