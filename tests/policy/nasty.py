"""The longest policies that AWS takes, each made as nasty as its author could, and requests that suit them.

Documents are as long as a role's inline policies may be. The values of one key of the context have 8,192 characters
together, which is what S3 takes as the whole head of a request; a resource has 2,048.
"""

import json

LONGEST = 10_240
HEAD = 8_192
ARN = "arn:aws:s3:::"

RESOURCE = ARN + "a" * (2048 - len(ARN))
WORDS = " ".join(f"a{number}" for number in range(HEAD // 5))[:HEAD]


def filled(make):
    """As many values as fit into a document."""
    values, size = [], 200
    while size + len(value := make(len(values))) + 3 <= LONGEST:
        values.append(value)
        size += len(value) + 3
    return values


def several(make, length):
    """As many values of one length as fit into a head."""
    return tuple(make(number).ljust(length, "a") for number in range(HEAD // length))


CONTEXT = {
    "a": "a" * HEAD,
    "short": "a" * 1024,
    "words": WORDS,
    "bytes": "é" * HEAD,
    "number": "9" * HEAD,
    "many": several(lambda number: f"a{number}", 64),
    "few": several(lambda number: f"{WORDS[number : number + 2000]}", 2048),
    "arns": several(lambda number: f"arn:aws:s3:us-east-1:111122223333:b{number}", 64),
    "addresses": tuple(f"192.168.0.{number % 256}" for number in range(HEAD // 14)),
    "numbers": tuple(str(-number) for number in range(HEAD // 5)),
    "dates": tuple(f"20{number % 100:02}-02-03T00:00:{number % 60:02}Z" for number in range(HEAD // 20)),
    "truths": ("false",) * (HEAD // 5),
    "truth": "true",
    "octets": ("QUFC",) * (HEAD // 4),
    **{f"k{number}": "a" * 100 for number in range(400)},
}


def on(*resources):
    return {"Effect": "Allow", "Action": "*", "Resource": list(resources)}


def under(operator, key, *values):
    return {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: list(values)}}}


STATEMENTS = {
    "one pattern of ?*": on(ARN + "?*" * 4900 + "b"),
    "one pattern of *a": on(ARN + "*a" * 4900 + "b"),
    "one pattern of *a?": on(ARN + "*a?" * 3200 + "b"),
    "one pattern of *${…}?": on(ARN + "*${short}?" * 900),
    "many patterns": on(*filled(lambda number: f"{ARN}*a?b{number}*")),
    "many shortened patterns": on(*filled(lambda number: f"arn:aws:s3:*a?b{number}*")),
    "many patterns with variables": on(*filled(lambda number: f"{ARN}*${{short}}*a?b{number}*")),
    "many variables": on(*filled(lambda number: f"{ARN}${{short}}/{number}")),
    "a variable a thousand times": on(ARN + "${a}" * 2400),
    "NotResource with variables": {
        "Effect": "Allow",
        "Action": "*",
        "NotResource": filled(lambda number: f"{ARN}*${{short}}*a?b{number}*"),
    },
    "long needles": on(*filled(lambda number: f"{ARN}*{'a' * (48 + number)}b{'a' * 50}?*")),
    "longer needles": on(*filled(lambda number: f"{ARN}*{'a' * (500 + number)}b{'a' * 500}?*")),
    "long needles, long value": under(
        "StringLike", "a", *filled(lambda number: f"*{'a' * (48 + number)}b{'a' * 51}?*")
    ),
    "StringLike of a long value": under("StringLike", "a", *filled(lambda number: f"*a?b{number}*")),
    "StringLike that nearly matches": under("StringLike", "words", *filled(lambda number: f"*b?a{number}*a?b")),
    "StringLike of bytes": under("StringLike", "bytes", "*é?" * 3000 + "b"),
    "StringLike with a long variable": under("StringLike", "a", *filled(lambda number: f"*${{short}}?{number}")),
    "StringLike of many values": under("ForAnyValue:StringLike", "many", *filled(lambda number: f"*a?b{number}*")),
    "StringLike of many, nearly": under("ForAnyValue:StringLike", "few", *filled(lambda number: f"*b?a{number}*a?b")),
    "StringLike of many, variables": under(
        "ForAnyValue:StringLike", "many", *filled(lambda number: f"*${{truth}}?b{number}*")
    ),
    "StringEquals, a long variable": under("StringEquals", "a", "${a}" * 2400 + "b"),
    "StringEquals, long variables": under("StringEquals", "a", *filled(lambda number: f"${{short}}{number}")),
    "StringEquals of many": under("ForAnyValue:StringEquals", "many", *filled(lambda number: f"${{truth}}{number}")),
    "…IgnoreCase, long variables": under(
        "StringEqualsIgnoreCase", "short", *filled(lambda number: f"{number}${{short}}")
    ),
    "ArnLike of many": under("ForAnyValue:ArnLike", "arns", *filled(lambda number: f"arn:aws:*:?:*:{number}*a")),
    "ArnLike of many, all heads": under(
        "ForAnyValue:ArnLike", "arns", *filled(lambda number: f"arn:aws:*:*{number}:*:*")
    ),
    "ArnLike of many, variables": under(
        "ForAnyValue:ArnLike", "arns", *filled(lambda number: f"{ARN}*${{truth}}?b{number}*")
    ),
    "IpAddress of many": under(
        "ForAnyValue:IpAddress", "addresses", *filled(lambda number: f"10.{number // 256}.{number % 256}.0/24")
    ),
    "Numeric of many": under("ForAnyValue:NumericEquals", "numbers", *filled(lambda number: f"{number + 1}")),
    "Numeric of a long number": under("NumericEquals", "number", *filled(str)),
    "Date of many": under("ForAnyValue:DateEquals", "dates", *filled(lambda number: f"20{number % 100:02}-01-01")),
    "Bool of many variables": under("ForAnyValue:Bool", "truths", *filled(lambda _number: "${truth}")),
    "Binary of many": under("ForAnyValue:BinaryEquals", "octets", *filled(lambda _number: "QUFB")),
    "many conditions": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotLike": {f"k{number}": "*a?b*" for number in range(400)}},
    },
    "many statements": [under("StringLike", "a", f"*a?b{number}") for number in range(100)],
}


def document(name):
    """The text of a document."""
    found = {"Version": "2012-10-17", "Statement": STATEMENTS[name]}
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)
