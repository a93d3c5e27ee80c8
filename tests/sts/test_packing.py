"""How much of the allotted space policies and tags fill."""

import pytest

from keyreeve.entities import Tag
from keyreeve.sts import packing


@pytest.mark.parametrize(
    ("characters", "tags", "percent"),
    [(0, [], 0), (163, [], 16), (0, [Tag("kk", "v" * 250)] * 9, 498), (500, [Tag("k" * 100, "v" * 127)], 99)],
)
def test_packed_size(characters, tags, percent):
    assert packing.percent(characters, tags) == percent
