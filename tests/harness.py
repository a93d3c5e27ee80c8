"""A whole server without a socket: real boto3 clients whose requests go straight into the service."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import boto3
import msgspec
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from keyreeve.access.credentials import access_key_id, secret_access_key
from keyreeve.catalogue import Catalogue
from keyreeve.entities import AccessKey, Account, Record, RootUser
from keyreeve.events import EventLog
from keyreeve.openid import Issuers
from keyreeve.operations import Site
from keyreeve.seal import KeyRing
from keyreeve.service import Service
from keyreeve.service.answering import NOWHERE
from keyreeve.store import MemoryEngine, View, records
from keyreeve.store.engine import Change
from keyreeve.wire.exchange import Answer, Request

ACCOUNT = "111122223333"
OTHER = "444455556666"
CATALOGUE = Catalogue.load()
SESSION = boto3.session.Session()


class Raw:
    """What botocore reads an answer's body from."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.body


@dataclass
class Server:
    """One service over a memory engine, and clients for it."""

    service: Service
    view: View
    ring: KeyRing
    log: EventLog
    answers: list[Answer] = field(default_factory=list)
    offset: timedelta = timedelta(0)

    def send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """botocore's before-send hook: the request goes into the service, the answer back to botocore."""
        url = urlsplit(request.url)
        headers = [
            (name.lower(), value.decode() if isinstance(value, bytes) else value)
            for name, value in request.headers.items()
        ]
        headers.append(("host", url.netloc))
        body = request.body or b""
        asked = Request(
            method=request.method,
            path=url.path or "/",
            query=url.query,
            headers=tuple(headers),
            body=body if isinstance(body, bytes) else body.encode(),
            source_ip="127.0.0.1",
        )
        answer = self.service.handle(asked)
        self.answers.append(answer)
        return AWSResponse(request.url, answer.status, dict(answer.headers), Raw(answer.body))

    def client(self, service: str, credentials: dict[str, Any], region: str = "us-east-1") -> Any:
        """A boto3 client with these credentials (AccessKeyId, SecretAccessKey and perhaps SessionToken)."""
        made = SESSION.client(
            service,
            region_name=region,
            endpoint_url="http://127.0.0.1:4566",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),
        )
        made.meta.events.register("before-send.*", self.send)
        return made

    def user(self, name: str, *policies: dict[str, Any], account: str = ACCOUNT) -> Person:
        """A new user with these inline policies, and clients that act as it."""
        iam = self.root(account).iam
        iam.create_user(UserName=name)
        for number, policy in enumerate(policies):
            iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=text(policy))
        return self.person(iam.create_access_key(UserName=name)["AccessKey"])

    def person(self, credentials: dict[str, Any]) -> Person:
        """Clients of somebody who holds these credentials."""
        return Person(self, credentials)

    def root(self, account: str = ACCOUNT) -> Person:
        """Clients that act as an account's root user."""
        transaction = self.view.begin()
        keys = transaction.where(AccessKey, account, "principal", account)
        secret = self.ring.unseal(keys[0].sealed_secret, keys[0].access_key_id).decode()
        return self.person({"AccessKeyId": keys[0].access_key_id, "SecretAccessKey": secret})


@dataclass
class Person:
    """Somebody's credentials, and clients that are made when they are asked for: each takes a hundredth of a second."""

    server: Server
    credentials: dict[str, Any]

    @cached_property
    def iam(self) -> Any:
        return self.server.client("iam", self.credentials)

    @cached_property
    def sts(self) -> Any:
        return self.server.client("sts", self.credentials)

    @cached_property
    def cloudtrail(self) -> Any:
        return self.server.client("cloudtrail", self.credentials)


def text(policy: dict[str, Any]) -> str:
    """A policy as JSON."""
    return json.dumps(policy)


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """A policy of one Allow."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trusting(principal: Any, action: str | list[str] = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    """A trust policy of one Allow."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def seeded(view: View, ring: KeyRing, account: str) -> None:
    """An account whose root user has a key."""
    now = datetime.now(UTC).replace(microsecond=0)
    chance = secrets.token_bytes
    transaction = view.begin()
    transaction.put(Account(account_id=account, create_date=now))
    transaction.put(RootUser(account_id=account, create_date=now))
    identifier = access_key_id("AKIA", account, chance)
    sealed = ring.seal(secret_access_key(chance).encode(), identifier)
    transaction.put(
        AccessKey(
            account_id=account, access_key_id=identifier, principal_id=account, sealed_secret=sealed, create_date=now
        )
    )
    transaction.commit()


def refused(code: str, sentence: str | None = None) -> Any:
    """Expect a ClientError of this code and, where given, exactly this sentence."""
    return Refusal(code, sentence)


@dataclass
class Refusal:
    """What is expected instead of an answer."""

    code: str
    sentence: str | None
    error: ClientError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        assert isinstance(error, ClientError), f"{self.code} was expected, not {error!r}"
        self.error = error
        found = error.response["Error"]
        assert found["Code"] == self.code, found
        if self.sentence is not None:
            assert found["Message"] == self.sentence, found
        return True


def read_back(kind: type[Record], account_id: str, key: str, record: Record | None) -> Change:
    """`records.change`, for a record that can be read again: one that cannot keeps a server from starting."""
    change = Change(account_id, kind.__name__, key, None if record is None else msgspec.json.encode(record))
    assert records.decode(change) == record
    return change


def made(folder: Path, site: Site = NOWHERE, issuers: Issuers | None = None) -> Server:
    """A fresh server with two accounts; its key ring rests in `folder`. `issuers` are those it may ask."""
    ring = KeyRing.create(folder / "keyring.json", datetime.now(UTC))
    engine = MemoryEngine()
    view = View(engine)
    servers: list[Server] = []

    def now() -> datetime:
        return datetime.now(UTC) + (servers[0].offset if servers else timedelta(0))

    log = EventLog(view, ring, now)
    for account in (ACCOUNT, OTHER):
        seeded(view, ring, account)
    service = Service(view, ring, log, CATALOGUE, now=now, site=site, issuers=issuers)
    servers.append(Server(service, view, ring, log))
    return servers[0]
