"""Deliveries: how far each trail's files are, kept sealed in the store so that a delivery goes on where one ended."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from keyreeve.events.chain import Ring
from keyreeve.store import Engine

PURPOSE = "trail delivery"


class Plan(msgspec.Struct, frozen=True, array_like=True):
    """Log files that are being written: for the events numbered `first` to `last`, named after `time`."""

    first: int
    last: int
    time: datetime


class LogFile(msgspec.Struct, frozen=True, array_like=True):
    """A log file that was written: what a digest says of it. The hash is that of the content before compression."""

    region: str
    bucket: str
    key: str
    hash_value: str
    newest: datetime
    oldest: datetime


class Digest(msgspec.Struct, frozen=True, array_like=True):
    """A digest file that was written: what the next one says of it. `idle` digests in a row told of no log file."""

    bucket: str
    key: str
    hash_value: str
    signature: str
    end: datetime
    idle: int = 0


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a trail is: events are in files up to the one numbered `delivered`.

    `files` are in no digest yet; `digests` are the last ones by region; `digest_end` is that of digests that are being
    written, `digest_start` where they begin. The errors are those of the last attempt.
    """

    delivered: int = 0
    plan: Plan | None = None
    files: tuple[LogFile, ...] = ()
    digests: dict[str, Digest] = {}
    digest_start: datetime | None = None
    digest_end: datetime | None = None
    attempt_time: datetime | None = None
    delivery_time: datetime | None = None
    delivery_error: str | None = None
    digest_time: datetime | None = None
    digest_error: str | None = None


class Deliveries:
    """The buckets that can be delivered to, and every trail's state. One thread notes, any thread asks."""

    def __init__(self, buckets: Iterable[tuple[str, Path]] = ()) -> None:
        self._folders: Mapping[str, Path] = dict(buckets)
        self._states: dict[str, State] = {}

    def takes(self, bucket: str) -> bool:
        """Whether the configuration has a folder for the bucket."""
        return bucket in self._folders

    def folder(self, bucket: str) -> Path:
        """The bucket's folder; FileNotFoundError if it has none, or that is not there."""
        folder = self._folders.get(bucket)
        if folder is None or not folder.is_dir():
            raise FileNotFoundError(f"there is no folder for the bucket {bucket}")
        return folder

    def state(self, trail_id: str) -> State:
        """How far a trail is; one that never delivered is at its beginning."""
        return self._states.get(trail_id, _BEGINNING)

    def note(self, trail_id: str, state: State) -> State:
        """Remember a state, in memory alone."""
        self._states[trail_id] = state
        return state

    def save(self, engine: Engine, ring: Ring, trail_id: str, state: State) -> State:
        """Remember a state; it is durable on return."""
        plain = msgspec.msgpack.encode(state)
        sealed = msgspec.msgpack.encode((plain, ring.mac(plain, _purpose(trail_id))))
        engine.set_meta(_purpose(trail_id), sealed)
        return self.note(trail_id, state)

    def forget(self, engine: Engine, trail_ids: Container[str]) -> None:
        """Forget the states of all trails but these: the others were deleted."""
        for trail_id in [trail_id for trail_id in self._states if trail_id not in trail_ids]:
            engine.forget_meta(_purpose(trail_id))
            del self._states[trail_id]

    def load(self, engine: Engine, ring: Ring, trail_id: str, last: int) -> None:
        """Take up what was saved of a trail; what is not sealed under our ring is not believed.

        A log that was cut off ends, at `last`, before what was delivered of it; what comes has old numbers, and is new.
        """
        sealed = engine.meta(_purpose(trail_id))
        if sealed is None:
            return
        try:
            plain, code = msgspec.msgpack.decode(sealed, type=tuple[bytes, bytes])
            if ring.authentic(plain, code, _purpose(trail_id)):
                state = msgspec.msgpack.decode(plain, type=State)
                self.note(trail_id, msgspec.structs.replace(state, delivered=min(state.delivered, last)))
        except msgspec.MsgspecError:
            return


_BEGINNING = State()


def _purpose(trail_id: str) -> str:
    return f"{PURPOSE} {trail_id}"
