"""A data folder opened as one thing: claimed, with its own key ring, saved when it closes."""

import os
import stat
import threading
import time

import pytest
from botocore import auth

from harness import Server
from keyreeve.entities import AccessKey, Account
from keyreeve.events import look_up
from keyreeve.seal import KeyRing, KeyRingUnusable, ring
from keyreeve.service import accounts, commands
from keyreeve.service.checks import doctor
from keyreeve.service.node import Node, sealed_secrets
from keyreeve.store import StoreFailure
from keyreeve.store.folder import FolderError, InUse
from keyreeve.wire.exchange import Request


def test_a_new_folder_is_made_for_its_owner_alone(opened, data):
    node = opened()
    assert node.is_new
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for name in ("keyreeve.db", "keyring.json", "keyreeve.lock"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600, name


def test_a_folder_that_is_not_there_is_not_made_unless_asked(opened, data):
    with pytest.raises(FolderError, match=r"holds no data of Keyreeve\. Make it with keyreeve serve"):
        opened(create=False)
    assert not data.exists()


def test_a_folder_has_one_owner(opened):
    opened()
    with pytest.raises(InUse, match=f"in use by process {os.getpid()}"):
        opened()


def test_what_was_done_is_there_after_closing(opened, node, clock):
    node.log.defer(commands.event(node, "test", "iam", "GetUser"))
    node.close()
    again = opened(create=False)
    assert not again.is_new
    assert [account.account_id for account in again.view.begin().everywhere(Account)] == ["111122223333"]
    assert [event.event_name for _, event in look_up(again.log.rows)] == ["GetUser", "CreateAccount"]


def test_closing_twice_does_no_harm(node):
    node.close()
    node.close()


def test_no_key_ring_is_made_for_data_that_has_one_elsewhere(opened, node, data):
    node.close()
    (data / "keyring.json").unlink()
    with pytest.raises(KeyRingUnusable, match="There is no key ring at"):
        opened()
    assert not (data / "keyring.json").exists()


def test_the_ring_of_a_start_that_went_no_further_is_used(opened, data):
    opened().close()
    before = (data / "keyring.json").read_bytes()
    opened()
    assert (data / "keyring.json").read_bytes() == before


def test_another_key_ring_is_refused_and_the_log_not_touched(opened, node, tmp_path, clock):
    node.close()
    KeyRing.create(tmp_path / "other.json", clock())
    with pytest.raises(KeyRingUnusable, match="does not open the secrets"):
        opened(keyring_file=tmp_path / "other.json")
    assert opened().log.head.sequence == 1


def test_a_ring_from_the_environment(opened, data, tmp_path, clock):
    given = ring.text(KeyRing.create(tmp_path / "ring.json", clock()).keys).decode()
    node = opened({ring.VARIABLE: given})
    accounts.open_account(node, accounts.new_key(None, node.chance))
    node.close()
    assert not (data / "keyring.json").exists()
    assert len(sealed_secrets(opened({ring.VARIABLE: given}).view)) == 1


def test_the_folder_is_free_after_a_failed_opening(opened, node, data):
    node.close()
    kept = (data / "keyring.json").read_bytes()
    (data / "keyring.json").write_text("{}")
    with pytest.raises(KeyRingUnusable):
        opened()
    (data / "keyring.json").write_bytes(kept)
    opened()


def test_a_request_is_answered(node):
    answer = node.handle(Request("POST", "/", "", (("host", "h"),), b"Action=GetCallerIdentity", "127.0.0.1"))
    assert answer.status == 403
    assert b"MissingAuthenticationToken" in answer.body


def test_a_tick_saves_what_waits(node):
    node.start()
    node.log.defer(commands.event(node, "test", "iam", "GetUser"))
    node.tick()
    node.view.save()
    assert [number for number, _ in node.engine.events(0)] == [1, 2]


def test_a_started_node_saves_by_itself(node):
    node.start()
    done = threading.Event()
    made = accounts.create(node)
    node.wait(made.revision, lambda error: error or done.set())
    assert done.wait(5)
    assert node.durable >= made.revision


@pytest.mark.parametrize("fails", [False, True])
def test_the_event_of_issued_credentials_is_durable_before_the_answer_leaves(fails, opened, monkeypatch):
    node = opened()
    key = accounts.new_key("111122223333", node.chance)
    accounts.open_account(node, key)
    node.view.save()
    admin = Server(node.service, node.view, node.ring, node.log).person(
        {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}
    )
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: node.now().replace(tzinfo=None))
    admin.sts.get_session_token()
    answer = admin.server.answers[-1]
    assert answer.revision > node.durable
    outcomes = []
    node.wait(answer.revision, outcomes.append)
    if fails:

        def failing(*_):
            raise StoreFailure("the disk is full")

        monkeypatch.setattr(node.engine, "append", failing)
        node.kick()
        with pytest.raises(StoreFailure):
            node.view.save()
        assert [type(outcome) for outcome in outcomes] == [StoreFailure]
        monkeypatch.undo()
        return
    node.kick()
    node.view.save()
    assert outcomes == [None]
    assert [b"GetSessionToken" in row for _, row in node.engine.events(0)] == [False, True]


def full(*_):
    raise StoreFailure("the disk is full")


def fill(node):
    """Let nothing be saved any more; a change finds out."""
    node.engine.append = full
    accounts.create(node)
    with pytest.raises(StoreFailure):
        node.view.save()


def test_a_tick_comes_back_after_a_failure_of_the_store(node, caplog):
    working = node.engine.append
    fill(node)
    assert not node.ready()
    assert node.health() == {"store": "failing"}
    node.engine.head = full
    node.tick()
    del node.engine.head
    node.tick()
    assert len(node.view.begin().everywhere(AccessKey)) == 1
    assert not node.view.writer.try_again()
    assert not node.ready()  # it answers again, but saves nothing
    assert [found["state"] for found in doctor(node).result if found["check"] == "store"] == ["problem"]
    node.engine.append = working
    assert node.view.writer.try_again()
    assert node.ready()
    assert node.health() == {"store": "ok"}
    said = [record.getMessage() for record in caplog.records]
    assert said == ["what was committed could not be saved", "saving works again"]


def test_reads_that_may_wait_are_not_given_to_a_store_that_fails(node):
    """They would fail, and take along the requests that come meanwhile."""
    working = node.engine.append
    fill(node)
    node.log.defer(commands.event(node, "test", "iam", "GetUser"))
    for _ in range(3):
        node.tick()
        assert node.view.durable == node.view.revision
    node.engine.append = working
    assert node.view.writer.try_again()
    node.tick()
    node.view.save()
    assert [b"GetUser" in row for _, row in node.engine.events(0)] == [False, True]


def test_events_are_packed_in_the_background(node, monkeypatch):
    monkeypatch.setattr("keyreeve.service.node.PACK_SECONDS", 0.01)
    for _ in range(2001):
        node.log.defer(commands.event(node, "test", "iam", "GetUser"))
    node.log.flush()
    node.view.save()
    node.start()
    until = time.monotonic() + 10
    while not list(node.engine.blocks(0)) and time.monotonic() < until:
        time.sleep(0.01)
    assert [(first, last) for first, last, _ in node.engine.blocks(0)] == [(1, 1000)]
    node.close()


def test_packing_goes_on_after_what_nobody_foresaw(node, monkeypatch, caplog):
    monkeypatch.setattr("keyreeve.service.node.PACK_SECONDS", 0.01)
    again = threading.Event()
    fails = iter([True])

    def compact():
        if next(fails, False):
            raise ZeroDivisionError("a bug")
        again.set()

    monkeypatch.setattr(node.log, "compact", compact)
    node.start()
    assert again.wait(5)
    assert "events could not be packed" in caplog.text
    assert "ZeroDivisionError: a bug" in caplog.text


def test_what_cannot_be_saved_at_the_end_is_told(node, caplog, data):
    def failing(*_):
        raise StoreFailure("the disk is full")

    node.log.defer(commands.event(node, "test", "iam", "GetUser"))
    node.engine.append = failing
    node.close()
    assert "not everything could be saved" in caplog.text
    Node.open(node.config, {}).close()


@pytest.mark.parametrize("name", ["account_id", "management_account"])
def test_accounts_that_the_configuration_names_must_be_there(opened, node, name):
    node.check_account()
    node.close()
    there = opened(create=False, **{name: "111122223333"})
    there.check_account()
    there.close()
    with pytest.raises(FolderError, match="999999999999"):
        opened(create=False, **{name: "999999999999"}).check_account()


def test_a_first_start_may_name_the_account_that_it_makes(opened):
    opened(account_id="999999999999", management_account="999999999999").check_account()
