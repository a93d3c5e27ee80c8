"""Posture: what good practice says about an account as it stands, and the least privilege that its log shows.

Nothing here changes anything: accounts are read from the store, and facts and events from the log.
"""

from keyreeve.posture.checks import CHECKS, Check, Finding, Severity, audit
from keyreeve.posture.least import Advice, advise
from keyreeve.posture.reading import Reading
from keyreeve.posture.replay import Denied, Replayed, replay

__all__ = [
    "CHECKS",
    "Advice",
    "Check",
    "Denied",
    "Finding",
    "Reading",
    "Replayed",
    "Severity",
    "advise",
    "audit",
    "replay",
]
