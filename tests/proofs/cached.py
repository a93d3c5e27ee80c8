"""A server that remembers: who was proven, and what was allowed, holds for half a second.

Only for the control of test_revocation.py: what is accepted too long here must be found there.
"""

import sys
import time

from keyreeve.access.authenticate import Authenticator
from keyreeve.cli import main
from keyreeve.service import answering

SECONDS = 0.5

prove, authorize = Authenticator.prove, answering.authorize
proven, allowed = {}, {}


def remembered(memory, key, ask):
    value, until = memory.get(key, (None, 0.0))
    if time.monotonic() < until:
        return value
    value = ask()
    memory[key] = (value, time.monotonic() + SECONDS)
    return value


def prove_lately(self, tx, request, claim, *rest):
    return remembered(proven, claim.access_key_id, lambda: prove(self, tx, request, claim, *rest))


def authorize_lately(sets, tx, ring, caller, ask, keys):
    key = (caller.access_key_id, ask.action, ask.resource)
    return remembered(allowed, key, lambda: authorize(sets, tx, ring, caller, ask, keys))


Authenticator.prove, answering.authorize = prove_lately, authorize_lately
sys.exit(main())
