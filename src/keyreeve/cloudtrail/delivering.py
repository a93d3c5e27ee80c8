"""Delivering: a trail's events become log files and digest files in the folder of its bucket.

What is about to be written is planned, and the plan saved, before anything is written; names and contents follow from
the plan. So after a crash the same files are written again under the same names: nothing is missing, nothing is there
twice. Only events that are durable are delivered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

import msgspec

from keyreeve.cloudtrail import digests, files
from keyreeve.cloudtrail.choosing import Chosen, LogReader
from keyreeve.cloudtrail.deliveries import Deliveries, LogFile, Plan, State
from keyreeve.entities import DigestKey, Trail
from keyreeve.logs import logger
from keyreeve.seal import KeyRing
from keyreeve.store import Engine

LOG = logger("delivery")
PORTION = 10_000
"""The events that one plan covers at most."""

IDLE = 24
"""Digests in a row without a log file, after which a region has no more of them; the trail's own region goes on.

Any well-formed region is taken, so whoever has a key can name thousands. Each would cost a file an hour for ever.
"""


class Delivery:
    """Delivers what an engine holds. It is used in one thread, apart from the one that answers."""

    def __init__(self, engine: Engine, ring: KeyRing, deliveries: Deliveries, now: Callable[[], datetime]) -> None:
        self._engine, self._ring, self._deliveries, self._now = engine, ring, deliveries, now

    def log_files(self, trail: Trail, last: int) -> None:
        """Write what there is to write of a trail's events up to the one numbered `last`.

        Raises OSError, and goes on there the next time.
        """
        state = self._deliveries.state(trail.trail_id)
        if not trail.windows or _delivered(trail, state):
            return
        log = LogReader(self._engine, self._ring, last)
        while (plan := state.plan or self._planned(trail, state, log)) is not None:
            state = self._save(trail, state, plan=plan, attempt_time=self._moment())
            written = self._written(trail, plan, log)
            state = self._save(
                trail,
                state,
                plan=None,
                delivered=plan.last,
                files=(*state.files, *(file for file, vouched in written if vouched)),
                delivery_time=self._moment() if written else state.delivery_time,
                delivery_error=None,
            )

    def _planned(self, trail: Trail, state: State, log: LogReader) -> Plan | None:
        """The next events to write; None where none of those that are durable is the trail's."""
        # A log that was cut off ends before what was delivered of it; what comes then has old numbers, and is new.
        first = max(min(state.delivered, log.last) + 1, trail.windows[0].first)
        moment = self._moment()
        found = list(islice(log.chosen(trail, first, log.last, moment), PORTION))
        for each in found:
            if each.gap is not None:
                LOG.error(
                    "a trail goes on behind a gap, of which its file tells", trail_arn=trail.trail_arn, reason=each.gap
                )
        if found:
            return Plan(first, found[-1].sequence, moment)
        if log.last != state.delivered:
            self._deliveries.note(trail.trail_id, msgspec.structs.replace(state, delivered=log.last))
        return None

    def _written(self, trail: Trail, plan: Plan, log: LogReader) -> list[tuple[LogFile, bool]]:
        """Write a plan's files: each with whether a digest is to vouch for it."""
        groups: dict[_Group, list[Chosen]] = defaultdict(list)
        for each in log.chosen(trail, plan.first, plan.last, plan.time):
            groups[_group(each)].append(each)
        return [
            (self._log_file(trail, plan, group, portion), group.vouched)
            for group, found in sorted(groups.items())
            for portion in _portions(found, files.RECORDS)
        ]

    def _log_file(self, trail: Trail, plan: Plan, group: _Group, found: list[Chosen]) -> LogFile:
        """Write a file to the bucket that its events came under; where that takes nothing, to the one of now."""
        key = files.log_key(
            trail.account_id, group.region, plan.time, f"{trail.trail_id}:{found[0].sequence}:{group.region}"
        )
        content = files.log([each.record for each in found])
        bucket, place = group.bucket, files.below(group.prefix, key)
        try:
            files.write(self._deliveries.folder(bucket), place, files.compressed(content))
        except OSError as error:
            if bucket == trail.s3_bucket_name:
                raise
            LOG.warning("a trail's former bucket takes nothing", trail_arn=trail.trail_arn, reason=str(error))
            bucket, place = trail.s3_bucket_name, files.below(trail.s3_key_prefix, key)
            files.write(self._deliveries.folder(bucket), place, files.compressed(content))
        times = [each.event.event_time for each in found]
        return LogFile(group.region, bucket, place, sha256(content).hexdigest(), max(times), min(times))

    def is_finished(self, trail: Trail) -> bool:
        """Whether everything of a trail that logs no more is written."""
        state = self._deliveries.state(trail.trail_id)
        return state.plan is None and not state.files and _delivered(trail, state)

    def digest_files(self, trail: Trail, key: DigestKey | None, every: timedelta) -> None:
        """Write a trail's digests where they are due, and the last ones when they end. Raises OSError.

        They end when the trail stops, and when it is to have no more of them: files that wait for one still get it.
        """
        state, now = self._deliveries.state(trail.trail_id), self._moment()
        ended = not trail.is_logging or not trail.log_file_validation_enabled
        if key is None or (ended and not state.files):
            if state.files or state.digests or state.digest_start:  # the chain ends
                self._save(trail, state, files=(), digests={}, digest_start=None, digest_end=None)
            return
        start = state.digest_start or trail.start_logging_time or now
        due = start + every <= now or (ended and start < now)
        if state.digest_end is None and not due:
            return
        state = self._save(trail, state, digest_start=start, digest_end=state.digest_end or now)
        self._digests(trail, state, key)

    def _digests(self, trail: Trail, state: State, key: DigestKey) -> None:
        start, end = state.digest_start, state.digest_end
        if start is None or end is None:
            return
        private, written, home = digests.private_key(self._ring, key), dict(state.digests), trail.home_region
        folder = self._deliveries.folder(trail.s3_bucket_name)
        for region in sorted({home, *state.digests, *(file.region for file in state.files)}):
            name, before = files.digest_key(trail, region, end), state.digests.get(region)
            held = [file for file in state.files if file.region == region]
            content = digests.document(trail, name, key.fingerprint, (start, end), held, before)
            digest = digests.signed(trail, name, end, content, before, private)
            files.write(folder, f"{name}.metadata", digests.metadata(digest))
            files.write(folder, name, files.compressed(content))
            idle = 0 if held or before is None else before.idle + 1
            written[region] = msgspec.structs.replace(digest, idle=idle)
        self._save(
            trail,
            state,
            files=(),
            digests={region: last for region, last in written.items() if region == home or last.idle < IDLE},
            digest_start=end,
            digest_end=None,
            digest_time=self._moment(),
            digest_error=None,
        )

    def failed(self, trail: Trail, member: str, error: Exception) -> None:
        """Note that an attempt failed, by the name that S3 has for the reason."""
        state = self._deliveries.state(trail.trail_id)
        changed = {member: _reason(error), "attempt_time": self._moment()}
        self._deliveries.note(trail.trail_id, msgspec.structs.replace(state, **changed))

    def _save(self, trail: Trail, state: State, **changed: object) -> State:
        found = msgspec.structs.replace(state, **changed)
        return self._deliveries.save(self._engine, self._ring, trail.trail_id, found)

    def _moment(self) -> datetime:
        return self._now().replace(microsecond=0)


class _Group(NamedTuple):
    """What the events of one file have in common."""

    region: str
    bucket: str
    prefix: str
    vouched: bool


def _group(chosen: Chosen) -> _Group:
    then = chosen.then
    return _Group(
        chosen.event.aws_region, then.s3_bucket_name, then.s3_key_prefix or "", then.log_file_validation_enabled
    )


def _delivered(trail: Trail, state: State) -> bool:
    """Whether the files have all that a trail logged, which logs no more."""
    return not trail.is_logging and (not trail.windows or state.delivered >= (trail.windows[-1].last or 0))


def _portions(found: list[Chosen], size: int) -> Iterator[list[Chosen]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


_REASONS: Mapping[type[Exception], str] = {PermissionError: "AccessDenied", FileNotFoundError: "NoSuchBucket"}


def _reason(error: Exception) -> str:
    return _REASONS.get(type(error), "InternalError")


def newest_keys(keys: Iterable[DigestKey]) -> dict[str, DigestKey]:
    """By account, the key that signs: the one that stays valid longest."""
    return {key.account_id: key for key in sorted(keys, key=lambda key: key.validity_end_time)}
