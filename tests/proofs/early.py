"""A server that lies: it calls a change durable when it is queued, and saves it a little later.

Only for the control of test_kill_server.py: what is lost here must be missed there.
"""

import sys
import time

from keyreeve.cli import main
from keyreeve.store import SqliteEngine
from keyreeve.store.writer import Writer

SECONDS = 0.05

submit, append = Writer.submit, SqliteEngine.append


def submit_and_lie(self, revision, batch):
    submit(self, revision, batch)
    self.durable = revision


def append_late(self, expected, batches):
    time.sleep(SECONDS)
    return append(self, expected, batches)


Writer.submit, SqliteEngine.append = submit_and_lie, append_late
sys.exit(main())
