"""Documents: policies as they come in, refused with AWS's sentence where the grammar refuses them."""

from __future__ import annotations

from keyreeve.faults import MalformedPolicyDocument
from keyreeve.policy import Kind, PolicyError, check

_WHITE_SPACE = " \t\r\n"
_INDENTED = "JSON strings must not have leading spaces"
_INDENTED_IDENTITY = "The policy failed legacy parsing"
"""What AWS says of white space before the document, as its users report it of trust policies and of others."""


def accept(text: str, kind: Kind) -> None:
    """Return if a document may stand in this place; MalformedPolicyDocument if it may not."""
    if text[:1] in _WHITE_SPACE and text.strip(_WHITE_SPACE):
        raise MalformedPolicyDocument(_INDENTED if kind is Kind.TRUST else _INDENTED_IDENTITY)
    try:
        check(text, kind)
    except PolicyError as error:
        raise MalformedPolicyDocument(error.sentence) from None
