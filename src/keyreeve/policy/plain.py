"""Requests from plain data, as JSON has it: checked member by member, nothing is guessed.

The members are those that docs/decide.md tells of. In the context a text is a single value and a list makes its key
multivalued; truth and whole numbers count as their text.
"""

from __future__ import annotations

import re
from typing import Any

from keyreeve.policy.arn import account_of
from keyreeve.policy.principal import STRANGERS, Caller, Principal
from keyreeve.policy.question import Request
from keyreeve.policy.variables import Context

LONGEST_NAME = 2048
"""Characters of an ARN, an id or a key."""

LONGEST_VALUE = 2**14
"""Characters of a value of the context: twice what S3 takes as the whole head of a request."""

LONGEST_SET = 2**18
"""Characters of the values of one key: a hundred of the longest keys that DynamoDB takes."""

MOST_VALUES = 1024
"""Keys of the context, and values of one key."""

KEPT = 2**14
"""Principals, actions and keys of contexts that are remembered, each; past it the memory starts afresh."""

LONGEST_KEPT, LONGEST_KEPT_KEY = 2**10, 2**8
"""Characters of a principal's texts together, and of a key, that are remembered."""

_ALWAYS = 4
"""Members that every request has, if only as what is left out."""

_MEMBERS = frozenset({"principal", "action", "resource", "resource_account", "context"})
_TEXTS = ("arn", "account_id", "unique_id", "role_arn", "user_arn", "canonical_id")
_TRUTHS = ("of_root", "service_linked")
_OF_PRINCIPAL = frozenset({"kind", "services", *_TEXTS, *_TRUTHS})
_KINDS = frozenset(kind.value for kind in Caller)
_ACTION = re.compile(r"[A-Za-z0-9-]{1,64}:[A-Za-z0-9_]{1,128}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_WHOLE = 2**63

Path = tuple[str | int, ...]


class RequestError(ValueError):
    """Data that is no request. `path` leads to what is wrong, `sentence` says what."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(f"{'.'.join(_shown(step) for step in ('request', *path))}: {sentence}")
        self.path = path
        self.sentence = sentence


def request(given: Any) -> Request:
    """The request of plain data. Raises RequestError for what is missing, unknown, too long or of another type."""
    if type(given) is not dict:
        raise _unknown((), given, _MEMBERS)
    try:
        principal, action, resource, context = given["principal"], given["action"], given["resource"], given["context"]
    except KeyError:
        return request(_completed(given))
    account = _account(given) if len(given) > _ALWAYS else None
    if type(resource) is not str or len(resource) > LONGEST_NAME or not (resource.isascii() or _whole(resource)):
        raise RequestError(("resource",), f"a resource is a text of at most {LONGEST_NAME} characters.")
    if type(action) is not str:
        raise RequestError(("action",), _NO_ACTION)
    if action not in _actions:
        _learn(action)
    return Request(_caller(principal), action, resource, _context(context), account)


def _completed(given: dict[str, Any]) -> dict[str, Any]:
    """The members that every request has, with what they are where they are left out."""
    return {"principal": None, "action": None, "resource": "*", "context": None, **given}


def _account(given: dict[str, Any]) -> str | None:
    """The account of a request with more members than every request has."""
    if not given.keys() <= _MEMBERS:
        raise _unknown((), given, _MEMBERS)
    account = given["resource_account"]
    if account is None:
        return None
    if not _is_account(account):
        raise RequestError(("resource_account",), "an account is twelve digits.")
    return str(account)


def _unknown(path: Path, given: Any, members: frozenset[str]) -> RequestError:
    if type(given) is not dict:
        return RequestError(path, "it is missing, or no object.")
    odd = next(name for name in given if name not in members)
    return RequestError((*path, _shown(odd)), "there is no such member.")


def _whole(text: str) -> bool:
    """Whether a text can be written: a half of a character cannot."""
    return text.isascii() or not _LONE_SURROGATE.search(text)


def _is_account(given: Any) -> bool:
    return type(given) is str and _ACCOUNT.fullmatch(given) is not None


_NO_ACTION = "an action is service:Name, without wildcards."


_actions: set[str] = set()
"""Actions that have the form of one."""


def _learn(action: str) -> None:
    if not _ACTION.fullmatch(action):
        raise RequestError(("action",), _NO_ACTION)
    if len(_actions) >= KEPT:
        _actions.clear()
    _actions.add(action)


_callers: dict[str, tuple[dict[str, Any], bool, Principal]] = {}
"""Principals by their ARN: as they were given, whether in texts alone, and what they are. Only what was checked stands
here, and only who is given in the same words is it again."""


def _caller(given: Any) -> Principal:
    try:
        known, in_texts, principal = _callers[given["arn"]]
    except (KeyError, TypeError):
        return _new_caller(given)
    if type(given) is dict and known == given and (in_texts or _same_types(known, given)):
        return principal
    return _new_caller(given)


def _new_caller(given: Any) -> Principal:
    if type(given) is not dict:
        raise _unknown(("principal",), given, _OF_PRINCIPAL)
    principal = _principal(given)
    if _is_short(given):
        if len(_callers) >= KEPT:
            _callers.clear()
        _callers[principal.arn] = (dict(given), all(type(each) is str for each in given.values()), principal)
    return principal


def _same_types(known: dict[str, Any], given: dict[str, Any]) -> bool:
    """Whether what is equal is the same: 1 equals true, and is no truth."""
    return all(type(given[name]) is type(value) for name, value in known.items())


def _is_short(principal: dict[str, Any]) -> bool:
    """Whether a principal that was checked is remembered: lists, which may change, and long names are not."""
    length = 0
    for each in principal.values():
        if type(each) is str:
            length += len(each)
        elif not (each is None or type(each) is bool):
            return False
    return length <= LONGEST_KEPT


def _principal(given: dict[str, Any]) -> Principal:
    if not given.keys() <= _OF_PRINCIPAL:
        raise _unknown(("principal",), given, _OF_PRINCIPAL)
    for name in _TEXTS:
        text = given.get(name)
        if text is not None and (type(text) is not str or not 0 < len(text) <= LONGEST_NAME or not _whole(text)):
            raise RequestError(("principal", name), f"it is a text of 1 to {LONGEST_NAME} characters.")
    for name in _TRUTHS:
        if type(given.get(name, False)) is not bool:
            raise RequestError(("principal", name), "it is true or false.")
    kind, arn, account = given.get("kind"), given.get("arn"), given.get("account_id")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise RequestError(("principal", "kind"), f"it is one of {', '.join(sorted(_KINDS))}.")
    if arn is None:
        raise RequestError(("principal", "arn"), "it is missing.")
    _account_fits(kind, arn, account)
    return Principal(**{"account_id": None, **given, "services": _services(given.get("services", ()))})


def _account_fits(kind: str, arn: str, account: str | None) -> None:
    """Whose resources are the caller's own hangs on its account, so that one who must have an account names it."""
    where = ("principal", "account_id")
    if account is None:
        if kind not in STRANGERS:
            raise RequestError(where, "it is missing.")
    elif not _is_account(account):
        raise RequestError(where, "an account is twelve digits.")
    elif account_of(arn) not in (None, account):
        raise RequestError(where, "it is not the account of the ARN.")


def _services(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or len(given) > MOST_VALUES:
        raise RequestError(("principal", "services"), "it is a list of texts.")
    for at, each in enumerate(given):
        if type(each) is not str or len(each) > LONGEST_NAME or not _whole(each):
            raise RequestError(("principal", "services", at), f"it is a text of at most {LONGEST_NAME} characters.")
    return tuple(given)


_lowered: dict[Any, str] = {}
"""Keys of contexts in lower case: making them anew would be half of a quick decision."""


def _context(given: Any, names: dict[Any, str] = _lowered) -> Context:
    if given is None:
        return {}
    if type(given) is not dict or len(given) > MOST_VALUES:
        raise RequestError(("context",), f"it is an object of at most {MOST_VALUES} keys.")
    context: dict[str, str | tuple[str, ...]] = {}
    try:
        for key, value in given.items():
            if type(value) is str and len(value) <= LONGEST_VALUE:
                context[names[key]] = value
            else:
                context[names[key]] = "true" if value is True else _value(key, value)
    except KeyError:
        return _context(given, _names(given))
    if len(context) < len(given):
        raise RequestError(("context",), "a key is there twice, in different case.")
    return context


def _names(given: dict[Any, Any]) -> dict[Any, str]:
    """The keys of a context in lower case, checked; short ones are remembered."""
    names = {key: _lower(key) for key in given}
    kept = {key: name for key, name in names.items() if len(key) <= LONGEST_KEPT_KEY}
    if len(_lowered) + len(kept) > KEPT:
        _lowered.clear()
    _lowered.update(kept)
    return names


def _lower(key: Any) -> str:
    if type(key) is not str or not 0 < len(key) <= LONGEST_NAME:
        raise RequestError(("context", _shown(key)), f"a key is a text of 1 to {LONGEST_NAME} characters.")
    return key.lower()


def _value(key: Any, given: Any) -> str | tuple[str, ...]:
    listed = isinstance(given, list | tuple)
    if listed and len(given) > MOST_VALUES:
        raise RequestError(("context", key), f"a key has at most {MOST_VALUES} values.")
    values = tuple(_single(key, each) for each in (given if listed else (given,)))
    if sum(map(len, values)) > LONGEST_SET:
        raise RequestError(("context", key), f"the values of a key have at most {LONGEST_SET} characters together.")
    return values if listed else values[0]


def _single(key: Any, given: Any) -> str:
    if isinstance(given, str):
        if len(given) > LONGEST_VALUE:
            raise RequestError(("context", key), f"a value has at most {LONGEST_VALUE} characters.")
        return str(given)
    if isinstance(given, bool):
        return "true" if given else "false"
    if type(given) is int and -_WHOLE <= given < _WHOLE:
        return str(given)
    raise RequestError(("context", key), "a value is a text, true, false, a number of 64 bits, or a list.")


def _shown(step: object) -> str:
    """A step of a path, cut where somebody sent a very long name."""
    text = str(step)
    return text if len(text) <= 128 else f"{text[:128]}…"  # noqa: PLR2004  enough to find it
