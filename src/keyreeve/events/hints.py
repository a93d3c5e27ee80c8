"""Hints: which values may occur in a block, so that a look-up opens only blocks worth opening.

A Bloom filter (B. H. Bloom, 1970) over `member=value` terms: about ten bits a term and four probes give one block in
eighty opened in vain. Events' ids, of which each event has another, stand beside it with two bytes each: they are
random already, and one block in sixty-five is opened in vain. A hint never hides a record: hints are outside the chain,
so a look-up that must be certain (`verify`) does not use them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from struct import Struct

from keyreeve.events.event import Event, Outline
from keyreeve.events.named import Named, named_resources
from keyreeve.events.stem import Bare

BITS_PER_TERM = 10
ID_BYTES = 2
_SET = ord("1")
_unpack = Struct(">2I").unpack
_begins_as_a_uuid = re.compile("[0-9A-Fa-f]{4}").match

Hashed = tuple[int, int, int, int]
"""A term as filters are asked for it: its probes, before they are cut to the size of a filter."""

VALUES = ("event_name", "event_source", "user_name", "access_key_id", "error_code", "read_only")
Told = tuple[str, str, tuple[object, ...]]
"""What most events of a block have in common: account, region, and the values of VALUES."""


def terms(events: Iterable[Event | Outline], cut: Sequence[Bare] = ()) -> set[str]:
    """What events can be looked up by besides their ids: alone, and within their account and region.

    Of an event that was `cut` all that is its stem's. What is frequent in one account may be rare in another; a look-up
    within one is not led to the blocks of others. Resources are many, and told within account and region only.
    """
    found: set[str] = set()
    told: set[Told] = set()
    named: defaultdict[tuple[str, str], set[Named]] = defaultdict(set)
    for event in events:
        account_id, aws_region, _ = common = _told(event)
        told.add(common)
        named[account_id, aws_region].update(named_resources(event))
    told.update(_told(stem.event) for stem in {bare.stem for bare in cut})  # stems are few
    for account_id, aws_region, values in told:
        inside = place(account_id, aws_region)
        alone = [f"{name}={value}" for name, value in zip(VALUES, values, strict=True)]
        found.update(alone)
        found.update([inside + term for term in alone])
        found |= {inside, f"account_id={account_id}"}
    for (account_id, aws_region), resources in named.items():
        inside = place(account_id, aws_region)
        found.update([f"{inside}resource_name={name}" for _, name in resources])
        found.update([f"{inside}resource_type={kind}" for kind in {kind for kind, _ in resources}])
    return found


def _told(event: Event | Outline) -> Told:
    identity = event.user_identity
    values = (
        event.event_name,
        event.event_source,
        identity.display_name,
        identity.access_key_id,
        event.error_code,
        event.read_only,
    )
    return event.recipient_account_id, event.aws_region, values


def place(account_id: str, aws_region: str) -> str:
    """What stands before a term within an account and a region."""
    return f"{account_id}/{aws_region}/"


def hints(found: Iterable[str]) -> bytes:
    """The filter for some terms."""
    distinct = set(found)
    size = (len(distinct) * BITS_PER_TERM + 7) // 8 or 1
    bits = size * 8
    written = bytearray(b"0") * bits  # the filter in base two, its lowest bit first
    for term in distinct:
        one, two, three, four = hashes(term)
        written[one % bits] = written[two % bits] = written[three % bits] = written[four % bits] = _SET
    return int(written[::-1], 2).to_bytes(size, "little")


def may_hold(filled: bytes, hashed: Hashed) -> bool:
    """False only if a term is surely not among those the filter was made for."""
    size = len(filled) * 8
    if not size:
        return True  # no filter is as small: it was damaged, which `verify` tells
    for probe in hashed:
        bit = probe % size
        if not filled[bit >> 3] & 1 << (bit & 7):
            return False
    return True


def fingerprints(ids: Sequence[str]) -> bytes:
    """Two bytes of each id: the first of a UUID, and a hash of what is none."""
    try:
        found = bytes.fromhex("".join([each[:4] for each in ids]))
    except ValueError:
        found = b""
    if len(found) == len(ids) * ID_BYTES:  # no less, or some began with something else
        return found
    return b"".join([_fingerprint(each) for each in ids])


def _fingerprint(event_id: str) -> bytes:
    if _begins_as_a_uuid(event_id):
        return bytes.fromhex(event_id[:4])
    return blake2b(event_id.encode(), digest_size=ID_BYTES).digest()


def may_hold_id(ids: bytes, fingerprint: bytes) -> bool:
    """False only if an id with this fingerprint is surely not among those."""
    at = ids.find(fingerprint)
    while at > 0 and at % ID_BYTES:
        at = ids.find(fingerprint, at + 1)
    return at >= 0


def hashes(term: str) -> Hashed:
    """The four probes of a term. Two hashes make them all (Kirsch and Mitzenmacher, 2006)."""
    one, two = _unpack(blake2b(term.encode(), digest_size=8).digest())
    step = two | 1
    return one, one + step, one + 2 * step, one + 3 * step
