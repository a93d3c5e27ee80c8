"""What is untidy: old versions, empty elements, sizes, and keys that have no business in a policy."""

from __future__ import annotations

import re

from keyreeve.policy.document import Kind
from keyreeve.policy.lint.seen import Note, Notes, Seen, Stated
from keyreeve.policy.places import spans
from keyreeve.policy.rewriting import size_without_white_space

_ACCESS_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])|(?<![A-Za-z0-9])AKIA[A-Z0-9]{9}EXAMPLE"
)
_QUOTAS = {
    Kind.IDENTITY: 6_144,
    Kind.INLINE: 10_240,
    Kind.TRUST: 8_192,
    Kind.SESSION: 2_048,
    Kind.SCP: 10_240,
    Kind.RCP: 5_120,
}
"""Characters at most. Of inline policies those of a role, which has the most; of trust policies the raised quota."""


def version(seen: Seen) -> Notes:
    """A missing or an old version."""
    given = seen.value.get("Version")
    if given is None and seen.kind not in (Kind.IDENTITY, Kind.RCP):
        yield Note("MISSING_VERSION", (), "The policy has no Version.")
    elif given == "2008-10-17" and seen.kind not in (Kind.IDENTITY, Kind.RCP):
        yield Note("OLD_VERSION", ("Version",), "The policy is of version 2008-10-17.")


def size(seen: Seen) -> Notes:
    """More than the quota of the type of policy."""
    quota = _QUOTAS.get(seen.kind)
    counted = len(seen.text) if seen.kind in (Kind.SCP, Kind.RCP) else size_without_white_space(seen.text)
    if quota is not None and counted > quota:
        yield Note("POLICY_SIZE_EXCEEDS_QUOTA", (), f"The policy has {counted} characters; the quota is {quota}.")


def credentials(seen: Seen) -> Notes:
    """Ids of access keys: whoever writes one into a policy may have written its secret elsewhere."""
    found = _ACCESS_KEY.search(seen.text)
    if found is not None:
        path = next((span.path for span in spans(seen.text) if span.start <= found.start() < span.end), ())
        yield Note("CREDENTIAL_IN_POLICY", path, f"{found[0][:4]}… looks like the id of an access key.")


def emptiness(seen: Seen, stated: Stated) -> Notes:  # noqa: ARG001  a check like the others
    """Elements that are there and hold nothing."""
    if stated.value.get("Sid") == "":
        yield stated.note("EMPTY_SID_VALUE", "The Sid is empty.", "Sid")
    block = stated.value.get("Condition")
    if block is not None and not all(block.values() or [{}]):
        yield stated.note("EMPTY_OBJECT_CONDITION", "The condition holds nothing, and so always holds.", "Condition")
    for member in ("Principal", "NotPrincipal"):
        element = stated.value.get(member)
        if element == {} or (isinstance(element, dict) and [] in element.values()):
            yield stated.note("EMPTY_ARRAY_PRINCIPAL", f"{member} lists nobody.", member)


def service_wildcards(seen: Seen, stated: Stated) -> Notes:  # noqa: ARG001  a check like the others
    """Wildcards in the service's prefix: they take in services to come."""
    for member in ("Action", "NotAction"):
        for path, action in stated.located(member):
            prefix, colon, name = action.partition(":")
            if colon and name.strip("*") and ("*" in prefix or "?" in prefix):
                yield Note("WILDCARD_IN_SERVICE_NAME", path, f"{action} is about services of other names too.")
