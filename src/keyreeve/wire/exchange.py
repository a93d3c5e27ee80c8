"""An exchange: one request as it came and the answer it gets, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import msgspec


class Request(msgspec.Struct, frozen=True):
    """What a client sent.

    `path` and `query` are raw (still percent-encoded; `query` without its `?`). `headers` are in the order of arrival,
    names in lower case, values as latin-1 text. `source_ip` is the peer's address in text, already resolved through
    trusted proxies; `secure` says whether it came over TLS.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    secure: bool = False

    def header(self, name: str) -> str | None:
        """The first value of the header with this lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class Answer(msgspec.Struct, frozen=True):
    """What the client gets, once `revision` is durable (0: at once).

    `service`, `operation` and `error_code` are for whoever counts and limits: a service and an operation of the models
    (never a name that only the client gave), and the code of the error document; each empty where there is none.
    `proven` says that the client proved who it is, whatever it was answered.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    revision: int = 0
    service: str = ""
    operation: str = ""
    error_code: str = ""
    proven: bool = False


class Later(msgspec.Struct, frozen=True):
    """No answer yet: slow work comes first.

    `work` may run in any thread and touches nothing of ours; `go_on` takes what it gave, in the thread that handles
    requests. It is not called at all where the work cannot be done. `proven` says that the client has proved already
    who it is; where it has not, the work is part of finding out. `operation` is what is asked for. `account_id` is the
    account whose share the work takes, if one stands for it. Work that is the `same` is done once for all who wait.
    """

    work: Callable[[], object]
    go_on: Callable[[object], Answer | Later]
    proven: bool = True
    operation: str = ""
    account_id: str = ""
    same: Hashable | None = None
