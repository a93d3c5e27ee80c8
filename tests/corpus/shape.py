"""The shape of a case: what is left of it when names and values are taken away, but not how they relate.

Words become numbers in the order in which they appear, so that equal words stay equal, and differ from others; a word
that differs from an earlier one in case only says so. The words of the language itself stay: operators, effects, kinds
of principal, types of ARN. Values of a condition also say how the request's values compare to them, and those of
operators that read numbers, dates, addresses or bytes how they are written instead of their words. Names, sources and
verdicts of cases count for nothing.
"""

import base64
import binascii
import ipaddress
import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

TYPED = ("Numeric", "Date", "IpAddress", "NotIpAddress", "BinaryEquals", "Bool", "Null")
MEMBERS = {"resource_account", "account_id", "canonical_id"}
WORDS = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{16,}|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^A-Za-z0-9]")
KEPT = {
    *("arn", "aws", "iam", "sts", "root", "user", "role", "assumed", "federated", "saml", "oidc", "provider", "group"),
    *("policy", "anonymous", "session", "service", "linked", "web", "identity", "true", "false", "Allow", "Deny"),
}
"""Words of the language. Actions of STS about trust are kept too: the engine tells them apart."""
ACTIONS = re.compile(r"sts:(AssumeRole\w*|TagSession|SetSourceIdentity)\*?", re.IGNORECASE)
UNIQUE_ID = 20
"""Characters of a unique id, of which the first four say what it is of."""
GATEWAYS = re.compile(r"(s3|dynamodb):")


def shape(case):
    """The shape of a case's request and policies, as text."""
    request, policies = case.request, case.policies
    names = Names(services="endpoint" in policies)
    context = request.get("context", {})
    shaped = {
        "request": {name: walked(value, names) for name, value in request.items() if name != "context"},
        "policies": walked(policies, names, context),
    }
    asked = typed_keys(policies)
    shaped["context"] = [
        [names(key), shaped_values(value, names, asked.get(key.lower()))] for key, value in context.items()
    ]
    return json.dumps(shaped)


class Names:
    """Numbers for words, in the order of their appearance."""

    def __init__(self, *, services):
        self.numbers, self.spellings, self.services = {}, {}, services

    def __call__(self, text):
        if ACTIONS.fullmatch(text) or text in ("2012-10-17", "2008-10-17"):
            return text
        head = GATEWAYS.match(text)[0] if self.services and GATEWAYS.match(text) else ""
        return head + "".join(self.word(word) for word in WORDS.findall(text.removeprefix(head)))

    def word(self, word):
        """The number of a word, and of its spelling where it has several."""
        if not word.isalnum() or word in KEPT:
            return word
        number = self.numbers.setdefault(word.lower(), len(self.numbers))
        spellings = self.spellings.setdefault(word.lower(), [])
        if word not in spellings:
            spellings.append(word)
        kind = "#" if word.isdigit() else word[:4] if len(word) >= UNIQUE_ID and word.isupper() else ""
        return f"<{kind}{number}{'~' * spellings.index(word)}>"


def walked(value, names, context=None):
    """A part of a case, with its words as numbers and its conditions as relations."""
    if isinstance(value, dict):
        return {
            member: condition(found, names, context) if member == "Condition" else walked(found, names, context)
            for member, found in value.items()
        }
    if isinstance(value, list):
        return [walked(each, names, context) for each in value]
    return names(value) if isinstance(value, str) else value


def condition(block, names, context):
    """A condition: operators stay, keys are named, and values stand as their form and how the request compares."""
    spelled = {key.lower(): key for key in context}
    return [
        [operator, names(spelled.get(key.lower(), key)), key in context, *compared(operator, given, found, names)]
        for operator, keys in block.items()
        for key, given in keys.items()
        for found in [context.get(spelled.get(key.lower()))]
    ]


def compared(operator, given, found, names):
    """The values of a policy: how they are written, and how each value of the request compares to them."""
    asked = None if found is None else [written(each) for each in listed(found)]
    kind = family(operator)
    told = [typed(kind, each, asked) if kind else worded(each, asked, names) for each in listed(given)]
    return [type(given).__name__, type(found).__name__, *told]


def worded(value, asked, names):
    text = written(value)
    alike = (
        None if asked is None else [[each == text, each.lower() == text.lower(), covers(text, each)] for each in asked]
    )
    return [type(value).__name__, names(text), alike]


def covers(pattern, text):
    """Whether a pattern with wildcards covers a text."""
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def family(operator):
    """The type of an operator that compares by value, else None."""
    bare = operator.rpartition(":")[2]
    return next((each for each in TYPED if bare.startswith(each)), None)


def typed(kind, value, asked):
    form = type(value).__name__ if not isinstance(value, str) else lexical(kind, value)
    return [form, None if asked is None else [relation(kind, written(value), each) for each in asked]]


def lexical(kind, text):
    """How a value is written: digits as `9`, and for dates and addresses as many as there are."""
    if kind in ("Bool", "Null"):
        return text
    if kind in ("IpAddress", "NotIpAddress"):
        start, slash, length = text.partition("/")
        around = {"": "", "0": "all", "32": "one", "128": "one"}
        known = around.get(length, "octets" if length.isdigit() and int(length) % 8 == 0 else "bits")
        return f"{'6' if ':' in start else '4' if re.match('[0-9.]+$', start) else '?'}{slash}{known}"
    if kind == "BinaryEquals":
        return (
            "".join(sorted(set(re.sub(r"[A-Za-z0-9]", "", text)))) + ("=" * text.count("=")) + ("" if text else "empty")
        )
    if kind == "Date":
        return re.sub(r"[0-9]", "9", text)
    return re.sub(r"[1-9][0-9]{18,}", "beyond 64 bits", re.sub(r"(?<![0-9])([1-9][0-9]{0,17}|0)(?![0-9])", "9", text))


def relation(kind, value, asked):
    """How a request's value compares to a policy's: its sign, or the words for it."""
    try:
        wanted, given = READ[kind](value), READ[kind](asked)
    except (ValueError, InvalidOperation, binascii.Error):
        return f"untyped {lexical(kind, asked) if asked else 'empty'}"
    if kind in ("IpAddress", "NotIpAddress"):
        return placed(wanted, given, asked)
    order = (given > wanted) - (given < wanted)
    alike = asked.casefold() == value.casefold() and asked != value
    as_text = (asked > value) - (asked < value)
    return [order, lexical(kind, asked), alike, as_text == order]


def placed(wanted, given, asked):
    if wanted.version != given.version:
        return f"version {given.version}"
    address = given.network_address
    ends = {int(wanted.network_address): "first", int(wanted.broadcast_address): "last"}
    ends |= {int(wanted.network_address) - 1: "before", int(wanted.broadcast_address) + 1: "after"}
    return [address in wanted, ends.get(int(address), ""), str(address) == asked]


def moment(text):
    if re.fullmatch(r"-?[0-9]{5,}", text):
        return datetime.fromtimestamp(int(text), UTC)
    full = text + "-01-01"[3 * text.count("-") :] if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text) else text
    found = datetime.fromisoformat(full)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def network(text):
    return ipaddress.ip_network(text, strict=False)


READ = {
    "Numeric": Decimal,
    "Date": moment,
    "IpAddress": network,
    "NotIpAddress": network,
    "BinaryEquals": base64.b64decode,
    "Bool": str.lower,
    "Null": str.lower,
}


def typed_keys(policies):
    """Lower-case condition keys that operators with values of their own type look at, with the type."""
    found = {}
    if isinstance(policies, dict):
        for operator, keys in policies.get("Condition", {}).items():
            found |= {key.lower(): family(operator) for key in keys if family(operator)}
        for member, value in policies.items():
            found |= typed_keys(value) if member != "Condition" else {}
    elif isinstance(policies, list):
        for each in policies:
            found |= typed_keys(each)
    return found


def shaped_values(value, names, kind):
    if kind:  # how it compares stands in the condition
        return [type(value).__name__, *(lexical(kind, each) for each in listed(value))]
    return [type(value).__name__, *(names(each) for each in listed(value))]


def listed(given):
    return given if isinstance(given, list) else [given]


def written(value):
    return value if isinstance(value, str) else json.dumps(value)
