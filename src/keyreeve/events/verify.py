"""Verifying: does the log still hold what was recorded, all of it, in its order?"""

from __future__ import annotations

from typing import Literal

import msgspec

from keyreeve.events.breach import BREACH
from keyreeve.events.chain import FLOOR, HEAD, Block, Broken, End, Ring, link, split, unseal
from keyreeve.events.event import Event
from keyreeve.events.packing import summary
from keyreeve.store.engine import Engine

Kind = Literal["edited", "missing", "truncated", "unsealed", "hidden", "breach"]


class Problem(msgspec.Struct, frozen=True):
    """Something wrong at the row numbered `sequence`.

    `edited`: a row is not what was written there (changed, moved or replaced). `missing`: rows are gone before this
    one. `truncated`: the newest rows are gone, or not those of the head noted outside. `unsealed`: an end is not
    authenticated, or rows follow the sealed head. `hidden`: look-ups would pass over a block. `breach`: the log was
    opened broken at this point before.
    """

    sequence: int
    kind: Kind
    sentence: str


def verify(engine: Engine, ring: Ring, outside: End | None = None) -> list[Problem]:
    """Every problem of the log, in order; none when it is whole.

    `outside` is a head that was noted elsewhere earlier: it shows whether the whole log was put back to an older state.
    """
    check = _Check(engine, ring, outside)
    check.walk()
    return check.problems


class _Check:
    """A walk along the chain; `at` is the row it stands on."""

    def __init__(self, engine: Engine, ring: Ring, outside: End | None) -> None:
        self.engine, self.ring, self.outside = engine, ring, outside
        self.problems: list[Problem] = []
        self.floor = self.at = self._end(FLOOR)

    def walk(self) -> None:
        """To the head. While a server writes and packs, there is more at the end of a round than at its start."""
        first = self.floor.sequence + 1
        while True:
            before = self.at
            for block in self.engine.blocks(self.at.sequence + 1):
                self._block(*block)
            packed_meanwhile = self._rows(first)
            head = self._end(HEAD)
            if not packed_meanwhile and (head.sequence <= self.at.sequence or self.at == before):
                return self._close(head)
            first = self.at.sequence + 1

    def _rows(self, first: int) -> bool:
        for sequence, row in self.engine.events(first):
            if sequence > self.at.sequence + 1 and any(True for _ in self.engine.blocks(self.at.sequence + 1)):
                return True
            digest, record = split(row)
            self._follows(sequence)
            self._step(sequence, record, digest)
        return False

    def _found(self, kind: Kind, sentence: str, sequence: int | None = None) -> None:
        self.problems.append(Problem(self.at.sequence if sequence is None else sequence, kind, sentence))

    def _end(self, purpose: str) -> End:
        try:
            return unseal(self.engine.meta(purpose), self.ring, purpose)
        except Broken as broken:
            self._found("unsealed", f"{broken}", 0)
            return End()

    def _follows(self, sequence: int) -> None:
        if sequence > self.at.sequence + 1:
            self._found("missing", f"rows {self.at.sequence + 1} to {sequence - 1} are gone", sequence)
        elif sequence <= self.at.sequence:
            self._found("edited", f"row {sequence} is there twice", sequence)

    def _step(self, sequence: int, record: bytes, kept: bytes | None = None) -> None:
        digest = link(self.at.digest, record)
        if kept is not None and kept != digest:
            self._found("edited", f"row {sequence} does not follow from the one before", sequence)
        if self.outside is not None and sequence == self.outside.sequence and digest != self.outside.digest:
            self._found("truncated", f"row {sequence} is not the one whose head was noted", sequence)
        breach = _breach(record)
        if breach is not None:
            self._found("breach", f"the log was opened broken before row {sequence}{breach}", sequence)
        self.at = End(sequence, digest if kept is None else kept)

    def _block(self, first: int, last: int, data: bytes) -> None:
        self._follows(first)
        try:
            block = Block.decode(data)
            records = block.records()
        except Broken as broken:
            self._found("edited", f"{broken}", first)
            self.at = End(last)
            return
        if (block.first, block.last, block.previous) != (first, last, self.at.digest):
            self._found("edited", f"block {first}-{last} does not follow from what is before", first)
            self.at = End(first - 1, block.previous)
        for sequence, record in enumerate(records, first):
            self._step(sequence, record)
        if self.at.digest != block.digest:
            self._found("edited", f"block {first}-{last} holds other records than were packed", first)
        else:
            self._look_up(block, records)
        self.at = End(last, block.digest)

    def _look_up(self, block: Block, records: list[bytes]) -> None:
        try:
            found = summary(records)
        except Broken as broken:
            self._found("edited", f"block {block.first}-{block.last}: {broken}", block.first)
            return
        if found != (block.oldest, block.newest, block.hints, block.ids):
            self._found("hidden", f"block {block.first}-{block.last} would not be found by look-ups", block.first)

    def _close(self, head: End) -> None:
        if head.sequence > self.at.sequence:
            self._found("truncated", f"rows {self.at.sequence + 1} to {head.sequence} are gone", head.sequence)
        elif head.sequence < self.at.sequence:
            self._found("unsealed", f"rows after {head.sequence} are not sealed")
        elif head != self.at:
            self._found("edited", "the last row is not the one that was sealed")
        if self.outside is not None and self.outside.sequence > self.at.sequence:
            self._found(
                "truncated", f"row {self.outside.sequence}, whose head was noted, is gone", self.outside.sequence
            )


def _breach(record: bytes) -> str | None:
    """What a record tells of an earlier breach: its reason, where it has one; None for all other records."""
    if BREACH.encode() not in record:
        return None
    try:
        event = Event.decode(record)
    except msgspec.MsgspecError:
        return None
    if event.event_name != BREACH:
        return None
    reason = (event.additional_event_data or {}).get("reason")
    return f": {reason}" if reason else ""
