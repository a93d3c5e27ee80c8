"""Assertions: a security key shows at sign-in that it is there, in answer to a challenge of ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from keyreeve.access.challenges import Challenges
from keyreeve.access.devices import Device
from keyreeve.access.key_proofs import NotProven
from keyreeve.access.relying_party import relying_party
from keyreeve.entities import FIDODevice
from keyreeve.extras import Lazy
from keyreeve.operations import Call

if TYPE_CHECKING:
    from keyreeve.access import security_keys
else:
    security_keys = Lazy("keyreeve.access.security_keys")


def wanted(call: Call, challenges: Challenges, principal_id: str, held: Iterable[Device]) -> str | None:
    """What a browser asks somebody's security keys with; None where there is none, or no browser could ask."""
    keys, party = _keys(held), relying_party(call.public_url)
    if not keys or party is None:
        return None
    challenge = challenges.give(_place(call, principal_id), "", call.now, call.chance)
    return security_keys.request(party, challenge, keys)


def use(
    call: Call, challenges: Challenges, principal_id: str, held: Iterable[Device], assertion: str
) -> FIDODevice | None:
    """The security key among these that showed itself, whose counter is kept; None where nothing is proven.

    The challenge is used up either way.
    """
    party = relying_party(call.public_url)
    challenge = challenges.take(_place(call, principal_id), "", call.now)
    if party is None or challenge is None:
        return None
    try:
        key, sign_count = security_keys.counted(party, challenge, assertion, _keys(held))
    except NotProven:
        return None
    call.tx.put(msgspec.structs.replace(key, sign_count=sign_count))
    return key


def _keys(held: Iterable[Device]) -> list[FIDODevice]:
    return [device for device in held if isinstance(device, FIDODevice)]


def _place(call: Call, principal_id: str) -> str:
    return f"sign-in/{call.account_id}/{principal_id}"
