"""What was asked: the questions of authorisation behind a recorded event, put together again from its parameters.

The event does not keep them. They come from the declaration of the operation, as they did when it was called, except
that the account is as it stands now: the ARN of something deleted since has no path.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from keyreeve import policy
from keyreeve.access import context
from keyreeve.access.attempts import Attempts
from keyreeve.access.authorize import beside, question
from keyreeve.access.caller import Caller, of_key, of_session
from keyreeve.access.tokens import Session
from keyreeve.cloudtrail.deliveries import Deliveries
from keyreeve.entities import AccessKey, Role, User
from keyreeve.events import Event
from keyreeve.events.parameters import LEFT_OUT, OMITTED
from keyreeve.faults import Fault
from keyreeve.openid import Client, Issuers
from keyreeve.operations import REGISTRY, Ask, Call, Operation, Site
from keyreeve.posture.reading import Reading
from keyreeve.seal.chance import draw
from keyreeve.wire import model
from keyreeve.wire.exchange import Request
from keyreeve.wire.model import Shape, snake


class Asked(NamedTuple):
    """One question that a call put: the event, what it asked, and the question as the engine takes it."""

    event: Event
    ask: Ask
    request: policy.Request


def asked_of(reading: Reading, holder: User | Role, event: Event) -> list[Asked] | None:
    """The questions that identity policies had to allow; none for what needs no permission or was refused.

    A call that failed may have failed before it was authorised: it counts where the present policies allow it, so that
    nobody writes permissions into the advice by asking in vain. None: the event does not tell what was asked about.
    """
    built = REGISTRY.get((event.event_source.partition(".")[0], event.event_name))
    if built is None or built.asks is None or event.error_code == "AccessDenied":
        return []
    caller = _caller(holder, event)
    request = Request("POST", "/", "", (("user-agent", event.user_agent),), b"", event.source_ip_address, secure=True)
    keys = context.of_request(request, caller, event.aws_region, event.event_time)
    try:
        asks = list(built.asks(built.action, _call(reading, caller, event), _values(built, event)))
    except (AttributeError, KeyError, TypeError, ValueError, Fault):
        return [] if event.error_code else None
    found = [Asked(event, ask, question(caller, ask, lambda: keys)) for ask in asks]
    if event.error_code is None:
        return found
    present = policy.Policies(identity=tuple(held.policy for held in reading.granted_to(holder)))
    return [asked for asked in found if verdict(asked, present) == "allowed"]


def verdict(asked: Asked, own: policy.Policies) -> policy.Verdict:
    """What a question comes to under these policies of the caller.

    A role that names its caller lets it in without them; of its trust policy as it stands now, only that counts.
    """
    found = policy.decide(asked.request, own).verdict
    if found == "allowed" or not (asked.ask.by_trust and asked.ask.target is not None):
        return found
    return policy.decide(asked.request, beside(own, asked.ask)).verdict


def _caller(holder: User | Role, event: Event) -> Caller:
    """Who asked, with what the event tells of the session; the tags that were passed to it it does not tell."""
    key = event.user_identity.access_key_id or ""
    came = event.user_identity.session_context
    told = None if came is None else came.attributes
    if isinstance(holder, User) and told is None:
        return of_key(AccessKey(account_id=holder.account_id, access_key_id=key, principal_id=holder.key,
                                sealed_secret=b"", create_date=event.event_time), holder)  # fmt: skip
    issued = event.event_time if told is None else datetime.fromisoformat(told.creation_date)
    session = Session(
        kind="user_session" if isinstance(holder, User) else "role_session",
        account_id=holder.account_id,
        access_key_id=key,
        secret_access_key="",
        principal_id=holder.key,
        issued=issued,
        expires=event.event_time,
        session_name=None if isinstance(holder, User) else event.user_identity.display_name or "session",
        source_identity=None if came is None else came.source_identity,
        mfa_time=issued if told is not None and told.mfa_authenticated == "true" else None,
    )
    return of_session(session, holder)


def _call(reading: Reading, caller: Caller, event: Event) -> Call:
    return Call(
        tx=reading.tx,
        caller=caller,
        account_id=reading.account_id,
        now=event.event_time,
        request_id="",
        region=event.aws_region,
        chance=draw,
        ring=reading.ring,
        log=reading,
        catalogue=reading.catalogue,
        attempts=Attempts(),
        site=Site(),
        issuers=Issuers(Client()),
        public_url="",
        deliveries=Deliveries(),
    )


def _values(built: Operation, event: Event) -> dict[str, Any]:
    """The operation's values from the parameters that the event shows.

    KeyError where one that must be there is not: what was too large, or was not kept, is not guessed.
    """
    shape = model.service(built.service).operations[built.name].input
    if shape is None:
        return {}
    values: dict[str, Any] = _read(shape, event.request_parameters or {})
    kept = (name for name in shape.required if name not in LEFT_OUT and not shape.members[name].sensitive)
    missing = [name for name in kept if snake(name) not in values]
    if missing or event.request_parameters == OMITTED:
        raise KeyError(*missing)
    return values


def _read(shape: Shape, shown: Any) -> Any:
    if shape.type == "structure" and isinstance(shown, dict):
        members = _members(shape)
        return {members[name][0]: _read(members[name][1], value) for name, value in shown.items() if name in members}
    if shape.type == "list" and isinstance(shown, list):
        return [_read(shape.member, item) for item in shown]
    return shown


@cache
def _members(shape: Shape) -> dict[str, tuple[str, Shape]]:
    """A structure's members by CloudTrail's names."""
    return {name[0].lower() + name[1:]: (snake(name), member) for name, member in shape.members.items()}
