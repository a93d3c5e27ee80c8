"""The slow clock: what goes by time for good, as old events do, goes by this one.

A machine's clock can jump years ahead, by mistake or by an attack on its time server; what retention deletes then does
not come back when it is set right. So this clock goes at most twice as fast as time passes on the monotonic clock,
which nobody sets: a jump ahead costs one more day of history each day, and there is time to notice. After a long rest
of the server it catches up at the same pace. Set back, it follows at once: that deletes less.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

import msgspec

from keyreeve.events.chain import Ring

CLOCK = "event log clock"
"""The name and the purpose of the time as it is kept."""

PACE = 2
"""How much faster than time passes it may go."""

NOTICEABLE = timedelta(days=1)
"""How far the clock may be ahead before that is said aloud."""


class SlowClock:
    """Goes on from the time that was kept or, without one under our seal, from the newest event's. Any thread may ask.

    `clock` gives aware UTC times, `monotonic` seconds.
    """

    def __init__(
        self,
        kept: bytes | None,
        ring: Ring,
        newest: datetime | None,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._ring, self._clock, self._monotonic = ring, clock, monotonic
        self._lock = Lock()
        self._asked = monotonic()
        self._time = _opened(kept, ring) or newest or clock()

    def now(self) -> datetime:
        """The time as far as it is believed."""
        with self._lock:
            asked = self._monotonic()
            passed = timedelta(seconds=asked - self._asked)
            self._time, self._asked = min(self._clock(), self._time + PACE * passed), asked
            return self._time

    @property
    def behind(self) -> timedelta:
        """How far the machine's clock is ahead of this one."""
        return self._clock() - self.now()

    def kept(self) -> bytes:
        """The time, sealed, to go on from at the next start."""
        plain = msgspec.msgpack.encode(self.now())
        return msgspec.msgpack.encode((plain, self._ring.mac(plain, CLOCK)))


def _opened(kept: bytes | None, ring: Ring) -> datetime | None:
    if kept is None:
        return None
    try:
        plain, code = msgspec.msgpack.decode(kept, type=tuple[bytes, bytes])
        return msgspec.msgpack.decode(plain, type=datetime) if ring.authentic(plain, code, CLOCK) else None
    except msgspec.MsgspecError:
        return None
