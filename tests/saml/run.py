"""Forgeries against the verifier, from a seed: none may be accepted, and every genuine variant must be.

    python [-O] -m tests.saml.run --forged 20000 --genuine 2000 --seed 2026-11-26

It checks without `assert`, so that it checks the same under `python -O`.
"""

import argparse
import random
import sys
import time
from collections import Counter

from tests.saml.forging import FAMILIES, SIGNS, Forger
from tests.saml.genuine import variant
from tests.saml.idp import Idp, Say, sent

import pki
from keyreeve.access.saml import Assertion, Trust, verify

IDP, ELLIPTIC, STRANGER = Idp(), Idp("elliptic", "ec"), Idp("stranger")
OTHERS = tuple(Idp(f"other {number}", "ec") for number in range(3))
READER = "saml reader"


class Wrong(Exception):
    """What may not be."""


def say(**more):
    return Say(**{"roles": ("arn:aws:iam::111122223333:role/dev,arn:aws:iam::111122223333:saml-provider/idp",), **more})


def trust(*idps):
    return Trust(tuple(idp.der for idp in idps), (pki.private(pki.rsa_key(READER)).encode(),))


def forged(count, seed):
    """Verify so many forgeries of all families. Gives what each family was answered; raises Wrong for one accepted."""
    chance = random.Random(f"{seed} forged")  # noqa: S311  a seed draws the same again
    forger = Forger(IDP, STRANGER, pki.rsa_key(READER), say, chance)
    trusted, answers = trust(IDP, ELLIPTIC), {name: Counter() for name in FAMILIES}
    for number in range(count):
        name = list(FAMILIES)[number % len(FAMILIES)]
        document = FAMILIES[name](forger)
        found = verify(sent(document), trusted)
        if isinstance(found, Assertion):
            raise Wrong(f"{name}, number {number} of seed {seed}, was accepted: {document!r}")
        answers[name][found.message] += 1
    return answers


def mutated(count, seed):
    """Change, add or take away bytes of so many genuine responses, anywhere. Gives how many were refused.

    What is not signed may change: then the assertion is the same. Raises Wrong for another one.
    """
    chance, refused = random.Random(f"{seed} mutated"), 0  # noqa: S311  same
    kept = [(made, verify(sent(made), trust(IDP))) for sign in SIGNS for made in (IDP.made(say(), sign),)]
    for number in range(count):
        document, original = chance.choice(kept)
        raw = bytearray(document.encode())
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            at = chance.randrange(len(raw))
            raw[at : at + chance.choice((0, 1, 1, 2))] = chance.choice(
                (b"", b"<", b"&", b" ", bytes([chance.randrange(256)]))
            )
        found = verify(sent(bytes(raw)), trust(IDP))
        if isinstance(found, Assertion) and found._replace(destination=None) != original._replace(destination=None):
            raise Wrong(f"number {number} of seed {seed} was accepted: {bytes(raw)!r}")
        refused += not isinstance(found, Assertion)
    return refused


def genuine(count, seed):
    """Verify so many genuine responses; raises Wrong for one that is refused or says something else."""
    chance = random.Random(f"{seed} genuine")  # noqa: S311  same
    reader = pki.rsa_key(READER)
    certificates = [IDP, ELLIPTIC, *OTHERS]
    for number in range(count):
        chance.shuffle(certificates)
        document, name = variant((IDP, ELLIPTIC), reader, say(subject=f"user-{number}"), chance)
        found = verify(sent(document), trust(*certificates))
        if not isinstance(found, Assertion) or found.subject != f"user-{number}":
            raise Wrong(f"{name}, number {number} of seed {seed}, was answered {found!r}: {document}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--forged", type=int, default=len(FAMILIES) * 20)
    parser.add_argument("--genuine", type=int, default=100)
    parser.add_argument("--seed", default=f"{time.time()}")
    asked = parser.parse_args()
    started = time.process_time()
    genuine(asked.genuine, asked.seed)
    answers = forged(asked.forged, asked.seed)
    refused = mutated(asked.forged, asked.seed)
    for name, counts in answers.items():
        told = ", ".join(f"{number} {sentence}" for sentence, number in counts.most_common())
        sys.stdout.write(f"{name}: {told}\n")
    seconds, optimised = time.process_time() - started, " under python -O" if sys.flags.optimize else ""
    sys.stdout.write(
        f"seed {asked.seed}: {asked.forged} forged, none accepted; {asked.genuine} genuine, all accepted; of"
        f" {asked.forged} with bytes changed {refused} refused, the others the same{optimised}"
        f" ({seconds:.0f} s of CPU)\n"
    )


if __name__ == "__main__":
    main()
