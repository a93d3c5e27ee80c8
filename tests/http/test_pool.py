"""Slow work runs beside the event loop, bounded; everybody else is answered meanwhile."""

import asyncio
import threading
import time
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


class Asking:
    """A pool, and the work that it was asked for by name: what began, what is held up until `go`, and who was told."""

    def __init__(self, pool):
        self.pool, self.go, self.began, self.told, self.waits = pool, threading.Event(), [], [], []

    def __call__(self, name, account_id="", *, peer="192.0.2.1", same=None):
        waits = asyncio.get_running_loop().create_future()

        def work():
            self.began.append(name)
            assert self.go.wait(10)

        def resume(result):
            self.told.append(name)
            waits.set_result(result())

        self.pool.run(work, resume, peer, account_id, same)
        self.waits.append(waits)

    async def end(self):
        self.go.set()
        await asyncio.gather(*self.waits)
        assert (self.pool.jobs, self.pool._jobs, self.pool._lines, self.pool._turns) == (0, {}, {}, Counter())
        self.pool.stop()


def played(script, pool):
    """Play a script of asking, and give what came of it."""

    async def play():
        asking = Asking(pool)
        script(asking)
        await asking.end()
        return asking

    return asyncio.run(play())


def test_accounts_take_turns_however_much_one_of_them_asks():
    def script(asking):
        for number in range(5):
            asking(f"a{number}", "a")
        asking("b0", "b")
        asking("c0", "c")
        asking("b1", "b")

    assert played(script, Pool(1)).began == ["a0", "a1", "b0", "c0", "a2", "b1", "a3", "a4"]


def test_an_account_has_no_more_places_than_are_left_for_others():
    def script(asking):
        for account_id, places in (("a", 16), ("b", 8), ("c", 4), ("d", 2), ("e", 1)):
            for _ in range(places):
                asking(account_id, account_id)
            with pytest.raises(Full):
                asking(account_id, account_id)
        asking("f", "f")
        with pytest.raises(Full):
            asking("g", "g")

    told = Counter(played(script, Pool(2, 30)).told)
    assert told == {"a": 16, "b": 8, "c": 4, "d": 2, "e": 1, "f": 1}


def test_what_an_account_has_strangers_wait_for_takes_two_threads():
    def script(asking):
        for number in range(10):
            asking(f"a{number}", "a")
        asking("b", "b", peer="192.0.2.2")
        until = time.monotonic() + 5
        while "b" not in asking.began and time.monotonic() < until:
            time.sleep(0.001)
        assert sorted(asking.began) == ["a0", "a1", "b"]

    played(script, Pool.of_strangers())


def test_what_is_being_done_is_not_done_again():
    def script(asking):
        for number in range(STRANGERS_FROM_ONE_ADDRESS):
            asking(f"first {number}", "a", same="issuer")
        with pytest.raises(Full):
            asking("one too many", "a", same="issuer")
        asking("other", "b", peer="192.0.2.2", same="issuer")

    asking = played(script, Pool.of_strangers())
    assert asking.began == ["first 0"]
    assert asking.told == [*(f"first {number}" for number in range(STRANGERS_FROM_ONE_ADDRESS)), "other"]


def test_who_waits_for_the_same_has_it_at_the_first_turn_of_either_account():
    def script(asking):
        for number in range(4):
            asking(f"a{number}", "a")
        asking("shared, last of a", "a", same="issuer")
        asking("shared, first of b", "b", same="issuer")

    asking = played(script, Pool(1))
    assert asking.began == ["a0", "a1", "shared, last of a", "a2", "a3"]
    assert asking.told[2:4] == ["shared, last of a", "shared, first of b"]


def test_only_so_many_wait_for_the_same():
    def script(asking):
        for number in range(4):
            asking(f"{number}", "a", same="issuer")
        with pytest.raises(Full):
            asking("one too many", "b", same="issuer")
        asking("another", "b", peer="192.0.2.2")

    assert Counter(played(script, Pool(1, 3)).began) == {"0": 1, "another": 1}


def test_one_who_waits_for_the_same_and_fails_leaves_the_others_their_answer():
    async def ask():
        pool, loop = Pool(1), asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        answered = loop.create_future()
        pool.run(lambda: 1, lambda result: result() // 0, "192.0.2.1", "a", "issuer")
        pool.run(lambda: 1, lambda result: answered.set_result(result()), "192.0.2.1", "a", "issuer")
        assert await answered == 1
        pool.stop()

    asyncio.run(ask())


def test_an_accounts_slow_work_leaves_room_for_that_of_another(serving, door, wire):
    event = threading.Event()
    door.answer = lambda request: Later(
        lambda: event.wait(10), lambda _: Answer(200, b"worked"), account_id=request.body.decode()
    )
    running = serving(max_connections_per_address=1000)
    half = (RUNNING + WAITING) // 2
    connections = [running.connect() for _ in range(half + 2)]
    for connection in connections[:half]:
        connection.sendall(wire.post(b"111122223333"))
    until = time.monotonic() + 5
    while running.server.pool.jobs < half and time.monotonic() < until:
        time.sleep(0.001)
    connections[half].sendall(wire.post(b"111122223333"))
    assert wire.one_answer(connections[half])[0] == 400
    connections[-1].sendall(wire.post(b"444455556666"))
    event.set()
    assert {wire.one_answer(connection)[0] for connection in (*connections[:half], connections[-1])} == {200}
    for connection in connections:
        connection.close()


def test_a_proof_that_fails_is_counted_as_a_failed_authentication(serving, door, wire):
    refusal = Answer(400, b"refused", error_code="InvalidIdentityToken")
    door.answer = lambda _: Later(lambda: None, lambda _: refusal, proven=False)
    running = serving()
    assert not running.server.gate.buckets
    with running.connect() as connection:
        connection.sendall(wire.post(SLOW))
        assert wire.one_answer(connection)[0] == 400
    assert running.server.gate.buckets
