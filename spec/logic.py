"""Three answers: yes, no, and open where AWS's documentation says neither (Kleene's strong logic).

An open answer is settled once, at the statement: an Allow needs a yes, a Deny applies unless the answer is no. So
where a page leaves a point open, the reading that grants less is taken, and the rule stands in one place.
"""

from collections.abc import Iterable

Answer = bool | None
YES, NO, OPEN = True, False, None


def any_of(answers: Iterable[Answer]) -> Answer:
    """Yes if one is yes; else open if one is open."""
    found: Answer = NO
    for answer in answers:
        if answer is YES:
            return YES
        if answer is OPEN:
            found = OPEN
    return found


def all_of(answers: Iterable[Answer]) -> Answer:
    """No if one is no; else open if one is open."""
    found: Answer = YES
    for answer in answers:
        if answer is NO:
            return NO
        if answer is OPEN:
            found = OPEN
    return found


def negation(answer: Answer) -> Answer:
    """Yes for no, no for yes; open stays open."""
    if answer is OPEN:
        return OPEN
    return not answer
