"""Hints: which values may occur in a block, so that a look-up opens only blocks worth opening.

A Bloom filter (B. H. Bloom, 1970) over `member=value` terms: about ten bits a term and four probes give one block in
eighty opened in vain. A hint never hides a record: hints are outside the chain, so a look-up that must be certain
(`verify`) does not use them.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from keyreeve.events.event import Event
from keyreeve.events.named import named_resources

BITS_PER_TERM = 10
PROBES = 4


def terms(event: Event) -> set[str]:
    """What an event can be looked up by: alone, and within its account and region.

    What is frequent in one account may be rare in another; a look-up within one is not led to the blocks of others.
    """
    identity, inside = event.user_identity, place(event.recipient_account_id, event.aws_region)
    found = {
        f"event_name={event.event_name}",
        f"event_source={event.event_source}",
        f"user_name={identity.display_name}",
        f"access_key_id={identity.access_key_id}",
        f"error_code={event.error_code}",
        f"read_only={event.read_only}",
    }
    for kind, name in named_resources(event):
        found.add(f"resource_name={name}")
        found.add(f"resource_type={kind}")
    found |= {inside + term for term in found}
    return found | {inside, f"account_id={event.recipient_account_id}", f"event_id={event.event_id}"}


def place(account_id: str, aws_region: str) -> str:
    """What stands before a term within an account and a region."""
    return f"{account_id}/{aws_region}/"


def hints(found: Iterable[str]) -> bytes:
    """The filter for some terms."""
    distinct = set(found)
    filled = bytearray((len(distinct) * BITS_PER_TERM + 7) // 8 or 1)
    for term in distinct:
        for bit in _bits(term, len(filled) * 8):
            filled[bit >> 3] |= 1 << (bit & 7)
    return bytes(filled)


def may_hold(filled: bytes, term: str) -> bool:
    """False only if the term is surely not among those the filter was made for."""
    return all(filled[bit >> 3] & 1 << (bit & 7) for bit in _bits(term, len(filled) * 8))


def _bits(term: str, size: int) -> Iterable[int]:
    """Two hashes make all probes (Kirsch and Mitzenmacher, 2006)."""
    both = int.from_bytes(blake2b(term.encode(), digest_size=8).digest())
    one, two = both >> 32, both & 0xFFFFFFFF | 1
    return [(one + probe * two) % size for probe in range(PROBES)]
