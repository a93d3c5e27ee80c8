r"""The models' patterns: Java regular expressions, matched by Python's.

They differ in two things that the models use: Java's `\w` and `\d` are ASCII, and it knows Unicode categories. Every
pattern of the models is matched in time linear in the text; a test holds that for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

# Python has no categories. Its Unicode `\w` is exactly L, N and the underscore, which each pattern of tags allows too;
# category Z is these (a test compares both with the Unicode database).
_CATEGORIES = r"\p{L}\p{Z}\p{N}"
_LETTERS_SEPARATORS_NUMBERS = r"\w\x20\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Meant is the rest of Unicode; as Java reads it, it would be U+1000 and, by a range, most of what the class leaves out.
_ASTRAL = r"\u10000-\u10FFFF"


@cache
def matcher(pattern: str) -> Callable[[str], object]:
    """What is true of texts that the whole pattern matches. Raises ValueError for categories in other forms."""
    flags = re.NOFLAG if _CATEGORIES in pattern else re.ASCII
    translated = pattern.replace(_CATEGORIES, _LETTERS_SEPARATORS_NUMBERS)
    if r"\p" in translated:
        raise ValueError(f"cannot match {pattern}")
    return re.compile(translated.replace(_ASTRAL, r"\U00010000-\U0010ffff"), flags).fullmatch
