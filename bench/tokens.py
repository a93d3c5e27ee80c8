"""What a session token costs: sealed when it is issued, and opened when it is seen for the first time.

    python bench/tokens.py

Prints microseconds of CPU, medians of rounds. A token that was opened before is remembered, and costs a look-up.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from keyreeve.access import tokens
from keyreeve.access.tokens import Session
from keyreeve.entities import Tag
from keyreeve.seal import KeyRing

MARK = 50.0
"""Microseconds in which a token should open."""

ROUNDS, CALLS = 30, 400
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}]}'


def session(number: int, **more: object) -> Session:
    """A role's session, each another one."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Session(
        kind="role_session",
        account_id="111122223333",
        access_key_id=f"ASIARTX3GSDS{number:08}",
        secret_access_key="x" * 40,
        principal_id="AROARTX3GSDS3JDMGZNJA",
        issued=now,
        expires=now + timedelta(hours=1),
        session_name="bench",
        parent_access_key_id="AKIARTX3GSDS3JDMGZNJ",
        **more,  # type: ignore[arg-type]
    )


def median(call: Callable[[int], object]) -> float:
    """Microseconds of CPU for one call."""
    found = []
    for turn in range(ROUNDS):
        started = time.process_time()
        for number in range(CALLS):
            call(turn * CALLS + number)
        found.append((time.process_time() - started) / CALLS * 1e6)
    return statistics.median(found)


def main() -> None:
    """Measure a plain session, one with tags, and one with a session policy and tags."""
    tags = tuple(Tag(f"key{number}", f"value{number}") for number in range(10))
    kinds = {"plain": {}, "ten tags": {"tags": tags}, "policy and ten tags": {"tags": tags, "policies": (POLICY,)}}
    with tempfile.TemporaryDirectory() as folder:
        ring = KeyRing.create(Path(folder) / "keyring.json", datetime.now(UTC))
        print(f"{'session':22}{'characters':>11}{'seal µs':>10}{'open µs':>10}{'at most':>10}")
        for name, more in kinds.items():
            made = [session(number, **more) for number in range(CALLS)]
            texts = [tokens.issue(ring, session(number, **more)) for number in range(ROUNDS * CALLS)]
            sealed = median(lambda number, made=made: tokens.issue(ring, made[number % CALLS]))  # type: ignore[misc]
            opened = median(lambda number, texts=texts: tokens.open(ring, texts[number]))  # type: ignore[misc]
            verdict = "ok" if opened < MARK else "MISSED"
            print(f"{name:22}{len(texts[0]):11}{sealed:10.1f}{opened:10.1f}{MARK:7.0f} {verdict}")


if __name__ == "__main__":
    main()
