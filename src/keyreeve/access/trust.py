"""Trust policies as they rest: users and roles stand in them by their unique ids.

A name that is deleted and made again inherits nothing: the id in the stored text is the old one. Reading shows ARNs
again for those that live. Source: IAM User Guide, "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import re

from keyreeve import policy
from keyreeve.access.credentials import KEY_ID_LENGTH, account_of
from keyreeve.entities import Account, Role, User
from keyreeve.faults import MalformedPolicyDocument
from keyreeve.store import Transaction

_ENTITY = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):(user|role)(/[\x21-\x7e]*)", re.ASCII)
_ACCOUNT = re.compile(r"(?:arn:aws[\w-]*:iam::)?(\d{12})(?::root)?", re.ASCII)
_SESSION = re.compile(r"arn:aws[\w-]*:sts::(\d{12}):(assumed-role|federated-user)/([^/]+)(?:/[\x21-\x7e]+)?", re.ASCII)
_UNIQUE_ID = re.compile(r"(AIDA|AROA)[A-Z0-9]{12,}", re.ASCII)
_KINDS: dict[str, type[User | Role]] = {"user": User, "role": Role, "AIDA": User, "AROA": Role}


def bind(tx: Transaction, text: str) -> str:
    """The text as it is stored; MalformedPolicyDocument for a principal of this server that does not exist."""
    return policy.rewrite_principals(text, lambda value: _bound(tx, value))


def show(tx: Transaction, text: str) -> str:
    """The text as it is read: ARNs for the unique ids of those that live."""
    return policy.rewrite_principals(text, lambda value: _shown(tx, value))


def _bound(tx: Transaction, value: str) -> str | None:
    entity = _ENTITY.fullmatch(value)
    if entity is not None:
        account, word, rest = entity.groups()
        found = tx.find(_KINDS[word], account, "name", rest.rsplit("/", 1)[1].lower())
        if found is None or found.arn != value:
            raise _invalid(value)
        return found.key
    unique = _UNIQUE_ID.fullmatch(value)
    if unique is not None and _owner(tx, unique[1], value) is None:
        raise _invalid(value)
    session = _SESSION.fullmatch(value)
    if session is not None and session[2] == "assumed-role":
        role = tx.find(Role, session[1], "name", session[3].lower())
        if role is None or role.role_name != session[3]:
            raise _invalid(value)
    account_named = session or _ACCOUNT.fullmatch(value)
    if account_named is not None and tx.get(Account, account_named[1], account_named[1]) is None:
        raise _invalid(value)
    return None


def _shown(tx: Transaction, value: str) -> str | None:
    unique = _UNIQUE_ID.fullmatch(value)
    found = None if unique is None else _owner(tx, unique[1], value)
    return None if found is None else found.arn


def _owner(tx: Transaction, prefix: str, unique_id: str) -> User | Role | None:
    """Whoever of this server has the unique id, which tells its account."""
    account = account_of(unique_id[:KEY_ID_LENGTH])
    return None if account is None else tx.get(_KINDS[prefix], account, unique_id)


def _invalid(value: str) -> MalformedPolicyDocument:
    return MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{value}"')
