"""Documents: policies as they come in, refused with AWS's sentence where the grammar refuses them."""

from __future__ import annotations

from keyreeve.faults import MalformedPolicyDocument
from keyreeve.policy import Kind, PolicyError, check


def accept(text: str, kind: Kind) -> None:
    """Return if a document may stand in this place; MalformedPolicyDocument if it may not."""
    try:
        check(text, kind)
    except PolicyError as error:
        raise MalformedPolicyDocument(error.sentence) from None
