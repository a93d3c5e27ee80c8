"""Variables that look like ours and that nothing reads: the operator believes to have set something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from keyreeve.config import PREFIX, READERS
from keyreeve.seal import ring
from keyreeve.service import accounts

KNOWN = (
    *(PREFIX + name.upper() for name in READERS),
    ring.VARIABLE,
    accounts.KEY_ID_VARIABLE,
    accounts.SECRET_VARIABLE,
)
"""Every variable that is read."""

# Kubernetes tells its pods of every Service; one named keyreeve, or keyreeve-…, gives variables with our prefix.
_OF_A_SERVICE = re.compile(r"\w*_(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)")
_ADDRESS = ("tcp://", "udp://", "sctp://")


def unread(environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each variable with our prefix that nothing reads, with the one that was perhaps meant.

    None holds a value: a misspelt variable may hold a secret.
    """
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in KNOWN:
            continue
        if not _OF_A_SERVICE.fullmatch(name) and not environment[name].startswith(_ADDRESS):
            yield f"{name} is not a setting, and nothing reads it.{_meant(name)}"


def _meant(name: str) -> str:
    bare = {each.removeprefix(PREFIX): each for each in KNOWN}
    near = get_close_matches(name.removeprefix(PREFIX), bare, n=1)
    return f" Did you mean {bare[near[0]]}?" if near else ""
