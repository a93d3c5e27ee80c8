"""Documents: policies as they come in, refused with AWS's sentence where the grammar refuses them."""

from __future__ import annotations

from keyreeve.faults import MalformedPolicyDocument
from keyreeve.policy import Document, Kind, PolicyError, parse


def accept(text: str, kind: Kind) -> Document:
    """The parsed document; MalformedPolicyDocument if it may not stand in this place."""
    try:
        return parse(text, kind)
    except PolicyError as error:
        raise MalformedPolicyDocument(error.sentence) from None
