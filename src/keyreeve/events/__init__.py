"""Events: what happened, and the facts folded from it."""

from keyreeve.events.chain import Broken, End
from keyreeve.events.event import (
    Event,
    Resource,
    SessionAttributes,
    SessionContext,
    SessionIssuer,
    UserIdentity,
    error_code,
    read_only,
    recorded_code,
)
from keyreeve.events.facts import Access, Facts, KeyUse, RoleUse
from keyreeve.events.log import EventLog
from keyreeve.events.named import named_resources
from keyreeve.events.packing import compact, retain
from keyreeve.events.query import Filter, follow, look_up, page
from keyreeve.events.rows import Rows
from keyreeve.events.stem import Bare, Stem, Written
from keyreeve.events.verify import Problem, verify

__all__ = [
    "Access",
    "Bare",
    "Broken",
    "End",
    "Event",
    "EventLog",
    "Facts",
    "Filter",
    "KeyUse",
    "Problem",
    "Resource",
    "RoleUse",
    "Rows",
    "SessionAttributes",
    "SessionContext",
    "SessionIssuer",
    "Stem",
    "UserIdentity",
    "Written",
    "compact",
    "error_code",
    "follow",
    "look_up",
    "named_resources",
    "page",
    "read_only",
    "recorded_code",
    "retain",
    "verify",
]
