"""Every secret that rests in a record is known, and is sealed anew when the key ring is rotated."""

import typing
from datetime import UTC, datetime

import msgspec
import pytest

from keyreeve import entities
from keyreeve.entities import Record, SAMLPrivateKey, SAMLProvider, ServerCertificate
from keyreeve.seal import SealBroken
from keyreeve.service import administration, at_rest
from keyreeve.service.node import sealed_secrets

ACCOUNT = "111122223333"
NOW = datetime(2026, 5, 4, tzinfo=UTC)


def sealing(kind):
    """Members of a kind that hold something sealed: its own, and those of what it holds."""
    for name, hint in typing.get_type_hints(kind).items():
        if name.startswith("sealed_"):
            yield f"{kind.__name__}.{name}"
        for part in typing.get_args(hint):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                yield from sealing(part)


def test_every_kind_that_seals_something_is_known():
    kinds = {kind: list(sealing(kind)) for kind in entities.KINDS.values()}
    assert {kind for kind, members in kinds.items() if members} == set(at_rest.KINDS)
    assert kinds[SAMLProvider] == ["SAMLPrivateKey.sealed_key"]
    assert {f"{kind.__name__}.{member}" for kind, member in at_rest.MEMBERS.items()} == {
        member for kind in at_rest.MEMBERS for member in kinds[kind]
    }
    assert issubclass(SAMLProvider, Record)


@pytest.fixture
def records(node):
    """A server certificate and a SAML provider with two private keys, each secret its own id."""
    seal = node.ring.seal
    tx = node.view.begin()
    tx.put(
        ServerCertificate(
            account_id=ACCOUNT,
            server_certificate_id="ASCA",
            server_certificate_name="c",
            path="/",
            certificate_body="",
            sealed_private_key=seal(b"ASCA", "ASCA"),
            upload_date=NOW,
            expiration=NOW,
        )
    )
    keys = tuple(
        SAMLPrivateKey(key_id=name, timestamp=NOW, sealed_key=seal(name.encode(), name)) for name in ("one", "two")
    )
    tx.put(
        SAMLProvider(
            account_id=ACCOUNT,
            saml_provider_uuid="uuid",
            name="s",
            saml_metadata_document="",
            entity_id="",
            signing_certificates=(),
            create_date=NOW,
            valid_until=NOW,
            private_keys=keys,
        )
    )
    tx.commit()
    return {"ASCA", "one", "two"}


def test_rotation_seals_every_secret_anew(node, records):
    before = {bound_to: sealed for sealed, bound_to in sealed_secrets(node.view)}
    assert records <= before.keys()
    result = administration.run(node, "keys.rotate", {"compromised": True}).result
    after = {bound_to: sealed for sealed, bound_to in sealed_secrets(node.view)}
    assert (result["resealed"], result["broken"]) == (len(before), 0)
    assert after.keys() == before.keys()
    for bound_to in records:
        assert after[bound_to] != before[bound_to]
        assert node.ring.unseal(after[bound_to], bound_to) == bound_to.encode()
        with pytest.raises(SealBroken):
            node.ring.unseal(after[bound_to], "another")
