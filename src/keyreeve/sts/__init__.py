"""STS (2011-06-15): temporary credentials; importing this package registers the operations."""

from keyreeve.sts import (
    assume_role,
    assume_root,
    authorization_message,
    caller_identity,
    delegated_access,
    saml,
    session_token,
    web_identity,
    web_identity_token,
)

__all__ = [
    "assume_role",
    "assume_root",
    "authorization_message",
    "caller_identity",
    "delegated_access",
    "saml",
    "session_token",
    "web_identity",
    "web_identity_token",
]
