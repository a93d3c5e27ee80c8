"""Faults: what a caller may see. The class is AWS's error code, the sentence is AWS's.

Any other exception is our bug: it is logged with its request id and leaves as `ServiceFailure`.
Statuses follow the service models and the "common errors" page of the IAM API reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar


class Fault(Exception):
    """An error answer. `message` is None where AWS answers without a Message element."""

    status: ClassVar[int] = 400

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> str:
        """AWS's error code, which is the name of the class."""
        return type(self).__name__


# Who is asking: authentication.


class MissingAuthenticationToken(Fault):
    """No authentication information in the request."""

    status = 403


class IncompleteSignature(Fault):
    """Signing data that is malformed or lacks a part."""


class InvalidClientTokenId(Fault):
    """An unknown, deleted or inactive key, or a token that is not ours."""

    status = 403


class SignatureDoesNotMatch(Fault):
    """A signature that is wrong, too old, too new or wrongly scoped."""

    status = 403


class ExpiredToken(Fault):
    """Temporary credentials past their end."""

    status = 403


class OptInRequired(Fault):
    """The account may not use the service."""

    status = 403


# What may be asked: dispatch and shape.


class InvalidAction(Fault):
    """An operation that the service does not have."""


class MissingAction(Fault):
    """A request that names no operation."""


class MalformedInput(Fault):
    """A value that cannot be read as the type of its member."""


class ValidationError(Fault):
    """A value outside the constraints of its member."""


class InvalidParameterValue(Fault):
    """STS's code for faulty session tags."""


class RequestEntityTooLarge(Fault):
    """A body or head over the limits."""

    status = 413


class Throttling(Fault):
    """Too many requests."""


class ServiceUnavailable(Fault):
    """The store cannot confirm what was read or written; try again."""

    status = 503


class ServiceFailure(Fault):
    """Our bug. The log has the request id."""

    status = 500


class NotImplemented_(Fault):  # noqa: N801  the built-in's name is taken
    """An operation of the model that Keyreeve does not have yet. It is the caller's to change: hence no 5xx."""

    @property
    def code(self) -> str:
        """AWS's code for operations that a service does not offer."""
        return "NotImplemented"


# May they: authorisation.


class AccessDenied(Fault):
    """No policy allows it, or one denies it. `account` gives the whole account of it, where there is one to give."""

    status = 403

    def __init__(self, message: str | None = None, account: Callable[[], str | None] | None = None) -> None:
        super().__init__(message)
        self.account = account


# IAM (2010-05-08).


class ConcurrentModification(Fault):
    """Two changes to one entity at once."""

    status = 409


class DeleteConflict(Fault):
    """Something still hangs on what should be deleted."""

    status = 409


class DuplicateCertificate(Fault):
    """Somebody in the account has the certificate."""

    status = 409


class DuplicateSSHPublicKey(Fault):
    """The user has the key."""


class EntityAlreadyExists(Fault):
    """The name is taken."""

    status = 409


class FeatureDisabled(Fault):
    """Outbound identity federation is off."""

    status = 404


class FeatureEnabled(Fault):
    """Outbound identity federation is on already."""

    status = 409


class EntityTemporarilyUnmodifiable(Fault):
    """The entity was just made and cannot be changed yet."""

    status = 409


class InvalidCertificate(Fault):
    """A certificate that cannot be used."""


class InvalidInput(Fault):
    """A value that the operation refuses for its meaning."""


class InvalidAuthenticationCode(Fault):
    """Codes of an MFA device that are wrong, used, or not two in a row."""

    status = 403


class InvalidUserType(Fault):
    """Something that only an IAM user can do."""


class InvalidPublicKey(Fault):
    """A public key that is malformed, of another kind or too small."""


class KeyPairMismatch(Fault):
    """A private key that is not the certificate's."""


class LimitExceeded(Fault):
    """A quota is reached."""

    status = 409


class MalformedCertificate(Fault):
    """What is no certificate, or no chain of them."""


class MalformedPolicyDocument(Fault):
    """A policy that the grammar or the rules of its place refuse."""


class NoSuchEntity(Fault):
    """It does not exist."""

    status = 404


class PasswordPolicyViolation(Fault):
    """A password that the account's password policy refuses."""


class PolicyNotAttachable(Fault):
    """A policy that only service-linked roles may hold."""


class ReportExpired(Fault):
    """The credential report is older than four hours."""

    status = 410


class ReportNotPresent(Fault):
    """There is no credential report yet."""

    status = 410


class UnmodifiableEntity(Fault):
    """A role that only its service may change."""


class UnrecognizedPublicKeyEncoding(Fault):
    """A public key that is neither `ssh-rsa` nor PEM."""


class NameConflict(Fault):
    """A role of a template whose name another role has."""

    status = 409


class RoleTemplateDisabled(Fault):
    """A role template, or a version of it, that makes no roles."""


class AccountNotManagementOrDelegatedAdministratorException(Fault):
    """The caller's account does not manage its organization."""


class OrganizationNotFoundException(Fault):
    """The account belongs to no organization."""


class OrganizationNotInAllFeaturesModeException(Fault):
    """The organization lacks a feature that the operation needs."""


# STS (2011-06-15).


class ExpiredTradeInTokenException(Fault):
    """An exchange token of a delegation request past its end."""


class PackedPolicyTooLarge(Fault):
    """Session policies and tags do not fit into the token."""


class JWTPayloadSizeExceededException(Fault):
    """A token whose claims would be too many."""


class OutboundWebIdentityFederationDisabledException(Fault):
    """The account's principals may not have tokens for others."""

    status = 403


class SessionDurationEscalationException(Fault):
    """A token that would outlive the session that asks for it."""

    status = 403


class RegionDisabledException(Fault):
    """STS is not activated in the region."""

    status = 403


class ExpiredTokenException(Fault):
    """A web identity or SAML token past its end."""


class InvalidIdentityToken(Fault):
    """A web identity or SAML token that is malformed, not signed by its provider, or not meant for us."""


class IDPRejectedClaim(Fault):
    """A claim that the identity provider did not make, or made otherwise."""

    status = 403


class IDPCommunicationError(Fault):
    """The identity provider could not be reached; try again."""


class InvalidAuthorizationMessageException(Fault):
    """An encoded authorisation message that is not ours."""
