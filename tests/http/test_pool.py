"""Slow work runs beside the event loop, bounded; everybody else is answered meanwhile."""

import asyncio
import threading
from collections import Counter

import pytest

from keyreeve.http.pool import (
    RUNNING,
    STRANGERS_FROM_ONE_ADDRESS,
    STRANGERS_RUNNING,
    STRANGERS_WAITING,
    WAITING,
    Full,
    Pool,
)
from keyreeve.wire.exchange import Answer, Later

SLOW = b"Action=Slow"


@pytest.fixture
def going(door):
    """Makes the door's answers to slow requests wait for this; what the work gave is what is answered."""
    event = threading.Event()

    def work():
        assert event.wait(10)
        return b"worked"

    def answer(request):
        return Later(work, lambda result: Answer(200, result)) if request.body == SLOW else Answer(200, b"quick")

    door.answer = answer
    yield event
    event.set()


def test_others_are_answered_while_work_is_done(serving, going, wire):
    running = serving()
    with running.connect() as slow, running.connect() as quick:
        slow.sendall(wire.post(SLOW))
        quick.sendall(wire.post(b"Action=Quick"))
        assert wire.one_answer(quick)[2] == b"quick"
        going.set()
        assert wire.one_answer(slow)[2] == b"worked"


def test_answers_keep_their_order(serving, going, wire):
    with serving().connect() as connection:
        connection.sendall(wire.post(SLOW) + wire.post(b"Action=Quick"))
        going.set()
        assert [wire.one_answer(connection)[2] for _ in range(2)] == [b"worked", b"quick"]


def test_only_so_much_work_waits(serving, going, wire):
    running = serving(max_connections_per_address=1000)
    connections = [running.connect() for _ in range(RUNNING + WAITING + 1)]
    for connection in connections:
        connection.sendall(wire.post(SLOW))
    statuses = []
    refused = threading.Thread(target=lambda: statuses.append(wire.one_answer(connections[-1])[0]))
    refused.start()
    refused.join(5)
    assert statuses == [400]
    going.set()
    assert {wire.one_answer(connection)[0] for connection in connections[:-1]} == {200}
    for connection in connections:
        connection.close()


def test_work_that_fails_is_a_bug_of_ours(serving, door, wire):
    door.answer = lambda _: Later(lambda: 1 // 0, lambda _: Answer(200, b""))
    with serving().connect() as connection:
        connection.sendall(wire.post(SLOW))
        status, _, body = wire.one_answer(connection)
    assert status == 500
    assert b"ServiceFailure" in body


def test_work_may_lead_to_more(serving, door, wire):
    door.answer = lambda _: Later(lambda: 1, lambda one: Later(lambda: one + 1, lambda two: Answer(200, b"%d" % two)))
    with serving().connect() as connection:
        connection.sendall(wire.post(SLOW))
        assert wire.one_answer(connection)[2] == b"2"


def test_what_was_begun_is_answered_when_the_server_stops(serving, going, wire):
    running = serving()
    with running.connect() as connection:
        connection.sendall(wire.post(SLOW) + wire.post(b"Action=Quick"))
        running.tell_to_stop()
        going.set()
        assert wire.one_answer(connection)[2] == b"worked"


def test_who_leaves_meanwhile_is_not_missed(serving, going, wire):
    running = serving()
    running.connect().close()
    with running.connect() as connection:
        connection.sendall(wire.post(SLOW))
    going.set()
    with running.connect() as connection:
        connection.sendall(wire.post(SLOW))
        assert wire.one_answer(connection)[2] == b"worked"


def test_strangers_keep_nobody_waiting_but_those_who_bring_the_same_kind_of_proof(serving, door, wire):
    event = threading.Event()
    door.answer = lambda request: (
        Later(lambda: event.wait(10), lambda _: Answer(200, b"proven"), proven=False)
        if request.body == SLOW
        else Later(
            lambda: b"worked",
            lambda result: Answer(200, result),
            proven=request.body == b"Action=Known",
            operation=request.body.decode(),
        )
    )
    running = serving(max_connections_per_address=1000)
    strangers = [running.connect() for _ in range(STRANGERS_RUNNING + STRANGERS_WAITING + 1)]
    for connection in strangers:
        connection.sendall(wire.post(SLOW))
    for others in (b"Action=Known", b"Action=Other"):
        with running.connect() as connection:
            connection.sendall(wire.post(others))
            assert wire.one_answer(connection)[2] == b"worked"
    assert wire.one_answer(strangers[-1])[0] == 400
    event.set()
    assert {wire.one_answer(connection)[0] for connection in strangers[:-1]} == {200}
    for connection in strangers:
        connection.close()


def test_an_address_has_its_share_of_what_strangers_may_ask():
    event = threading.Event()

    async def ask():
        pool, loop = Pool.of_strangers(), asyncio.get_running_loop()
        ended = [loop.create_future() for _ in range(STRANGERS_FROM_ONE_ADDRESS)]
        for future in ended:
            pool.run(event.wait, lambda result, future=future: future.set_result(result()), "192.0.2.1")
        with pytest.raises(Full):
            pool.run(event.wait, lambda _: None, "192.0.2.1")
        other = loop.create_future()
        pool.run(event.wait, lambda result: other.set_result(result()), "192.0.2.2")
        event.set()
        await asyncio.gather(*ended, other)
        assert (pool.jobs, pool.peers) == (0, Counter())
        pool.stop()

    asyncio.run(ask())


def test_a_proof_that_fails_is_counted_as_a_failed_authentication(serving, door, wire):
    refusal = Answer(400, b"refused", error_code="InvalidIdentityToken")
    door.answer = lambda _: Later(lambda: None, lambda _: refusal, proven=False)
    running = serving()
    assert not running.server.gate.buckets
    with running.connect() as connection:
        connection.sendall(wire.post(SLOW))
        assert wire.one_answer(connection)[0] == 400
    assert running.server.gate.buckets
