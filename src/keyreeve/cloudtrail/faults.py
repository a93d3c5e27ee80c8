"""CloudTrail's own faults; their names and statuses are the model's."""

from __future__ import annotations

from keyreeve.faults import Fault


class InvalidEventCategoryException(Fault):
    """A category of events that cannot be looked up."""


class InvalidLookupAttributesException(Fault):
    """A lookup attribute that cannot be looked up, or more than one."""


class InvalidNextTokenException(Fault):
    """A token that is not ours, or was given for another question."""


class InvalidTimeRangeException(Fault):
    """A start after the end."""


class UnsupportedOperationException(Fault):
    """An operation of the model that Keyreeve does not have."""
