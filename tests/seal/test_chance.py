"""Random bytes are handed out once."""

import os
from concurrent.futures import ThreadPoolExecutor

from keyreeve.seal.chance import HELPING_BYTES, Reserve


def test_no_bytes_are_handed_out_twice():
    reserve = Reserve()
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(reserve.draw, [12] * 5000))
    assert {len(each) for each in drawn} == {12}
    assert len(set(drawn)) == len(drawn)


def test_more_than_a_helping_comes_at_once():
    assert len(Reserve().draw(HELPING_BYTES + 1)) == HELPING_BYTES + 1


def test_a_forked_child_draws_other_bytes():
    reserve = Reserve()
    reserve.draw(1)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, reserve.draw(16))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(reader, 16) != reserve.draw(16)
