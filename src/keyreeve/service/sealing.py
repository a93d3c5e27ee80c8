"""The key ring as the operator sees it: its keys by id and date, rotation, and sealing secrets anew."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from keyreeve.access import outbound
from keyreeve.faults import ValidationError
from keyreeve.logs import logger
from keyreeve.seal import KeyRingUnusable, SealBroken
from keyreeve.service import at_rest
from keyreeve.service.commands import Done, event

if TYPE_CHECKING:
    from keyreeve.service.node import Node
    from keyreeve.store import Transaction

LOG = logger("sealing")


def show(node: Node) -> Done:
    """`keys show`: the keys of the ring, newest first, without their secrets."""
    return Done(
        [
            {
                "key_id": key.id,
                "state": key.state,
                "created": f"{key.created:%Y-%m-%dT%H:%M:%SZ}",
                "retired": None if key.retired is None else f"{key.retired:%Y-%m-%dT%H:%M:%SZ}",
            }
            for key in node.ring.keys.all
        ]
    )


def rotate(node: Node, compromised: bool = False) -> Done:
    """`keys rotate`: a new primary key, under which every secret is sealed anew.

    Older keys stay: sessions that they sealed go on until they end, unless the ring is compromised. The keys that sign
    web identity tokens go with it: new tokens are under new ones, and those before are published until they are needed
    no more, or not any longer.
    """
    tx = node.view.begin()
    try:
        node.log.reseal(partial(node.ring.rotate, node.now(), compromised=compromised), tx)
    except KeyRingUnusable as unusable:
        raise ValidationError(f"{unusable} keyreeve keys rotate --print gives it.") from None
    outbound.rotate(tx, node.now(), compromised=compromised)
    return _resealed(node, tx, "keys rotate", "RotateKey", {"compromised": compromised})


def reseal(node: Node) -> Done:
    """`keys reseal`: every secret anew under the primary key, after a ring that is in no file was rotated."""
    return _resealed(node, node.view.begin(), "keys reseal", "ReEncrypt", {})


def _resealed(node: Node, tx: Transaction, command: str, name: str, more: dict[str, object]) -> Done:
    sealed, broken = _sealed_anew(node, tx)
    primary = next(key.id for key in node.ring.keys.all if key.state == "primary")
    result = {"key_id": primary, "resealed": sealed, "broken": broken}
    done = event(node, command, "kms", name, more={"keyId": primary, "resealed": sealed, **more})
    return Done(result, node.log.commit(tx, done))


def _sealed_anew(node: Node, tx: Transaction) -> tuple[int, int]:
    """How many secrets were sealed anew, and how many do not open and were left as they are."""
    outcomes: Counter[bool] = Counter()

    def anew(sealed: bytes, bound_to: str) -> bytes:
        opened = _opened(node, sealed, bound_to)
        outcomes[opened is not None] += 1
        return sealed if opened is None else node.ring.seal(opened, bound_to)

    for kind in at_rest.KINDS:
        for record in tx.everywhere(kind):
            fresh = at_rest.sealed_anew(record, anew)
            if fresh != record:
                tx.put(fresh)
    return outcomes[True], outcomes[False]


def _opened(node: Node, sealed: bytes, bound_to: str) -> bytes | None:
    try:
        return node.ring.unseal(sealed, bound_to)
    except SealBroken:
        LOG.warning("a secret does not open, and is left as it is", reason=bound_to)
        return None
