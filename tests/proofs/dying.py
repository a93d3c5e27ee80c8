"""A server that ends itself by SIGKILL at a chosen point, the chosen time that it comes there.

    dying.py PLAN serve --data DIR

PLAN is a file that may come later: `POINT COUNT`. Passes are counted from when it is there. The points:

    record   a change and its event are recorded, or the event of a session, and not yet given to the disk
    before   a group of changes is about to be committed
    commit   a group of changes is committed, and nobody knows
    answer   it is known to be durable, and nobody is told
"""

import os
import signal
import sys
from pathlib import Path

from keyreeve.cli import main
from keyreeve.events import EventLog
from keyreeve.store import SqliteEngine
from keyreeve.store.writer import Writer

POINTS = ("record", "before", "commit", "answer")
PLAN = Path(sys.argv.pop(1))
passed = 0


def at(point):
    """Come to a point; not to leave it, if this is the time."""
    global passed  # noqa: PLW0603  one process, one count
    if PLAN.exists():
        wanted, count = PLAN.read_text().split()
        if wanted == point:
            passed += 1
            if passed >= int(count):
                os.kill(os.getpid(), signal.SIGKILL)


commit, pledge, append, saved = EventLog.commit, EventLog.pledge, SqliteEngine.append, Writer._saved


def recorded(self, transaction, *events):
    revision = commit(self, transaction, *events)
    if events:
        at("record")
    return revision


def pledged(self, event):
    revision = pledge(self, event)
    at("record")
    return revision


def committed(self, expected, batches):
    at("before")
    head = append(self, expected, batches)
    at("commit")
    return head


def told(self, *arguments):
    at("answer")
    saved(self, *arguments)


EventLog.commit, EventLog.pledge, SqliteEngine.append, Writer._saved = recorded, pledged, committed, told
sys.exit(main())
