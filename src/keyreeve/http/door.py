"""What stands behind the door: the service that answers requests, and the commands of the control socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from keyreeve.wire.exchange import Answer, Later, Request

Done = Callable[[BaseException | None], None]


class Door(Protocol):
    """A service as the HTTP door needs it. All is called from the event loop's thread and must be quick."""

    @property
    def durable(self) -> int:
        """The newest revision that is safely stored."""

    def handle(self, request: Request) -> Answer | Later:
        """Answer a request, or say what slow work comes first, which is done in another thread.

        Bad input is an answer too; an exception is a bug and leaves as `ServiceFailure`.
        """

    def wait(self, revision: int, done: Done, oldest: int | None = None) -> None:
        """Call `done`, from any thread, once `revision` is durable (with None) or has failed (with the reason).

        With `oldest`, once all revisions from there on are durable, or one of them has failed.
        """

    def kick(self) -> None:
        """Have what was committed or pledged stored now; called once for all requests of a turn of the event loop."""

    def ready(self) -> bool:
        """Whether requests can be served now."""

    def health(self) -> Mapping[str, object]:
        """Facts for the health probe, as JSON values: seen without authentication, so nothing confidential."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command of the control socket gives, once `revision` is durable (0: at once). `result` is JSON values."""

    result: object
    revision: int = 0


Dispatch = Callable[[str, dict[str, object]], Outcome]
"""Runs a command by name with its arguments. A `Fault` is told to the caller; anything else is logged as a bug."""
