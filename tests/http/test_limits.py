"""Budgets of the unauthenticated: failed authentications and connections."""

from contextlib import ExitStack
from ipaddress import ip_network

import pytest

from keyreeve.config import Config
from keyreeve.http.limits import LOOPBACK, LOOPBACK_FACTOR, Connections, FailureGate, neighbourhood
from keyreeve.http.pool import Pool
from keyreeve.http.server import Server
from keyreeve.wire.exchange import Answer


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gate(clock):
    return FailureGate(10, 100, clock, remembered=3)


def test_an_address_may_fail_a_burst_and_then_as_often_as_tokens_come_back(gate, clock):
    for _ in range(100):
        assert not gate.closed("192.0.2.1")
        gate.failed("192.0.2.1")
    assert gate.closed("192.0.2.1")
    assert not gate.closed("192.0.2.2")
    clock.now = 0.1
    assert not gate.closed("192.0.2.1")
    gate.failed("192.0.2.1")
    assert gate.closed("192.0.2.1")
    clock.now = 3600
    for _ in range(100):
        gate.failed("192.0.2.1")
    assert gate.closed("192.0.2.1")


def test_an_ipv6_client_is_its_whole_network(gate):
    for host in range(100):
        gate.failed(f"2001:db8::{host:x}")
    assert gate.closed("2001:db8::ffff:1")
    assert not gate.closed("2001:db8:0:1::1")


def test_this_machine_may_fail_more_often(gate):
    assert neighbourhood("127.0.0.1") == neighbourhood("::1") == LOOPBACK
    for _ in range(9_999):
        gate.failed("127.0.0.1")
    assert not gate.closed("127.0.0.1")
    gate.failed("127.0.0.1")
    assert gate.closed("127.0.0.2")


def test_only_so_many_addresses_are_remembered(gate):
    for host in range(10):
        gate.failed(f"192.0.2.{host}")
    assert list(gate.buckets) == ["192.0.2.7", "192.0.2.8", "192.0.2.9"]


@pytest.mark.parametrize(
    "code", ["InvalidClientTokenId", "SignatureDoesNotMatch", "MissingAuthenticationToken", "IncompleteSignature"]
)
def test_who_fails_too_often_is_throttled_before_the_service(code, serving, door, wire):
    door.answer = Answer(403, b"", error_code=code)
    running = serving(failed_auth_burst=1)
    running.server.gate.clock = lambda: 0.0
    with running.connect() as connection:
        for _ in range(LOOPBACK_FACTOR):
            connection.sendall(wire.post())
            assert wire.one_answer(connection)[0] == 403
        connection.sendall(wire.post())
        status, _, body = wire.one_answer(connection)
    assert status == 400
    assert b"<Code>Throttling</Code>" in body
    assert b"<Message>Rate exceeded</Message>" in body
    assert len(door.requests) == LOOPBACK_FACTOR


@pytest.mark.parametrize("forwarded", [b"", b"X-Forwarded-For: unknown\r\n"])
def test_behind_a_proxy_on_this_machine_nobody_may_fail_more_often(forwarded, serving, door, wire, caplog):
    """It would be the limit of all its clients, where it does not say who they are; that is told once."""
    door.answer = Answer(403, b"", error_code="SignatureDoesNotMatch")
    running = serving(failed_auth_burst=5, behind_proxy=(ip_network("127.0.0.1/32"),))
    running.server.gate.clock = lambda: 0.0
    with running.connect() as connection:
        statuses = []
        for _ in range(8):
            connection.sendall(wire.post(extra=forwarded))
            statuses.append(wire.one_answer(connection)[0])
        assert statuses == [403] * 5 + [400] * 3
        connection.sendall(wire.post(extra=b"X-Forwarded-For: 192.0.2.1\r\n"))
        assert wire.one_answer(connection)[0] == 403
    said = [record.fields for record in caplog.records if "does not say" in record.getMessage()]
    assert said == [{"address": "127.0.0.1"}]


def test_behind_a_proxy_this_machine_asks_for_no_more_proofs_than_others():
    with ExitStack() as stack:
        pools = [Pool.of_strangers(), Server(Config(behind_proxy=(ip_network("10.0.0.0/8"),)), None).strangers["any"]]
        for pool in pools:
            stack.callback(pool.stop)
        assert [pool.loopback for pool in pools] == [LOOPBACK_FACTOR, 1]


def test_denials_and_successes_cost_nothing(serving, door, wire):
    door.answer = Answer(403, b"", error_code="AccessDenied", proven=True)
    running = serving(failed_auth_burst=1)
    running.server.gate.clock = lambda: 0.0
    with running.connect() as connection:
        for _ in range(LOOPBACK_FACTOR + 10):
            connection.sendall(wire.post())
            assert wire.one_answer(connection)[0] == 403


def test_connections_of_an_ipv6_client_are_counted_for_its_whole_network():
    connections = Connections(total=9, per_address=2)
    assert [connections.enter(f"2001:db8::{number}") for number in range(3)] == [True, True, False]
    assert connections.enter("2001:db8:0:1::1")
    for peer in ("2001:db8::0", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
        connections.leave(peer)
    assert (connections.count, connections.open) == (0, {})


def test_connections_are_counted_for_each_address_and_in_all():
    connections = Connections(total=4, per_address=2, exempt=lambda peer: peer == "proxy")
    assert [connections.enter("a") for _ in range(3)] == [True, True, False]
    connections.leave("a")
    connections.leave("a")
    assert [connections.enter("proxy") for _ in range(4)] == [True, True, True, False]
    for peer in ("a", *["proxy"] * 4):
        connections.leave(peer)
    assert (connections.count, connections.open) == (0, {})
