"""What a case uses, and which of it decided: it did if the verdict is another one without it."""

import copy

from tests.differential import engine, words
from tests.differential.engine import RefusedError

LAYERS = ("identity", "resource", "boundary", "session", "service_control", "resource_control", "endpoint")
NOBODY = {"AWS": "000000000000"}


def parts(name):
    """Quantifier, operator and suffix of a condition operator's text."""
    quantifier, _, operator = name.rpartition(":")
    return quantifier, operator.removesuffix("IfExists"), "IfExists" if operator.endswith("IfExists") else ""


def statements(policies):
    """(layer, statement) of every policy."""
    for layer in LAYERS:
        found = [policies.get(layer)] if isinstance(policies.get(layer), dict) else policies.get(layer) or []
        documents = [one for level in found for one in (level if isinstance(level, list) else [level])]
        for document in documents:
            given = document["Statement"]
            yield from ((layer, one) for one in (given if isinstance(given, list) else [given]))


def form(kind, value, who):
    """In which form a value of a Principal element names a caller; None when it names somebody else."""
    if value == "*":
        return "everyone" if kind == "*" else "everyone of AWS"
    if kind != "AWS":
        names = {"Service": (who["arn"], *(who.get("services") or ())), "Federated": (who["arn"],)}
        return kind if value in names.get(kind, (who.get("canonical_id"),)) else None
    known = {
        who["account_id"]: "account id",
        f"arn:aws:iam::{who['account_id']}:root": "account root ARN",
        who.get("role_arn"): "role ARN",
        who.get("user_arn"): "calling user's ARN",
        who.get("unique_id"): "unique id",
    }
    if value in known:
        return known[value]
    return f"{who['kind']} ARN" if value == who["arn"] else None


def listed(element):
    """(kind, value) of a Principal element."""
    if element == "*":
        return [("*", "*")]
    return [(kind, one) for kind, value in element.items() for one in (value if isinstance(value, list) else [value])]


def features(case):
    """Names of everything that a case uses."""
    who, found = case["request"]["principal"], set()
    for layer, statement in statements(case["policies"]):
        found.add(("layer", layer))
        for name in statement.get("Condition", {}):
            quantifier, operator, suffix = parts(name)
            found |= {("operator", one) for one in (quantifier, operator, suffix) if one}
        if "NotPrincipal" in statement:
            found.add(("principal", "NotPrincipal"))
        if layer != "resource_control":
            for kind, value in listed(statement.get("Principal", {})):
                found.add(("principal", form(kind, value, who)))
    return found - {("principal", None)}


def without(case, feature):
    """The case as it would be without one of the things that it uses."""
    kind, name = feature
    case = copy.deepcopy(case)
    if kind == "layer":
        del case["policies"][name]
        return case
    for layer, statement in statements(case["policies"]):
        if kind == "operator" and statement.get("Condition"):
            statement["Condition"] = without_operator(statement["Condition"], name)
        if kind == "principal" and layer != "resource_control":
            drop_principal(statement, name, case["request"]["principal"])
    return case


def without_operator(condition, name):
    """A Condition element without an operator, or without a quantifier or a suffix."""
    kept = {}
    for text, keys in condition.items():
        if parts(text)[1] == name:
            continue
        other = text.removesuffix(name) if name == "IfExists" else text.removeprefix(f"{name}:")
        kept.setdefault(other, {}).update(keys)
    return kept


def drop_principal(statement, name, who):
    """Take the callers of one form out of a Principal element; turn NotPrincipal into one that reaches nobody."""
    if "NotPrincipal" in statement:
        if name == "NotPrincipal":
            del statement["NotPrincipal"]
            statement["Principal"] = NOBODY
        return
    kept = {}
    for kind, value in listed(statement.get("Principal", {})):
        if form(kind, value, who) == name:
            continue
        if kind == "*":
            return
        kept.setdefault(kind, []).append(value)
    if "Principal" in statement:
        statement["Principal"] = kept or NOBODY


def deciding(case, verdict):
    """Those features of a case without which the engine's verdict would be another."""
    return {one for one in features(case) if verdict_without(case, one, verdict) != verdict}


def verdict_without(case, feature, verdict):
    """The verdict without a feature; the same where the case is none without it."""
    try:
        return engine.answer(without(case, feature))[0]
    except RefusedError:
        return verdict


def expected():
    """Every operator, principal form and layer that the mix has to show."""
    forms = (
        "everyone",
        "everyone of AWS",
        "account id",
        "account root ARN",
        "role ARN",
        "calling user's ARN",
        "unique id",
    )
    arns = tuple(f"{kind} ARN" for kind in ("user", "role_session", "federated_user"))
    return (
        *(("operator", one) for one in (*words.OPERATORS, "Null", "IfExists", "ForAllValues", "ForAnyValue")),
        *(("principal", one) for one in (*forms, *arns, "Service", "Federated", "CanonicalUser", "NotPrincipal")),
        *(("layer", one) for one in LAYERS),
    )
