"""The loose generator: random texts, plausible and odd, in every place of a policy, whatever the request is."""

from tests.differential import callers, words

PIECES = (
    "arn:aws:",
    "arn",
    ":",
    "::",
    "*",
    "?",
    "s3",
    "iam",
    "bucket",
    "/",
    "user",
    "alice",
    "role/dev",
    "-",
    "us-east-1",
)
PIECES += (
    words.HOME,
    words.AWAY,
    "${",
    "}",
    "${aws:username}",
    "${aws:username, 'x'}",
    "${*}",
    "${?}",
    "${$}",
    "$",
    "'",
    ", ",
)
PIECES += (
    "${aws:TagKeys}",
    "${AWS:PrincipalTag/team}",
    "${}",
    "${no such}",
    "${aws:username, x}",
    "é",
    "%",
    "a",
    "key",
)

LAYERS = ("identity", "resource", "boundary", "session", "service_control", "resource_control", "endpoint")
PREFIXES = ("", "", "", "ForAllValues:", "ForAnyValue:")
SUFFIXES = ("", "", "", "IfExists")


def text(dice):
    """A few pieces on end."""
    return "".join(dice.choice(PIECES) for _ in range(dice.choice((1, 2, 3, 4, 5, 6))))


def action(dice):
    return dice.choice(
        ("*", "s3:*", "s3:Get*", "S3:GETOBJECT", "*:*", "i?m:*", "sts:*", "s*:*Object", "ec2:?top*", "iam:GetUser")
    )


def resource(dice, asked):
    arn = asked["resource"]
    return dice.choice(
        (
            "*",
            "arn:aws:s3:::*",
            arn,
            f"{arn}*",
            arn[: dice.randint(5, max(len(arn), 5))] + "*",
            arn[: dice.randint(5, max(len(arn), 5))] + text(dice),
            f"arn:aws:{text(dice)}",
            f"arn:aws:s3:::{text(dice)}",
            "arn:*:*:*:*:*",
            ":".join("*" if dice.random() < 0.3 else part for part in arn.split(":")),
        )
    )


def any_key(dice):
    keys = [key for family in words.FAMILIES.values() for key in (*family[3], *family[4])]
    return dice.choice((*keys, "no:such", "AWS:USERNAME", "aws:principaltag/TEAM"))


def any_value(dice):
    values = [value for family in words.FAMILIES.values() for value in (*family[1], *family[2])]
    return dice.choice((*values, *words.ODD, text(dice), 10, 3600, True, False, 0))


def conditions(dice):
    """Any operator on any key with any values."""
    found = {}
    for _ in range(dice.choice((0, 0, 1, 1, 2))):
        name = dice.choice((*words.OPERATORS, "Null")) + dice.choice(SUFFIXES)
        name = dice.choice(PREFIXES) + name.replace("NullIfExists", "Null")
        wanted = [any_value(dice) for _ in range(dice.choice((0, 1, 1, 1, 2, 3)))]
        if name.endswith("Null"):
            wanted = dice.choice((["true"], ["false"], [True], [False], ["true", "false"], []))
        found[name] = {any_key(dice): wanted[0] if len(wanted) == 1 else wanted}
    return found


def principals(dice):
    """A Principal element of any values."""
    who = [callers.caller(dice, dice.choice(words.KINDS)) for _ in range(3)]
    names = [
        name
        for one in who
        for name in (one["arn"], one.get("role_arn"), one["account_id"], one.get("unique_id"))
        if name
    ]
    found = {}
    for _ in range(dice.choice((1, 1, 2, 3))):
        kind = dice.choice(("AWS", "AWS", "AWS", "Service", "Federated", "CanonicalUser"))
        names_of_kind = {
            "AWS": [*names, "*"],
            "Service": ["ec2.amazonaws.com", "s3.amazonaws.com"],
            "Federated": [words.PROVIDER, words.SAML, "accounts.google.com"],
            "CanonicalUser": [words.CANONICAL],
        }[kind]
        found.setdefault(kind, []).append(dice.choice(names_of_kind))
    return "*" if dice.random() < 0.25 else found


def statement(dice, asked, layer):
    made = {"Effect": "Allow" if dice.random() < 0.7 else "Deny"}
    if layer in {"resource", "endpoint", "trust"}:
        name = "NotPrincipal" if made["Effect"] == "Deny" and layer != "trust" and dice.random() < 0.2 else "Principal"
        made[name] = principals(dice)
    if layer == "resource_control":
        made["Principal"] = "*"
    wanted = [action(dice) for _ in range(dice.choice((1, 1, 2)))]
    made["Action" if dice.random() < 0.8 else "NotAction"] = wanted
    if layer != "trust":
        made["Resource" if dice.random() < 0.75 else "NotResource"] = [
            resource(dice, asked) for _ in range(dice.choice((1, 1, 2, 3)))
        ]
    found = conditions(dice)
    return {**made, "Condition": found} if found or dice.random() < 0.1 else made


def document(dice, asked, layer):
    version = dice.choice(({"Version": "2012-10-17"},) * 4 + ({"Version": "2008-10-17"}, {}))
    return {**version, "Statement": [statement(dice, asked, layer) for _ in range(dice.choice((1, 1, 2, 3)))]}


def case(dice):
    """Policies of any layers, also of such as the caller cannot have."""
    trust = dice.random() < 0.1
    asked = callers.request(dice, trust=trust)
    found = {"trust": trust, "resource_must_allow": dice.random() < 0.1}
    for layer in LAYERS:
        if dice.random() < (0.7 if layer in {"identity", "resource"} else 0.12):
            made = [
                document(dice, asked, "trust" if trust and layer == "resource" else layer)
                for _ in range(dice.choice((1, 2)))
            ]
            if layer in {"service_control", "resource_control"}:
                made = [[one] for one in made]
            found[layer] = made if layer in {"identity", "session", "service_control", "resource_control"} else made[0]
    return {"request": asked, "policies": found}
