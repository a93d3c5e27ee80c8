"""The request context: the global condition keys of one request (IAM User Guide, "AWS global condition context keys").

Names are in lower case; a tuple is a multivalued key. A key that AWS leaves out of a kind of request is left out here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from keyreeve.access.bearer import Bearer
from keyreeve.access.caller import Caller
from keyreeve.entities import Record, Tag, User
from keyreeve.operations import Context, tag_keys, tag_prefixes
from keyreeve.wire.exchange import Request

_TYPES = {"root": "Account", "user": "User", "role_session": "AssumedRole", "federated_user": "FederatedUser"}


@lru_cache(maxsize=4096)
def of_caller(caller: Caller) -> Context:
    """The keys that the principal and its credential bring, but for the ages."""
    identity, session = caller.identity, caller.session
    arn = identity.arn if caller.kind == "role_session" else caller.arn
    context: Context = {
        "aws:principalarn": arn,
        "aws:principalaccount": caller.account_id,
        "aws:principaltype": _TYPES[caller.kind],
        "aws:principalisawsservice": "false",
        "aws:userid": caller.user_id,
    }
    if caller.kind == "user" and isinstance(identity, User):
        context["aws:username"] = identity.user_name
    context.update(tags("aws:principaltag/", caller.tags))
    if session is None:
        return context
    context["aws:tokenissuetime"] = instant(session.issued)
    if session.source_identity:
        context["aws:sourceidentity"] = session.source_identity
    context.update(session.provider_keys)
    if session.assumed_root:
        context["aws:assumedroot"] = "true"
    # Federated identities carry no MFA information at all; other temporary credentials say true or false.
    if caller.kind != "federated_user" and not session.provider_keys:
        context["aws:multifactorauthpresent"] = "false" if caller.mfa_time is None else "true"
    return context


class Late(Mapping[str, str | tuple[str, ...]]):
    """A context that is put together when a condition or variable first asks for a key: most policies ask for none."""

    __slots__ = ("_made", "_parts")

    def __init__(self, *parts: Callable[[], Context]) -> None:
        self._parts = parts
        self._made: Context | None = None

    @property
    def whole(self) -> Context:
        """Every key; of a key in several parts the last one counts."""
        if self._made is None:
            self._made = {}
            for part in self._parts:
                self._made.update(part())
        return self._made

    def __getitem__(self, key: str) -> str | tuple[str, ...]:
        return self.whole[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)


def of_request(request: Request, caller: Caller | Bearer, region: str, now: datetime) -> Context:
    """The keys of one request by this caller."""
    current, epoch = _clock(int(now.timestamp()))
    context = {
        **(of_caller(caller) if isinstance(caller, Caller) else {}),
        "aws:sourceip": request.source_ip,
        "aws:currenttime": current,
        "aws:epochtime": epoch,
        "aws:securetransport": "true" if request.secure else "false",
        "aws:requestedregion": region,
        "aws:viaawsservice": "false",
        "aws:useragent": request.header("user-agent") or "",
    }
    referer = request.header("referer")
    if referer is not None:
        context["aws:referer"] = referer
    if isinstance(caller, Caller) and caller.mfa_time is not None:
        context["aws:multifactorauthage"] = str(int((now - caller.mfa_time).total_seconds()))
    return context


@lru_cache(maxsize=8)
def _clock(seconds: int) -> tuple[str, str]:
    """A second as a date and as a number; many requests share one."""
    return instant(datetime.fromtimestamp(seconds, UTC)), str(seconds)


def of_target(target: Record) -> Context:
    """The keys that the resource brings: its account and its tags."""
    context: Context = {"aws:resourceaccount": target.account_id}
    held: tuple[Tag, ...] = getattr(target, "tags", ())
    for prefix in tag_prefixes(type(target)) if held else ():
        context.update(tags(prefix, held))
    return context


def tags(prefix: str, held: tuple[Tag, ...]) -> Context:
    """The condition keys of tags that are held."""
    return tag_keys(prefix, ((tag.key, tag.value) for tag in held))


def instant(moment: datetime) -> str:
    """A point in time as conditions compare it: `2024-02-17T17:13:23Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
