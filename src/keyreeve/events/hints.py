"""Hints: which values may occur in a block, so that a look-up opens only blocks worth opening.

A Bloom filter (B. H. Bloom, 1970) over `member=value` terms: about ten bits a term and four probes give one block in
eighty opened in vain. A hint never hides a record: hints are outside the chain, so a look-up that must be certain
(`verify`) does not use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from keyreeve.events.event import Event, Outline
from keyreeve.events.named import Named, named_resources
from keyreeve.events.stem import Bare

BITS_PER_TERM = 10
PROBES = 4
_SET = ord("1")

Hashed = tuple[int, int]
"""A term as filters are asked for it."""

VALUES = ("event_name", "event_source", "user_name", "access_key_id", "error_code", "read_only")
Told = tuple[str, str, tuple[object, ...]]
"""What most events of a block have in common: account, region, and the values of VALUES."""


def terms(events: Iterable[Event | Outline], cut: Sequence[Bare] = ()) -> set[str]:
    """What events can be looked up by: alone, and within their account and region.

    Of an event that was `cut` the id alone is not its stem's. What is frequent in one account may be rare in another; a
    look-up within one is not led to the blocks of others.
    """
    found: set[str] = set()
    told: set[Told] = set()
    named: set[tuple[str, str, Named]] = set()
    for event in events:
        account_id, aws_region, _ = common = _told(event)
        told.add(common)
        for resource in named_resources(event):
            named.add((account_id, aws_region, resource))
        found.add(f"event_id={event.event_id}")
    told.update(_told(stem.event) for stem in {bare.stem for bare in cut})  # stems are few
    found.update([f"event_id={bare.event_id}" for bare in cut])
    for account_id, aws_region, values in told:
        inside = place(account_id, aws_region)
        alone = [f"{name}={value}" for name, value in zip(VALUES, values, strict=True)]
        found.update(alone)
        found.update([inside + term for term in alone])
        found |= {inside, f"account_id={account_id}"}
    for account_id, aws_region, (kind, name) in named:
        inside = place(account_id, aws_region)
        by_name, by_kind = f"resource_name={name}", f"resource_type={kind}"
        found |= {by_name, by_kind, inside + by_name, inside + by_kind}
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
        one, two = hashes(term)
        for probe in range(one, one + PROBES * two, two):
            written[probe % bits] = _SET
    return int(written[::-1], 2).to_bytes(size, "little")


def may_hold(filled: bytes, hashed: Hashed) -> bool:
    """False only if a term is surely not among those the filter was made for."""
    one, two = hashed
    size = len(filled) * 8
    for probe in range(one, one + PROBES * two, two):
        bit = probe % size
        if not filled[bit >> 3] & 1 << (bit & 7):
            return False
    return True


def hashes(term: str) -> Hashed:
    """Two hashes make all probes (Kirsch and Mitzenmacher, 2006)."""
    both = int.from_bytes(blake2b(term.encode(), digest_size=8).digest())
    return both >> 32, both & 0xFFFFFFFF | 1
