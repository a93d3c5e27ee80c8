"""Windows: what of the log is a trail's own, and what of it came under settings that the trail has no more.

Whatever starts, stops, changes or deletes a trail counts from the event behind its own on (StartLogging: from its own).
What came before and waits to be delivered is neither forgotten nor judged anew, or whoever may change a trail could
erase from its files what he did just before.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.cloudtrail.faults import ThrottlingException
from keyreeve.entities import DeletedTrail, Trail
from keyreeve.entities.trail import Former, Window
from keyreeve.operations import Call

MOST = 100
"""Stops, and changes of settings, of one trail that wait for a delivery at most. AWS takes one such call a second."""

LARGEST_FORMER = 1 << 20
"""Bytes of former settings at most, if there are more than one."""

DELETED = 200
"""Deleted trails of an account that wait for a delivery at most."""

_AGAIN = "since its last delivery. Try again after the next one."


def started(call: Call, trail: Trail) -> Trail:
    """The trail with a window that begins with this call's own event. It is never refused: that would end a trail."""
    kept, own = _waiting(call, trail), _own(call)
    *before, newest = kept.windows or (None,)
    if newest is not None and newest.last == own - 1:  # nothing came between
        windows = (*before, Window(newest.first))
    else:
        windows = (*kept.windows, Window(own))
    return msgspec.structs.replace(kept, windows=windows, start_logging_time=call.moment())


def stopped(call: Call, trail: Trail) -> Trail:
    """The trail, which logs, with a window that ends with this call's own event."""
    kept = _waiting(call, trail)
    if len(kept.windows) > MOST:
        raise ThrottlingException(f"The trail was stopped {MOST} times {_AGAIN}")
    return _closed(call, kept)


def changed(call: Call, trail: Trail, **settings: Any) -> Trail:
    """The trail with other settings, from the event behind this call's own on."""
    kept = _waiting(call, trail)
    new = msgspec.structs.replace(kept, **settings)
    since = kept.former[-1].last if kept.former else 0
    if new.settings == trail.settings or not any(window.last is None or window.last > since for window in kept.windows):
        return new
    former = (*kept.former, Former(_own(call), trail.settings))
    if kept.former and (len(former) > MOST or len(msgspec.json.encode(former)) > LARGEST_FORMER):
        raise ThrottlingException(f"The trail was changed too often, or by too much, {_AGAIN}")
    return msgspec.structs.replace(new, former=former)


def delete(call: Call, trail: Trail) -> None:
    """Delete a trail; what waits of it is delivered all the same."""
    kept = _waiting(call, trail)
    call.tx.delete(trail)
    if not kept.windows and not call.deliveries.state(trail.trail_id).files:
        return
    if len(call.tx.all(DeletedTrail, call.account_id)) >= DELETED:
        raise ThrottlingException(f"{DELETED} deleted trails wait to be delivered. Try again after the next delivery.")
    closed = _closed(call, kept) if kept.is_logging else kept
    call.tx.put(DeletedTrail(account_id=call.account_id, trail=closed, delete_time=call.moment()))


def _own(call: Call) -> int:
    """The number of this call's own event, if it succeeds."""
    return call.events.last + 1


def _closed(call: Call, trail: Trail) -> Trail:
    *before, current = trail.windows
    windows = (*before, Window(current.first, _own(call)))
    return msgspec.structs.replace(trail, windows=windows, stop_logging_time=call.moment())


def _waiting(call: Call, trail: Trail) -> Trail:
    """The trail without what was delivered already."""
    delivered = call.deliveries.state(trail.trail_id).delivered
    windows = tuple(
        Window(max(window.first, delivered + 1), window.last)
        for window in trail.windows
        if window.last is None or window.last > delivered
    )
    former = tuple(each for each in trail.former if each.last > delivered)
    return msgspec.structs.replace(trail, windows=windows, former=former)
