"""20,000 forged responses with KEYREEVE_PROOFS=1, some hundred otherwise, also under `python -O`; and it can fail."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from tests.saml import run
from tests.saml.forging import FAMILIES

from keyreeve.access.saml import decryption, document, signature

PROOFS = bool(os.environ.get("KEYREEVE_PROOFS"))
SEED = os.environ.get("KEYREEVE_SEED") or (secrets.token_hex(4) if PROOFS else "keyreeve")
FORGED, GENUINE = (20_000, 2_000) if PROOFS else (100 * len(FAMILIES), 300)
A_FEW, SOME = 20 * len(FAMILIES), 60


def test_no_forgery_is_accepted_and_every_family_is_refused():
    assert all(run.forged(A_FEW, SEED).values())


def test_changed_bytes_change_no_assertion():
    assert A_FEW // 2 < run.mutated(A_FEW, SEED) < A_FEW


def test_every_genuine_variant_is_accepted():
    run.genuine(SOME, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("flags", [(), ("-O",)], ids=["as it is", "under python -O"])
def test_at_length_and_where_assert_vanishes(flags):
    tree = Path(__file__).parents[2]
    command = [sys.executable, *flags, "-m", "tests.saml.run", "--forged", str(FORGED), "--genuine", str(GENUINE)]
    environ = {**os.environ, "PYTHONPATH": f"{tree / 'tests'}{os.pathsep}{tree}"}
    done = subprocess.run([*command, "--seed", SEED], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("under python -O" in done.stdout) is bool(flags)
    print(done.stdout.splitlines()[-1])  # noqa: T201  the seed is the report


# Controls: with a fault planted, a forgery gets in.


def strangers_too(plant):
    real = signature._usable
    plant.setattr(signature, "_usable", lambda held: real((*held, run.STRANGER.der)))


def any_form(plant):
    plant.setattr(signature, "_check_form", lambda *_: None)


def any_algorithm(plant):
    plant.setattr(signature, "METHODS", frozenset(SignatureMethod))
    plant.setattr(signature, "DIGESTS", frozenset(DigestAlgorithm))


def bare(element):
    """A copy of an element without its signature."""
    made = etree.fromstring(etree.tostring(element, with_tail=False))
    for found in made.findall(f"{document.DS}Signature"):
        made.remove(found)
    return made


def no_signature(plant):
    plant.setattr(signature, "verified", lambda element, _certificates: bare(element))


def what_was_sent(plant):
    """The mistake behind signature wrapping: some element is verified, and another is read."""
    real = signature.verified

    def taken(element, certificates):
        root = element.getroottree().getroot()
        real(next((each for each in root.iter() if signature.is_signed(each)), root), certificates)
        return bare(next(root.iter(f"{document.SAML}Assertion")))

    def anywhere(root):
        return document.Response(root, next(root.iter(f"{document.SAML}Assertion"), None), None)

    plant.setattr(signature, "verified", taken)
    plant.setattr(document, "response", anywhere)


def any_cipher(plant):
    real = decryption.decrypted
    plant.setattr(decryption, "decrypted", lambda element, keys, covered: real(element, keys, covered=covered or True))


def comments(plant):
    plant.setattr(document, "_scan", lambda _sent: None)
    plant.setattr(
        document, "parser", lambda: etree.XMLParser(resolve_entities=False, remove_comments=True, remove_pis=True)
    )


PLANTED = (strangers_too, any_form, any_algorithm, no_signature, what_was_sent, any_cipher, comments)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda each: each.__name__)
def test_a_planted_fault_lets_a_forgery_in(planted, monkeypatch):
    planted(monkeypatch)
    with pytest.raises(run.Wrong):
        run.forged(60 * len(FAMILIES), "planted")
