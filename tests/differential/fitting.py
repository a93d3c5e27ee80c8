"""The type-directed generator: policies made to fit the request, so that allowed and explicit deny are frequent."""

from tests.differential import callers, words

CEILINGS = ("boundary", "session", "endpoint")


def generalised(dice, text, *, case=False):
    """A pattern that matches a text: pieces of it become wildcards."""
    if text and dice.random() < 0.5:
        start = dice.randrange(len(text))
        end = dice.randint(start, len(text))
        text = text[:start] + "*" + text[end:]
    if text and dice.random() < 0.2:
        place = dice.randrange(len(text))
        text = text[:place] + "?" + text[place + 1 :]
    return text.swapcase() if case and dice.random() < 0.3 else text


def action(dice, wanted, *, fit):
    if not fit:
        wanted = dice.choice(("s3:PutObject", "iam:*", "sts:GetFederationToken", "s3:Get", "*:GetObject", wanted + "s"))
    if dice.random() < 0.25:
        return "*"
    prefix, _, name = wanted.partition(":")
    return f"{prefix}:{generalised(dice, name, case=True)}"


def resource(dice, asked, *, fit):
    """A Resource entry: the asked ARN made wider, or shorter, or with a variable."""
    arn = asked["resource"]
    if dice.random() < 0.2 or (arn == "*" and fit):
        return "*"
    if not fit:
        return dice.choice(
            (
                "arn:aws:s3:::other/*",
                "arn:aws:s3:::x/${no:such}",
                "arn:aws:iam::*:user/z*",
                arn + "x",
                "arn:aws:sns:*:*:*",
            )
        )
    parts = arn.split(":", 5)
    for place in (3, 4):
        if dice.random() < 0.25:
            parts[place] = dice.choice(("*", generalised(dice, parts[place])))
    parts[5] = with_variable(dice, generalised(dice, parts[5]), asked["context"])
    if dice.random() < 0.06:
        parts = dice.choice((parts[:3], [*parts[:3], "*"], [*parts[:4], parts[5]], [*parts[:3], "*", parts[5]]))
    return ":".join(parts)


def with_variable(dice, text, context, chance=0.2):
    """A text with a variable in it, which may stand for just what it replaces."""
    if dice.random() > chance:
        return text
    one_each = [(key, value[0] if isinstance(value, list) and value else value) for key, value in context.items()]
    single = [(key, value) for key, value in one_each if isinstance(value, str) and value and value in text]
    if single and dice.random() < 0.7:
        key, value = dice.choice(single)
        return text.replace(value, "${" + recased(dice, key) + "}", 1)
    key = dice.choice(("aws:username", "aws:PrincipalTag/team", "aws:TagKeys", "no:such"))
    piece = dice.choice(
        (f"${{{key}}}", f"${{{key}, 'alice'}}", f"${{{key}, ''}}", f"${{{key}, '*'}}", "${*}", "${?}", "${$}")
    )
    place = dice.randint(0, len(text))
    return text[:place] + piece + text[place:]


def recased(dice, text):
    return dice.choice((text, text, text.lower(), text.upper()))


def condition(dice, asked, *, hold):
    """One operator on one key, likely to hold or likely not to."""
    family = dice.choice(tuple(words.FAMILIES))
    operators, values, blocks, single, several = words.FAMILIES[family]
    operator = dice.choice(operators)
    key = dice.choice((*single, *several)) if dice.random() < 0.95 else dice.choice(("aws:username", "no:such"))
    found = asked["context"].get(key)
    fits = hold != ("Not" in operator)
    wanted = [
        value(dice, family, found, values + blocks, asked["context"], fits=fits)
        for _ in range(dice.choice((1, 1, 2, 3)))
    ]
    if "IgnoreCase" in operator:
        wanted = [one.swapcase() if dice.random() < 0.5 and "{" not in one else one for one in wanted]
    if dice.random() < 0.01:
        wanted = []
    if dice.random() < (0.85 if key in several else 0.08):
        operator = dice.choice(words.SETS) + operator
    if dice.random() < 0.2:
        operator += "IfExists"
    if dice.random() < 0.06:
        operator, wanted = (
            dice.choice(("Null", "Null", "ForAllValues:Null", "ForAnyValue:Null")),
            [str((found is None) == hold).lower()],
        )
    return operator, recased(dice, key), wanted[0] if len(wanted) == 1 and dice.random() < 0.5 else wanted


def value(dice, family, found, values, context, *, fits):
    """A value for the policy's side."""
    if dice.random() < 0.02:
        return dice.choice(words.ODD)
    one = dice.choice(found) if isinstance(found, list) and found else found
    if not fits or not isinstance(one, str) or dice.random() < 0.1:
        text = dice.choice(values)
        return with_variable(dice, text, context, 0.3) if family in {"string", "arn"} else text
    if family in {"string", "arn"}:
        text = generalised(dice, one) if dice.random() < 0.4 else one
        return with_variable(dice, text, context, 0.5 if family == "arn" else 0.2)
    if family == "address" and "/" not in one and dice.random() < 0.5:
        return one + dice.choice(("/32", "/24", "/8", "/128", "/0"))
    if family == "number" and dice.random() < 0.3 and one.lstrip("-").isdigit():
        return int(one) + dice.choice((-1, 0, 1))
    return one


def conditions(dice, asked, *, hold):
    """A Condition element, mostly of one operator."""
    found = {}
    for _ in range(dice.choice((1, 1, 1, 2))):
        operator, key, wanted = condition(dice, asked, hold=hold)
        if key.lower() not in (other.lower() for other in found.get(operator, {})):
            found.setdefault(operator, {})[key] = wanted
    return found


def principal(dice, who, *, fit):
    """A Principal element that names a caller in one of its forms, or somebody else."""
    other = {"AWS": dice.choice((f"arn:aws:iam::{words.HOME}:user/nobody", "999999999999", "AIDAOTHER"))}
    if not fit:
        return dice.choice((other, {"Service": "s3.amazonaws.com"}, {"Federated": "www.amazon.com"}))
    names = [{kind: name} for kind, name in known_as(who)]
    chosen = dice.choice(names) if names and dice.random() < 0.85 else dice.choice(("*", {"AWS": "*"}))
    if isinstance(chosen, dict) and dice.random() < 0.2:
        return {kind: [name, *([other["AWS"]] if kind == "AWS" else [])] for kind, name in chosen.items()}
    return chosen


def known_as(who):
    """(kind, value) of every way to name a caller."""
    if who["kind"] == "service":
        return [("Service", name) for name in (who["arn"], *who["services"])]
    if who["kind"] in {"web_identity", "saml"}:
        return [("Federated", who["arn"])]
    if who["kind"] == "anonymous":
        return []
    account = who["account_id"]
    names = [
        account,
        f"arn:aws:iam::{account}:root",
        who["arn"],
        who.get("role_arn"),
        who.get("user_arn"),
        who.get("unique_id"),
    ]
    return [("AWS", name) for name in names if name] + (
        [("CanonicalUser", words.CANONICAL)] if "canonical_id" in who else []
    )


def not_principal(dice, who):
    """A NotPrincipal element that lists some or all of a caller's levels."""
    found = {}
    for kind, name in known_as(who):
        if dice.random() < 0.8:
            found.setdefault(kind, []).append(name)
    return found or {"AWS": "999999999999"}


def statement(dice, asked, layer, effect, *, fit):
    """A statement for a layer. One that does not fit misses in one element."""
    miss = None if fit else dice.choice(("action", "resource", "condition", "principal"))
    made = {"Effect": effect}
    if layer in {"resource", "trust", "endpoint"}:
        made["Principal"] = principal(dice, asked["principal"], fit=miss != "principal")
        if effect == "Deny" and layer != "trust" and dice.random() < 0.25:
            del made["Principal"]
            made["NotPrincipal"] = not_principal(dice, asked["principal"])
    if layer == "resource_control":
        made["Principal"] = "*"
    positive = dice.random() < 0.85 or layer in {"trust", "resource_control"}
    entries = [action(dice, asked["action"], fit=(miss != "action") == positive) for _ in range(dice.choice((1, 1, 2)))]
    made["Action" if positive else "NotAction"] = [one for one in entries if positive or one != "*"] or ["ec2:*"]
    if layer != "trust":
        positive = dice.random() < 0.85
        entries = [resource(dice, asked, fit=(miss != "resource") == positive) for _ in range(dice.choice((1, 1, 2)))]
        made["Resource" if positive else "NotResource"] = (
            entries if len(entries) > 1 or dice.random() < 0.5 else entries[0]
        )
    if miss == "condition" or dice.random() < 0.45:
        made["Condition"] = conditions(dice, asked, hold=miss != "condition")
    return made


def document(dice, asked, layer, *, allow, deny):
    """A policy that likely allows (with this chance) and likely denies (with that chance)."""
    statements = [statement(dice, asked, layer, "Allow", fit=dice.random() < allow) for _ in range(dice.choice((1, 2)))]
    if dice.random() < 0.3:
        statements.append(statement(dice, asked, layer, "Deny", fit=dice.random() < deny))
    dice.shuffle(statements)
    version = {"Version": "2012-10-17"} if dice.random() < 0.9 else dice.choice(({}, {"Version": "2008-10-17"}))
    return {**version, "Statement": statements[0] if len(statements) == 1 and dice.random() < 0.3 else statements}


def case(dice):
    """A request with policies of every layer that such a caller may have."""
    trust = dice.random() < 0.15
    asked = callers.request(dice, trust=trust)
    kind = asked["principal"]["kind"]
    found = {"trust": trust, "resource_must_allow": dice.random() < 0.06}
    inside = asked["principal"]["account_id"] is not None
    if inside and kind != "root":
        found["identity"] = [
            document(dice, asked, "identity", allow=0.88, deny=0.35) for _ in range(dice.choice((0, 1, 1, 2)))
        ]
    if trust or dice.random() < (0.45 if inside else 0.95):
        found["resource"] = document(dice, asked, "trust" if trust else "resource", allow=0.93, deny=0.3)
    chances = {"boundary": 0.2 if kind in {"user", "role_session", "federated_user"} else 0, "endpoint": 0.12}
    chances["session"] = {"role_session": 0.25, "federated_user": 0.8}.get(kind, 0)
    for layer, chance in chances.items():
        if dice.random() < chance:
            made = document(dice, asked, layer, allow=0.95, deny=0.2)
            found[layer] = [made] if layer == "session" else made
    for layer in ("service_control", "resource_control"):
        if dice.random() < 0.2:
            found[layer] = [
                [document(dice, asked, layer, allow=0.95, deny=0.2) for _ in range(dice.choice((1, 1, 2)))]
                for _ in range(dice.choice((1, 2)))
            ]
    return {"request": asked, "policies": found}
