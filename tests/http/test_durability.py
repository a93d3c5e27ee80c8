"""What comes in turns of the loop that follow each other waits together, and hears of it together."""

import asyncio
import time

from keyreeve.http.durability import ENOUGH, Durability

GATHERED = 2  # turns of the loop after which nothing more has come


async def turns_of_the_loop(number):
    for _ in range(number):
        await asyncio.sleep(0)


def test_what_came_together_waits_once(door):
    told = []

    async def turns():
        durability = Durability(door, seconds=5)
        for revision in (7, 6, 9):
            durability.then(revision, lambda error, revision=revision: told.append((revision, error)))
        await turns_of_the_loop(GATHERED)
        durability.then(10, lambda error: told.append((10, error)))
        await turns_of_the_loop(GATHERED)
        assert [revision for revision, _ in door.waits] == [9, 10]
        assert door.oldest == [6, 10]
        assert (door.kicks, durability.answers, durability.newest) == (2, 4, 10)
        lost = OSError("disk full")
        door.waits[1][1](lost)
        door.waits[0][1](None)
        await asyncio.sleep(0)
        assert told == [(10, lost), (7, None), (6, None), (9, None)]
        assert durability.answers == 0

    asyncio.run(turns())


def test_while_each_turn_brings_more_it_is_waited_for(door):
    async def turns():
        durability = Durability(door, seconds=5)
        for revision in range(1, 11):
            durability.then(revision, lambda _: None)
            await asyncio.sleep(0)
        assert door.waits == []
        await asyncio.sleep(0)
        assert [revision for revision, _ in door.waits] == [10]
        assert (door.oldest, door.kicks) == ([1], 1)

    asyncio.run(turns())


def test_nobody_waits_for_more_than_enough(door):
    async def turns():
        durability = Durability(door, seconds=5)
        for revision in range(1, 2 * ENOUGH + 1):
            durability.then(revision, lambda _: None)
            await asyncio.sleep(0)
        await turns_of_the_loop(GATHERED)
        assert door.oldest[0] == 1
        assert door.waits[0][0] <= ENOUGH + 1
        assert door.waits[-1][0] == 2 * ENOUGH

    asyncio.run(turns())


def test_a_turn_is_given_up_only_once_it_is_waited_for(door):
    """The loop may stand still for as long while it gathers: a machine that sleeps, a disk that hangs."""
    told = []

    async def turns():
        durability = Durability(door, seconds=0.01)
        durability.then(1, told.append)
        await asyncio.sleep(0)
        time.sleep(0.02)  # noqa: ASYNC251  the loop stands still
        durability.then(2, told.append)
        durability.tick(asyncio.get_running_loop().time())
        durability.then(3, told.append)
        await turns_of_the_loop(GATHERED)
        assert (told, [revision for revision, _ in door.waits]) == ([], [3])
        durability.tick(asyncio.get_running_loop().time() + 0.02)
        assert [type(outcome) for outcome in told] == [TimeoutError] * 3

    asyncio.run(turns())


def test_one_who_fails_when_told_does_not_keep_it_from_the_others(door, caplog):
    told = []

    async def turn():
        durability = Durability(door, seconds=5)
        durability.then(1, lambda _: 1 / 0)
        durability.then(2, told.append)
        await turns_of_the_loop(GATHERED)
        door.waits[0][1](None)
        await asyncio.sleep(0)

    asyncio.run(turn())
    assert told == [None]
    assert "ZeroDivisionError" in caplog.text
