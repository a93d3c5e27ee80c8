"""Time-based one-time codes of virtual MFA devices (RFC 6238: SHA-1, six digits, steps of 30 seconds).

A code works once: what matches is a step, and the device remembers the newest one used (`MFADevice.last_step`).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable
from datetime import datetime

STEP_SECONDS = 30
RESYNC_STEPS = 60
"""How far a device's clock may be off and still be learnt: half an hour either way. AWS's own reach is not known."""

SEED_BYTES = 40
"""As AWS gives them: 64 characters of base32."""

_SIX_DIGITS = re.compile(r"[0-9]{6}").fullmatch


def new_seed(chance: Callable[[int], bytes]) -> bytes:
    """A seed for a new device; `chance(n)` gives n random bytes."""
    return chance(SEED_BYTES)


def code(seed: bytes, step: int) -> str:
    """The code of one time step (RFC 4226 §5.3)."""
    digest = hmac.digest(seed, step.to_bytes(8), "sha1")
    offset = digest[-1] & 0x0F
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF) % 1_000_000:06d}"


def verify(seed: bytes, given: str, now: datetime, last_step: int, drift_steps: int = 0) -> int | None:
    """The step that a code belongs to, the current one or the one before; None if none, or if not after `last_step`.

    The caller keeps the step as the new `last_step`, in the transaction that relies on it. `now` is aware. Where the
    device's clock is known to be off by `drift_steps`, its next step counts too: that is known to a step only.
    """
    current = _step(now) + drift_steps
    steps = (current, current - 1, current + 1) if drift_steps else (current, current - 1)
    return _first(step for step in steps if _is(seed, step, given) and step > last_step)


def verify_two(seed: bytes, first: str, second: str, now: datetime, last_step: int = 0, reach: int = 0) -> int | None:
    """The step of the second of two consecutive codes, as EnableMFADevice and ResyncMFADevice ask for them.

    The first may be of the current step or of one of the two before, or `reach` further either way, the nearest first.
    None if there is no such pair after `last_step`.
    """
    nearest = _step(now) - 1
    steps = sorted(range(nearest - 1 - reach, nearest + 2 + reach), key=lambda step: abs(step - nearest))
    pairs = ((step, step + 1) for step in steps)
    return _first(
        later
        for earlier, later in pairs
        if _is(seed, earlier, first) & _is(seed, later, second) and earlier > last_step
    )


def drift(step: int, now: datetime) -> int:
    """By how many steps a device's clock is off that shows this step's code now; what a slow hand explains is none."""
    off = step - _step(now)
    return off if abs(off) > 1 else 0


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _is(seed: bytes, step: int, given: str) -> bool:
    return _SIX_DIGITS(given) is not None and hmac.compare_digest(code(seed, step), given)


def _first(steps: Iterable[int]) -> int | None:
    """The first, all having been looked at, so that the time taken does not tell which one matched."""
    found = list(steps)
    return found[0] if found else None
