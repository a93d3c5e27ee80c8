"""Passkeys and security keys: what a browser asks them, and what they have to answer (W3C Web Authentication).

The arithmetic is `webauthn`'s. What it leaves to its callers is here: whose the credential is, that a page of ours
alone asked, and which keys are taken. Nothing is kept or forgotten here: that is `challenges` and the store.
`webauthn` is a seventh of what a start takes: this module is to be imported as `Lazy` (see `extras.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from hmac import compare_digest
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from keyreeve.access import makes
from keyreeve.access.challenges import LIFE
from keyreeve.access.key_proofs import Credential, NotProven
from keyreeve.access.relying_party import NAME, RelyingParty
from keyreeve.entities import FIDODevice
from keyreeve.fido_metadata import Metadata

T = TypeVar("T")

ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
"""What FIDO2 keys have. RSA is left out: of authenticators Windows Hello alone needs it, which AWS takes neither."""

NOTHING = Metadata()

FORMATS = frozenset({"none", "packed"})
"""Of attestations: what FIDO2 keys make, or what a browser leaves of any where none was asked for."""

LONGEST_ANSWER = 16_384
"""Characters of JSON. A key's own answer has about one thousand."""

LONGEST_CREDENTIAL_ID = 1023
_MILLISECONDS = int(LIFE.total_seconds() * 1000)


def handle(principal_id: str) -> bytes:
    """What a key knows its user by: the unique id, which names nobody."""
    return principal_id.encode()


# What browsers are told: the JSON that PublicKeyCredential.parse…OptionsFromJSON takes.


def creation(
    party: RelyingParty,
    principal_id: str,
    name: str,
    challenge: bytes,
    held: Iterable[FIDODevice],
    *,
    proving_make: bool = False,
) -> str:
    """Have a key make a credential for a user, and say of what make it is; one that has one already is left out."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=NAME,
        user_id=handle(principal_id),
        user_name=name,
        challenge=challenge,
        timeout=_MILLISECONDS,
        attestation=(AttestationConveyancePreference.DIRECT if proving_make else AttestationConveyancePreference.NONE),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.DISCOURAGED,
        ),
        exclude_credentials=_described(held),
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json(options)


def request(party: RelyingParty, challenge: bytes, held: Iterable[FIDODevice]) -> str:
    """Have one of these keys show that it is there. The password came before: it need not verify its user again."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=_MILLISECONDS,
        allow_credentials=_described(held),
        user_verification=UserVerificationRequirement.DISCOURAGED,
    )
    return options_to_json(options)


def _described(held: Iterable[FIDODevice]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(device.credential_id),
            transports=[AuthenticatorTransport(each) for each in device.transports] or None,
        )
        for device in sorted(held, key=lambda device: device.serial_number)
    ]


# What they answer: the JSON of PublicKeyCredential.toJSON. Raises NotProven.


def created(party: RelyingParty, challenge: bytes, answer: str, known: Metadata = NOTHING) -> Credential:
    """The credential that a key made."""
    return _proven(lambda: _created(party, challenge, answer, known))


def counted(party: RelyingParty, challenge: bytes, answer: str, held: Iterable[FIDODevice]) -> tuple[FIDODevice, int]:
    """Which of these keys showed itself, and its counter now, which has risen if it has one."""
    return _proven(lambda: _counted(party, challenge, answer, held))


def _proven(read: Callable[[], T]) -> T:
    try:
        return read()
    except NotProven:
        raise
    except Exception as error:  # noqa: BLE001  what hostile bytes may provoke in the library is not known
        raise NotProven(f"{type(error).__name__}: {error}") from None


def _created(party: RelyingParty, challenge: bytes, answer: str, known: Metadata) -> Credential:
    given = parse_registration_credential_json(_parsed(answer))
    _check_page(given)
    attested = parse_attestation_object(given.response.attestation_object)
    if attested.fmt not in FORMATS:
        raise NotProven("an attestation of a format that was not asked for")
    verified = verify_registration_response(
        credential=given,
        expected_challenge=challenge,
        expected_rp_id=party.id,
        expected_origin=party.origin,
        supported_pub_key_algs=ALGORITHMS,
    )
    if verified.credential_id != given.raw_id or len(given.raw_id) > LONGEST_CREDENTIAL_ID:
        raise NotProven("a credential id that is not the key's")
    _check_key(verified.credential_public_key)
    transports = tuple(each.value for each in given.response.transports or ())
    identifier = bytes_to_base64url(verified.credential_id)
    certifications = makes.certifications(known, verified.aaguid, attested.att_stmt.x5c)
    return Credential(identifier, verified.credential_public_key, verified.sign_count, transports, certifications)


def _counted(party: RelyingParty, challenge: bytes, answer: str, held: Iterable[FIDODevice]) -> tuple[FIDODevice, int]:
    given = parse_authentication_credential_json(_parsed(answer))
    _check_page(given)
    device = next((each for each in held if each.credential_id == bytes_to_base64url(given.raw_id)), None)
    if device is None:
        raise NotProven("a key of somebody else")
    theirs = given.response.user_handle
    if theirs is not None and not compare_digest(theirs, handle(device.principal_id)):
        raise NotProven("a credential that was made for somebody else")
    verified = verify_authentication_response(
        credential=given,
        expected_challenge=challenge,
        expected_rp_id=party.id,
        expected_origin=party.origin,
        credential_public_key=device.public_key,
        credential_current_sign_count=device.sign_count,
    )
    return device, verified.new_sign_count


def _parsed(answer: str) -> dict[str, object]:
    if len(answer) > LONGEST_ANSWER:
        raise NotProven("an answer that is too long")
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise NotProven("no answer of a key")
    return found


def _check_page(given: RegistrationCredential | AuthenticationCredential) -> None:
    """Refuse what was asked in a frame of a page of somebody else."""
    if parse_client_data_json(given.response.client_data_json).cross_origin:
        raise NotProven("asked for by another page")


def _check_key(public_key: bytes) -> None:
    """Refuse a key that is of another kind than its algorithm says."""
    decoded = decode_credential_public_key(public_key)
    key = decoded_public_key_to_cryptography(decoded)
    if decoded.alg == COSEAlgorithmIdentifier.EDDSA and isinstance(key, Ed25519PublicKey):
        return
    if (
        decoded.alg == COSEAlgorithmIdentifier.ECDSA_SHA_256
        and isinstance(key, EllipticCurvePublicKey)
        and isinstance(key.curve, SECP256R1)
    ):
        return
    raise NotProven("a key of another kind than its algorithm")
