"""Naming: trails by their names and ARNs.

Source: CloudTrail User Guide, "Naming requirements for CloudTrail resources". A multi-region trail is seen in every
region (there it is a shadow trail), and changed in its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from keyreeve.cloudtrail.faults import (
    CloudTrailARNInvalidException,
    InvalidHomeRegionException,
    InvalidTrailNameException,
    TrailNotFoundException,
)
from keyreeve.entities import Trail
from keyreeve.operations import Call

SHORTEST, LONGEST = 3, 128

_ARN = re.compile(r"arn:aws[a-z-]*:cloudtrail:[a-z0-9-]{2,32}:[0-9]{12}:trail/([A-Za-z0-9._-]{3,128})").fullmatch


def arn_of(call: Call, given: str) -> str:
    """The ARN that a name would have in this region; an ARN stands for itself."""
    if given.startswith("arn:"):
        return given
    return f"arn:aws:cloudtrail:{call.region}:{call.account_id}:trail/{given}"


def named(call: Call, given: str) -> Trail | None:
    """The account's trail with this ARN or name: the region's own before one that is seen in all regions."""
    own = call.tx.find(Trail, call.account_id, "arn", arn_of(call, given))
    if own is not None:
        return own
    trails = call.tx.all(Trail, call.account_id)
    return next((trail for trail in trails if trail.is_multi_region_trail and trail.name == given), None)


def the_trail(call: Call, given: str) -> Trail:
    """The trail with this name or ARN. Raises what is wrong with it, or TrailNotFoundException."""
    check(given)
    found = named(call, given)
    if found is None:
        raise TrailNotFoundException(f"Unknown trail: {given} for the user: {call.account_id}")
    return found


def at_home(call: Call, given: str) -> Trail:
    """The same, asked for in its own region; InvalidHomeRegionException in another."""
    found = the_trail(call, given)
    if found.home_region != call.region:
        raise InvalidHomeRegionException(
            f"The trail {found.trail_arn} can only be changed in its home region, {found.home_region}."
        )
    return found


def check(given: str) -> None:
    """Raise what is wrong with a name or an ARN; return if nothing is."""
    if given.startswith("arn:"):
        if _ARN(given) is None:
            raise CloudTrailARNInvalidException(f"Invalid trail ARN: {given}")
        return
    check_name(given)


def check_name(name: str) -> None:
    """Raise what is wrong with the name of a trail; return if nothing is."""
    wrong = _wrong(name)
    if wrong is not None:
        raise InvalidTrailNameException(wrong)


def _wrong(name: str) -> str | None:
    return next((words.format(len(name)) for holds, words in _RULES if not holds(name)), None)


_CHARACTERS = (
    "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and"
    " underscores (_)."
)
_RULES: tuple[tuple[Callable[[str], object], str], ...] = (
    (
        lambda name: len(name) >= SHORTEST,
        f"Trail name too short. Minimum allowed length: {SHORTEST} characters. Specified name length: {{}} characters.",
    ),
    (
        lambda name: len(name) <= LONGEST,
        f"Trail name too long. Maximum allowed length: {LONGEST} characters. Specified name length: {{}} characters.",
    ),
    (lambda name: name[0].isalnum(), "Trail name must starts with a letter or number."),
    (lambda name: name[-1].isalnum(), "Trail name must ends with a letter or number."),
    (
        re.compile(r"[A-Za-z0-9._-]*").fullmatch,
        _CHARACTERS,
    ),
    (
        re.compile(r"(?!.*[._-]{2})").match,
        "Trail name can not contain adjacent periods, hyphens or underscores.",
    ),
    (re.compile(r"(?![0-9]{1,3}(\.[0-9]{1,3}){3}\Z)").match, "Trail name can not be an IP address."),
)
"""What a name must be, in the order in which it is asked, and what is said when it is not."""
