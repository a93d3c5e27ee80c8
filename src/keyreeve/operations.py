"""Operations: how one is declared, what it asks permission for, and what it is called with.

    @operation("DeleteRole", on=existing(Role))
    def delete_role(call: Call, role_name: str) -> None: ...

A handler's parameters are the model's members in snake_case. By the time it runs, the request was parsed, proven and
authorised, and one transaction is open; its only effects are on `call.tx`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from keyreeve.entities import ManagedPolicy, Role, User
from keyreeve.fido_metadata import Metadata
from keyreeve.templates import Templates

if TYPE_CHECKING:
    from keyreeve.catalogue import AwsManagedPolicy, Catalogue
    from keyreeve.entities import Record
    from keyreeve.events import Facts, Rows
    from keyreeve.openid import Issuers
    from keyreeve.seal import KeyRing
    from keyreeve.store import Transaction

T = TypeVar("T")

Context = dict[str, str | tuple[str, ...]]
"""Condition keys (lower case) and their values; a tuple is a multivalued key."""


class Recorded(Protocol):
    """What happened so far, for those few operations that ask; `events.EventLog` has it."""

    @property
    def facts(self) -> Facts:
        """What is folded from the events."""

    @property
    def rows(self) -> Rows:
        """The events."""


class Attempts(Protocol):
    """What was tried of one-time codes and passwords, by place; `access.attempts` keeps it."""

    def last_step(self, place: str) -> int:
        """The newest time step whose code was right."""

    def resting(self, place: str, now: datetime) -> bool:
        """Whether too many wrong ones came."""

    def was_right(self, place: str, step: int) -> None:
        """Use a code up."""

    def was_wrong(self, place: str, now: datetime) -> None:
        """Count a wrong one."""


class Deliveries(Protocol):
    """Where trails deliver to and how far they are; `cloudtrail.deliveries` keeps it."""

    def takes(self, bucket: str) -> bool:
        """Whether a bucket can be delivered to."""

    def state(self, trail_id: str) -> Any:
        """How far a trail is."""


class Caller(Protocol):
    """Who is asking, as far as operations need to know; `access.caller` has the whole."""

    @property
    def kind(self) -> str:
        """Is `root`, `user`, `role_session` or `federated_user`; `saml` or `web_identity` for who bears a token."""

    @property
    def account_id(self) -> str:
        """The account of the principal."""

    @property
    def arn(self) -> str:
        """The ARN that GetCallerIdentity answers."""


class Ask(msgspec.Struct, frozen=True):
    """One question to the authorisation: may the caller do `action` on `resource`?

    `words` is how AWS names the resource in a refusal where it does not print the ARN (`role NAME`). `target` is the
    record behind the ARN, if it exists: its account and tags become condition keys, unless `context` says otherwise.
    `by_trust` says that the resource is a role whose trust policy has to allow it; `grant` is the policy of another
    resource, as a text that we made.
    """

    action: str
    resource: str = "*"
    context: Context = {}
    words: str | None = None
    target: Record | None = None
    by_trust: bool = False
    grant: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What the operator says of this server and its API cannot change.

    `management_account` manages all other accounts as an organization; without one there is no organization.
    `fido_metadata` knows makes of security keys.
    """

    management_account: str | None = None
    templates: Templates = field(default_factory=Templates)
    fido_metadata: Metadata = field(default_factory=Metadata)


Job = tuple[Callable[..., Any], tuple[Any, ...]]
"""A slow function and the plain values that it is called with."""


class Slow(Exception):
    """What a handler waits for. It is no fault: the service has the job done, and handles the request anew.

    The job takes the share of `account_id`, where one stands for it. A `shared` one is done once for all who need it.
    """

    def __init__(self, job: Job, account_id: str, *, shared: bool = False) -> None:
        super().__init__(job[0].__name__)
        self.job, self.account_id, self.shared = job, account_id, shared


class Call(msgspec.Struct, eq=False):
    """One authorised call. What a handler may touch: the transaction, and what comes in of time, chance and ids.

    `chance(n)` gives n random bytes; `issuers` has the keys of OpenID Connect issuers; `public_url` is where clients
    reach this server. A handler that gives out credentials sets `issued`: its event is then durable before the answer.
    `slow_functions` are those that the operation declares, `done` what they gave.
    """

    tx: Transaction
    caller: Any
    account_id: str
    now: datetime
    request_id: str
    region: str
    chance: Callable[[int], bytes]
    ring: KeyRing
    log: Recorded
    catalogue: Catalogue
    attempts: Attempts
    site: Site
    issuers: Issuers
    public_url: str
    deliveries: Deliveries
    issued: bool = False
    slow_functions: tuple[Callable[..., Any], ...] = ()
    done: Mapping[Job, Any] = {}

    @property
    def facts(self) -> Facts:
        """What the events so far tell of keys, roles, users and services."""
        return self.log.facts

    @property
    def events(self) -> Rows:
        """The events so far."""
        return self.log.rows

    def slow(self, function: Callable[..., T], *values: Any) -> T:
        """What a slow function gives for these values, which must be the same each time the handler runs.

        The first time the handler ends here, and its changes are forgotten. When the function has run, outside any
        transaction, the request is proven, authorised and handled anew. A result belongs to the values it was made
        of: where they have changed meanwhile it is not taken, and there is nothing to check again.
        """
        result: T = self._result(Slow((function, values), self.account_id))
        return result

    def outside(self, account_id: str, function: Callable[..., T], *values: Any) -> T:
        """What a slow function gives that waits for a host which an account has named; otherwise as `slow`.

        It takes that account's share. Who needs the same meanwhile waits for the same result, whatever the account.
        """
        result: T = self._result(Slow((function, values), account_id, shared=True))
        return result

    def _result(self, slow: Slow) -> Any:
        function = slow.job[0]
        if function not in self.slow_functions:
            raise TypeError(f"{function.__name__} is not declared beside the operation.")
        if slow.job not in self.done:
            raise slow
        return self.done[slow.job]

    def new_id(self, kind: type[Record], make: Callable[[str, str, Callable[[int], bytes]], str], prefix: str) -> str:
        """An id for a new record of a kind that no record of the account has."""
        while True:
            made = make(prefix, self.account_id, self.chance)
            if self.tx.get(kind, self.account_id, made) is None:
                return made

    def managed_policy(self, account_id: str, arn: str) -> AwsManagedPolicy | ManagedPolicy | None:
        """The managed policy with this ARN: one of AWS's, or the account's own."""
        return self.catalogue.get(arn) or self.tx.find(ManagedPolicy, account_id, "arn", arn)

    def moment(self) -> datetime:
        """Now in whole seconds, as entities keep their dates."""
        return self.now.replace(microsecond=0)


Handler = Callable[..., Any]
Asks = Callable[[str, Call, Mapping[str, Any]], Iterable[Ask]]
"""What an operation asks: from its action (`iam:GetUser`), the call and its values."""
Bears = Callable[[Call, Mapping[str, Any]], Any]
"""Who bears the token in a call's values. The call has no caller yet. Raises the Fault for what proves nobody."""


@dataclass(frozen=True)
class Operation:
    """An operation as built: its handler, what it asks permission for, and what its answer leaves out.

    `asks` None means that no permission is needed and none can be taken away. `without` names the members that AWS
    leaves out of this operation's answer ("User.Tags"), or leaves out when they are empty ("User.Tags?"). `parameters`
    are the handler's, for the model's test. `slow` are the functions that it has run in another thread. `bearer` is
    there where the operation needs no signature: it verifies the token that is sent instead, and says who bears it.
    """

    service: str
    name: str
    handler: Handler
    asks: Asks | None
    without: frozenset[str]
    parameters: tuple[str, ...]
    slow: tuple[Callable[..., Any], ...] = ()
    bearer: Bears | None = None

    @cached_property
    def action(self) -> str:
        """The permission that the operation needs: `iam:GetUser`."""
        return f"{self.service}:{self.name}"


def anything(action: str, call: Call, values: Mapping[str, Any]) -> Iterable[Ask]:  # noqa: ARG001  the form of Asks
    """Ask about everything (`*`): what is about no resource."""
    yield Ask(action)


REGISTRY: dict[tuple[str, str], Operation] = {}
"""Every operation that is built, by service and name."""


def operation(
    name: str,
    *,
    on: Asks | None,
    without: Iterable[str] = (),
    parameters: tuple[str, ...] | None = None,
    slow: tuple[Callable[..., Any], ...] = (),
    bearer: Bears | None = None,
) -> Callable[[Handler], Handler]:
    """Declare the handler of an operation of the service whose package it stands in.

    A handler made for several kinds at once takes its members as `**named` and says their names in `parameters`. What
    takes more than a few milliseconds (hashing a password, making a key) is named in `slow` and run by `Call.slow`.
    An operation with a `bearer` comes without a signature; any signature it has all the same is not looked at.
    """

    def declare(handler: Handler) -> Handler:
        service = handler.__module__.split(".")[1]
        if (service, name) in REGISTRY:
            raise ValueError(f"{service}:{name} is declared twice")
        named = parameters if parameters is not None else tuple(inspect.signature(handler).parameters)[1:]
        REGISTRY[service, name] = Operation(service, name, handler, on, frozenset(without), named, slow, bearer)
        return handler

    return declare


def tag_context(tags: Iterable[Mapping[str, str]] | None, *made: str) -> Context:
    """`aws:RequestTag/KEY` and `aws:TagKeys` for the tags of a request.

    `made` are the prefixes of the keys (`aws:resourcetag/`) for the tags of a resource that the request makes: it is
    asked about as if it had them (IAM User Guide, "AWS global condition context keys", aws:ResourceTag).
    """
    if not tags:
        return {}
    pairs = [(tag["key"], tag["value"]) for tag in tags]
    context = {**tag_keys("aws:requesttag/", pairs), "aws:tagkeys": tuple(key for key, _ in pairs)}
    for prefix in made:
        context.update(tag_keys(prefix, pairs))
    return context


def tag_prefixes(kind: type[Record]) -> tuple[str, ...]:
    """What the condition keys of a resource's tags begin with: users and roles have two for each."""
    return ("aws:resourcetag/", "iam:resourcetag/") if issubclass(kind, User | Role) else ("aws:resourcetag/",)


def tag_keys(prefix: str, pairs: Iterable[tuple[str, str]]) -> Context:
    """A condition key for each tag.

    Tags whose names differ in case only are one key. If their values differ it has both, and is multivalued: a plain
    operator then grants nothing, and denies if either value would.
    """
    context: Context = {}
    for key, value in pairs:
        name = prefix + key.lower()
        held = context.get(name, value)
        context[name] = value if held == value else (*([held] if isinstance(held, str) else held), value)
    return context
