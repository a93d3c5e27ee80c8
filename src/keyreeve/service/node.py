"""A node: an opened data folder as one thing, with the service that answers from it.

One thread handles requests and commands and calls `tick`; a second saves (see `store.writer`), a third packs events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from threading import Event as Signal
from threading import Thread
from types import TracebackType
from typing import Self

from keyreeve import fido_metadata
from keyreeve.access.credentials import Chance
from keyreeve.catalogue import Catalogue
from keyreeve.cloudtrail.deliveries import Deliveries
from keyreeve.config import Config, ConfigError
from keyreeve.entities import Account
from keyreeve.events import Broken, EventLog
from keyreeve.logs import Seldom, logger
from keyreeve.openid import Client, Issuers
from keyreeve.operations import Site
from keyreeve.seal import KeyRing, KeyRingUnusable, SealBroken, ring
from keyreeve.seal.chance import draw
from keyreeve.service import at_rest, publishing
from keyreeve.service.answering import Service, clock
from keyreeve.service.delivery import Deliverer
from keyreeve.service.managed_policies import Kept
from keyreeve.store import SqliteEngine, StoreFailure, View
from keyreeve.store.folder import DATABASE, Folder, FolderError, claim
from keyreeve.store.writer import Done
from keyreeve.wire.exchange import Answer, Later, Request

LOG = logger("node")
PACK_SECONDS = 5.0
RETAIN_SECONDS = 3600.0
PROBES = 50
"""Secrets that are opened to see whether a key ring belongs to the data."""


class Node:
    """A claimed folder, its key ring, view, log and service; what the HTTP door needs. Leaving it as a context closes.

    `start` has changes saved and events packed in threads of their own; without it, call `view.save` after a change.
    """

    def __init__(
        self,
        config: Config,
        folder: Folder,
        engine: SqliteEngine,
        view: View,
        key_ring: KeyRing,
        now: Callable[[], datetime],
        chance: Chance,
    ) -> None:
        self.config, self.folder, self.engine, self.view, self.ring = config, folder, engine, view, key_ring
        self.now, self.chance = now, chance
        self.log = EventLog(view, key_ring, now)
        site = Site(config.management_account, config.templates, _metadata(config, now()))
        self.catalogue = Catalogue.load(Kept(view))
        self.deliveries = Deliveries(config.trail_buckets)
        self.service = Service(
            view,
            key_ring,
            self.log,
            self.catalogue,
            now=now,
            chance=chance,
            site=site,
            deliveries=self.deliveries,
            issuers=_issuers(config),
        )
        self._deliverer = Deliverer(config, engine, key_ring, self.log, self.deliveries, now)
        self._deliverer.open(view)
        self.url: str | None = None
        """Where clients reach this node; None while it is not served."""
        self.delivers = False
        """Whether closing delivers trails: it served, or a change was made. Who only looks may look at a copy of data
        that is in use elsewhere, whose trails are not this one's to write."""
        self._stopping = Signal()
        self._packer: Thread | None = None

    @classmethod
    def open(
        cls,
        config: Config,
        environ: Mapping[str, str],
        *,
        create: bool = False,
        now: Callable[[], datetime] = clock,
        chance: Chance = draw,
    ) -> Node:
        """Claim the folder and open what is in it; with `create`, a new one too.

        Raises InUse, FolderError, another StoreError, or KeyRingUnusable; then the folder is free again.
        """
        if not create and not (config.data / DATABASE).exists():
            raise FolderError(
                f"{config.data} holds no data of Keyreeve. Make it with keyreeve serve or keyreeve init, or give"
                " another folder with --data."
            )
        with ExitStack() as undo:
            folder = undo.enter_context(claim(config.data))
            engine = SqliteEngine(folder.database)
            undo.callback(engine.close)
            view = View(engine)
            node = cls(config, folder, engine, view, _ring(config, environ, view, now()), now, chance)
            undo.pop_all()
        return node

    @property
    def is_new(self) -> bool:
        """Whether there is no account yet."""
        return not self.view.begin().everywhere(Account)

    def check_account(self) -> None:
        """Refuse to serve a folder that has accounts, but not those that the configuration names."""
        wanted, held = self.config.account_id, self.view.begin().everywhere(Account)
        if wanted is not None and held and wanted not in {account.account_id for account in held}:
            raise FolderError(
                f"{self.config.data} has accounts already, and {wanted} is none of them. An account id is given to the"
                " first start only; make another account with keyreeve accounts create --account-id."
            )
        manager = self.config.management_account
        if manager not in {None, wanted} and manager not in {account.account_id for account in held}:
            raise FolderError(
                f"{self.config.data} has no account {manager}, which management_account names. Make it first with"
                " keyreeve accounts create --account-id."
            )

    # What the HTTP door needs.

    @property
    def durable(self) -> int:
        """The newest revision that is saved."""
        return self.view.durable

    def handle(self, request: Request) -> Answer | Later:
        """Answer a request, or say what slow work comes first."""
        published = publishing.answer(self.view, self.service.public_url, request, self.now)
        return self.service.begin(request) if published is None else published

    def wait(self, revision: int, done: Done, oldest: int | None = None) -> None:
        """Have `done` called when the revision is durable or lost, or any since `oldest`; `kick` has them saved."""
        self.view.writer.wait(revision, done, oldest)

    def kick(self) -> None:
        """Have what was committed or pledged saved now: once for all requests of a turn of the loop."""
        with suppress(StoreFailure):  # the writer has logged it; who waits was told so, or will be
            self.log.redeem()
        self.view.writer.kick()

    def ready(self) -> bool:
        """Whether the store takes changes: after a failure not before something was really saved."""
        return self.view.writer.failing is None and self.view.writer.failure is None

    def health(self) -> Mapping[str, object]:
        """Whether the store takes changes: nothing that is confidential."""
        return {"store": "ok" if self.ready() else "failing"}

    def tick(self) -> None:
        """Save what may wait a second, and come back after a failure of the store; twice a second.

        While saving fails, what may wait does: if it failed, it would take along the reads that come meanwhile.
        """
        with suppress(StoreFailure):  # the writer has logged it
            if self.view.writer.failing is None:
                self.log.flush()
            if self.view.writer.failure is not None:
                self.view.begin()
            self._deliverer.see(self.view)
            self._deliverer.drop_finished(self.view)

    # Starting and closing.

    def start(self) -> None:
        """Save, pack and deliver in threads of their own from now on."""
        self.delivers = True
        self.view.writer.start()
        self._packer = Thread(target=self._pack, name="event-packer", daemon=True)
        self._packer.start()
        self._deliverer.start()

    def close(self) -> None:
        """Save all that waits, put the log of the database into it, and give the folder up."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._packer is not None:
            self._packer.join()
            self._packer = None
        self._deliverer.stop()
        try:
            self._save_rest()
            self._deliver_rest()
        finally:
            self.view.writer.stop()
            self.engine.close()
            self.folder.release()

    def _save_rest(self) -> None:
        try:
            self.log.flush(closing=True)
            self.view.save()
        except StoreFailure as failure:
            LOG.error("not everything could be saved", reason=str(failure))

    def _deliver_rest(self) -> None:
        """Files of trails are complete when nothing runs; a failure is told, and made up for at the next start."""
        if self.delivers and self.view.writer.failure is None:
            self._deliverer.see(self.view)
            self._deliverer.deliver()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _pack(self) -> None:
        """Pack events now and then, and hourly delete those that are too old or too many."""
        kept = timedelta(days=self.config.event_retention_days)
        size = self.config.event_retention_megabytes << 20
        due, told = time.monotonic(), Seldom(LOG)
        while not self._stopping.wait(PACK_SECONDS):
            try:
                self.log.compact()
                if time.monotonic() >= due:
                    due = time.monotonic() + RETAIN_SECONDS
                    self.log.retain(kept, size)
            except Broken:
                LOG.exception("the event log is broken, and left as it is; see keyreeve events verify")
                return
            except StoreFailure as failure:
                told.error("events could not be packed", reason=str(failure))
            except Exception:
                LOG.exception("events could not be packed")


def sealed_secrets(view: View) -> list[tuple[bytes, str]]:
    """Every sealed secret, with what it is bound to."""
    tx = view.begin()
    return [secret for kind in at_rest.KINDS for record in tx.everywhere(kind) for secret in at_rest.secrets_in(record)]


def opens(key_ring: KeyRing, sealed: bytes, bound_to: str) -> bool:
    """Whether a key ring opens a secret."""
    try:
        key_ring.unseal(sealed, bound_to)
    except SealBroken:
        return False
    return True


def _issuers(config: Config) -> Issuers:
    """The issuers that may be asked, beyond public ones those that the operator names."""
    try:
        return Issuers(Client(config.web_identity_hosts, config.web_identity_ca_file))
    except OSError as error:
        raise ConfigError(f"{config.source('web_identity_ca_file')} cannot be used: {error}.") from None


def _metadata(config: Config, now: datetime) -> fido_metadata.Metadata:
    """What is known of makes of security keys: nothing, unless the operator has downloaded it."""
    if config.fido_metadata is None:
        return fido_metadata.Metadata()
    try:
        return fido_metadata.read(config.fido_metadata, now)
    except ValueError as error:
        raise ConfigError(f"{config.source('fido_metadata')} must be {error}.") from None


def _ring(config: Config, environ: Mapping[str, str], view: View, now: datetime) -> KeyRing:
    """The key ring. A new one only where there is neither one nor an account: it could open nothing there is."""
    path = config.keyring_path
    elsewhere = config.keyring_command or environ.get(ring.VARIABLE)
    if not elsewhere and not path.exists() and not view.begin().everywhere(Account):
        return KeyRing.create(path, now)
    found = KeyRing.load(path, environ, config.keyring_command)
    probes = sealed_secrets(view)[:PROBES]
    if probes and not any(opens(found, *probe) for probe in probes):
        raise KeyRingUnusable(
            f"The key ring does not open the secrets in {config.data}: it is another one's. Give the one that belongs"
            " to this data."
        )
    return found
