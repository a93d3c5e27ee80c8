"""How secrets rest: envelopes under a key ring that can rotate."""

from keyreeve.seal.keys import Keys, SealBroken
from keyreeve.seal.ring import KeyRing, KeyRingUnusable

__all__ = ["KeyRing", "KeyRingUnusable", "Keys", "SealBroken"]
