"""Checks: what `doctor` looks at in an opened data folder. Each gives one finding."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from keyreeve.entities import Account, Trail
from keyreeve.events import look_up
from keyreeve.events.log import TORN
from keyreeve.events.slow_clock import NOTICEABLE
from keyreeve.service.commands import Done
from keyreeve.service.node import opens, sealed_secrets
from keyreeve.store import StoreError, schema
from keyreeve.store.database import SETTINGS

if TYPE_CHECKING:
    from keyreeve.config import Config
    from keyreeve.service.node import Node

State = Literal["ok", "note", "problem"]
EARLIEST_YEAR = 2026
CLOCK_MAY_GO_BACK = timedelta(minutes=5)


def finding(name: str, state: State, sentence: str) -> dict[str, str]:
    """What a check found, as JSON values."""
    return {"check": name, "state": state, "sentence": sentence}


def doctor(node: Node) -> Done:
    """The findings in an opened folder, each with `check`, `state` (ok, note, problem) and `sentence`."""
    return Done([check(node) for check in CHECKS])


def _server(node: Node) -> dict[str, str]:
    return finding("server", "ok", "does not run" if node.url is None else f"serves {node.url}")


def _accounts(node: Node) -> dict[str, str]:
    count = len(node.view.begin().everywhere(Account))
    if not count:
        return finding("accounts", "note", "none yet: the first start makes one")
    return finding("accounts", "ok", f"{count}")


def _templates(node: Node) -> dict[str, str]:
    templates = node.config.templates
    named = {partner.account_id for partner in templates.delegation_partners}
    missing = sorted(named - {account.account_id for account in node.view.begin().everywhere(Account)})
    if missing:
        return finding("templates", "problem", f"delegation partners that are no account here: {', '.join(missing)}")
    return finding(
        "templates", "ok", f"delegation partners: {len(named)}, templates for roles: {len(templates.role_templates)}"
    )


def _key_ring(node: Node) -> dict[str, str]:
    probe = b"a probe that is bound to its place"
    sealed = node.ring.seal(probe, "doctor")
    if node.ring.unseal(sealed, "doctor") != probe:
        return finding("key ring", "problem", "what it seals does not open")
    keys = node.ring.keys.all
    compromised = sum(key.state == "compromised" for key in keys)
    return finding("key ring", "ok", f"keys: {len(keys)}, compromised: {compromised}; a sealed probe opens")


def _secrets(node: Node) -> dict[str, str]:
    found = sealed_secrets(node.view)
    broken = [bound_to for sealed, bound_to in found if not opens(node.ring, sealed, bound_to)]
    if broken:
        names = ", ".join(broken[:3])
        return finding("secrets", "problem", f"{len(broken)} of {len(found)} do not open under this key ring: {names}")
    return finding("secrets", "ok", f"all {len(found)} open under the key ring")


def _database(node: Node) -> dict[str, str]:
    try:
        found = node.engine.settings()
    except StoreError as error:
        return finding("database", "problem", str(error))
    wrong = [f"{name} is {found[name]!r}, not {wanted}" for name, wanted, held in SETTINGS if found[name] != held]
    if wrong:
        return finding("database", "problem", "; ".join(wrong))
    held = ", ".join(f"{name} {wanted}" for name, wanted, _ in SETTINGS[:2])
    return finding("database", "ok", f"schema {schema.VERSION}, {held}, and {len(SETTINGS) - 2} other settings hold")


def _store(node: Node) -> dict[str, str]:
    failure = node.view.writer.failing
    if failure is not None:
        return finding("store", "problem", str(failure))
    return finding("store", "ok", f"revision {node.view.revision}, durable to {node.view.durable}")


def _clock(node: Node) -> dict[str, str]:
    now = node.now()
    newest = next((event.event_time for _, event in look_up(node.log.rows)), None)
    if now.year < EARLIEST_YEAR:
        return finding("clock", "problem", f"it says {now:%Y-%m-%d}: set it, or every signature is refused")
    if newest is not None and newest > now + CLOCK_MAY_GO_BACK:
        return finding("clock", "problem", f"it says {now:%Y-%m-%d %H:%M}, but an event is of {newest:%Y-%m-%d %H:%M}")
    if node.log.slow.behind > NOTICEABLE:
        ahead = f"it is {node.log.slow.behind.days} days ahead of the event log, which therefore deletes no faster"
        return finding("clock", "note", f"{ahead}: it has jumped, or nothing ran for so long")
    return finding("clock", "ok", f"{now:%Y-%m-%dT%H:%M:%SZ}; compare it with another")


def _events(node: Node) -> dict[str, str]:
    head, torn = node.log.head, node.log.torn
    if torn is not None:
        return finding("events", "problem", f"{TORN % torn}: keyreeve events verify tells more")
    return finding("events", "ok", f"{head.sequence} recorded; keyreeve events verify holds them to their chain")


def _trails(node: Node) -> dict[str, str]:
    trails = node.view.begin().everywhere(Trail)
    folders = dict(node.config.trail_buckets)
    wrong = unfit(node.config)
    wrong += [
        f"{trail.trail_arn} delivers to {trail.s3_bucket_name}, which trail_buckets does not have"
        for trail in trails
        if trail.s3_bucket_name not in folders
    ]
    states = ((trail, node.deliveries.state(trail.trail_id)) for trail in trails if trail.s3_bucket_name in folders)
    failed = ((trail, state.delivery_error or state.digest_error) for trail, state in states)
    wrong += [f"{trail.trail_arn} failed to deliver: {error}" for trail, error in failed if error]
    if wrong:
        return finding("trails", "problem", "; ".join(wrong))
    return finding("trails", "ok", f"{len(trails)}; folders for buckets: {len(folders)}")


def unfit(config: Config) -> list[str]:
    """What is wrong with the folders that stand for buckets."""
    return [
        f"trail_buckets: {name}={folder} is no folder that can be written"
        for name, folder in config.trail_buckets
        if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK))
    ]


CHECKS: tuple[Callable[[Node], dict[str, str]], ...] = (
    _server,
    _accounts,
    _templates,
    _key_ring,
    _secrets,
    _database,
    _store,
    _clock,
    _events,
    _trails,
)
