"""What waits in one turn of the loop waits together, and hears of it together."""

import asyncio

from keyreeve.http.durability import Durability


def test_a_turn_waits_once_for_all_that_came_in_it(door):
    told = []

    async def turns():
        durability = Durability(door, seconds=5)
        for revision in (7, 6, 9):
            durability.then(revision, lambda error, revision=revision: told.append((revision, error)))
        await asyncio.sleep(0)
        durability.then(10, lambda error: told.append((10, error)))
        await asyncio.sleep(0)
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


def test_one_who_fails_when_told_does_not_keep_it_from_the_others(door, caplog):
    told = []

    async def turn():
        durability = Durability(door, seconds=5)
        durability.then(1, lambda _: 1 / 0)
        durability.then(2, told.append)
        await asyncio.sleep(0)
        door.waits[0][1](None)
        await asyncio.sleep(0)

    asyncio.run(turn())
    assert told == [None]
    assert "ZeroDivisionError" in caplog.text
