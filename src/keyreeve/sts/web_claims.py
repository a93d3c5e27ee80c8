"""Claims of a web identity token, once its signature is verified: what they must say, and what follows from them.

Sources: STS API reference, AssumeRoleWithWebIdentity; IAM User Guide, "OIDC federation" and "Pass session tags in AWS
STS". The sentences are recorded of AWS, but for those marked ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from keyreeve.entities import Tag
from keyreeve.faults import ExpiredTokenException, InvalidIdentityToken

Claims = Mapping[str, Any]

SKEW_SECONDS = 300
"""AWS takes a token until five minutes after its end, for clocks that differ."""

OLDEST_SECONDS = 86_400
LONGEST_SUBJECT = 255
LONGEST_AUDIENCE = 255
_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
_SOURCE = re.compile(r"(?!aws:)[\w+=,.@-]{2,64}", re.ASCII)
_TAG = re.compile(r"[\w\s.:/=+\-@]*")
MOST_TAGS, LONGEST_TAG_KEY, LONGEST_TAG_VALUE = 50, 128, 256


def required(claims: Claims, name: str) -> Any:
    """A claim that has to be there."""
    if claims.get(name) is None:
        raise InvalidIdentityToken(f"Missing a required claim: {name}")
    return claims[name]


def in_time(claims: Claims, now: datetime) -> None:
    """Refuse a token that has ended, has not begun, or was made too long ago."""
    expires, issued, current = _second(claims, "exp"), _second(claims, "iat"), int(now.timestamp())
    if current >= expires + SKEW_SECONDS:
        raise ExpiredTokenException(
            f"Token expired: current date/time {current} must be before the expiration date/time{expires}"
        )
    begins = issued if claims.get("nbf") is None else max(issued, _second(claims, "nbf"))
    if begins > current + SKEW_SECONDS:
        raise InvalidIdentityToken("The ID Token provided is not valid yet.")  # ours
    if current - issued > OLDEST_SECONDS:
        raise ExpiredTokenException(f"Token too old: {current - issued}")


def _second(claims: Claims, name: str) -> int:
    found = required(claims, name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise InvalidIdentityToken(f"The claim {name} must be an integer.")  # ours
    return found


def subject(claims: Claims) -> str:
    """Whom the token is about."""
    found = required(claims, "sub")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_SUBJECT:
        raise InvalidIdentityToken(f"The claim sub must be text of up to {LONGEST_SUBJECT} characters.")  # ours
    return found


def audience(claims: Claims, client_ids: Iterable[str]) -> str:
    """For whom the token was made: its authorised party or, where it names none, one of its audiences.

    It has to be one of the provider's client ids. Where several are, the first in the token counts.
    """
    meant = audiences(claims)
    party = claims.get("azp")
    if party is not None:
        meant = (party,) if isinstance(party, str) else ()
    known = frozenset(client_ids)
    found = next((each for each in meant if each in known), None)
    if found is None or len(found) > LONGEST_AUDIENCE:
        raise InvalidIdentityToken("Incorrect token audience")
    return found


def audiences(claims: Claims) -> tuple[str, ...]:
    """The `aud` claim: text, or a list of texts."""
    found = required(claims, "aud")
    given = found if isinstance(found, list) else [found]
    if not all(isinstance(each, str) for each in given):
        raise InvalidIdentityToken("Incorrect token audience")
    return tuple(given)


def source_identity(claims: Claims) -> str | None:
    """The source identity that the token sets for the session."""
    found = claims.get(_SOURCE_IDENTITY)
    if found is None:
        return None
    if not isinstance(found, str) or not _SOURCE.fullmatch(found):
        raise InvalidIdentityToken('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    return found


def tags(claims: Claims) -> tuple[tuple[Tag, ...], tuple[str, ...]]:
    """The session's tags, and the keys of those that travel on: nested in one claim, or a claim for each tag.

    Each value stands alone or as the one element of a list. What is malformed is refused, and never left out: a policy
    may deny who has no tag.
    """
    nested = claims.get(_TAGS)
    found = {} if nested is None else dict(_texts(nested, "principal_tags"))
    travelling = None if nested is None else nested.get("transitive_tag_keys")
    start = f"{_TAGS}/principal_tags/"
    found.update((name.removeprefix(start), value) for name, value in claims.items() if name.startswith(start))
    travelling = claims.get(f"{_TAGS}/transitive_tag_keys", travelling)
    keys = [] if travelling is None else travelling
    if len(found) > MOST_TAGS or not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise _malformed_tags()
    return tuple(Tag(key, _tag_value(key, value)) for key, value in found.items()), tuple(keys)


def _texts(nested: Any, member: str) -> dict[str, Any]:
    found = nested.get(member, {}) if isinstance(nested, dict) else None
    if not isinstance(found, dict):
        raise _malformed_tags()
    return found


def _tag_value(key: str, given: Any) -> str:
    value = given[0] if isinstance(given, list) and len(given) == 1 else given
    fits = isinstance(value, str) and len(value) <= LONGEST_TAG_VALUE and 0 < len(key) <= LONGEST_TAG_KEY
    if not fits or not (_TAG.fullmatch(key) and _TAG.fullmatch(value)):
        raise _malformed_tags()
    return str(value)


def _malformed_tags() -> InvalidIdentityToken:
    return InvalidIdentityToken("The session tags in the ID Token are malformed.")  # ours
