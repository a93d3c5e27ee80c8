"""Faults to plant in the engine's reading of the language: operators, quantifiers, variables, patterns, values."""

from tests.differential.planting import Fault


def operator(name, right, wrong):
    """A row of the operators' table gone wrong."""
    return Fault(f"{name} wrong", "operators.py", f'Operator("{name}", {right}', f'Operator("{name}", {wrong}')


NEGATED = tuple(
    Fault(
        f"{name} is not negated",
        "operators.py",
        f'Operator("{name}", {made}, negated=True)',
        f'Operator("{name}", {made})',
    )
    for name, made in (
        ("StringNotEquals", "_equals(None)"),
        ("StringNotEqualsIgnoreCase", "_equals(str.casefold)"),
        ("StringNotLike", "_like"),
        ("NumericNotEquals", "_numeric(operator.eq)"),
        ("DateNotEquals", "_date(operator.eq)"),
        ("NotIpAddress", "_typed(read.network, read.within, read.address)"),
        ("ArnNotEquals", "_arn"),
        ("ArnNotLike", "_arn"),
    )
)

OPERATORS = (
    *NEGATED,
    operator("StringEquals", "_equals(None)", "_like"),
    operator("StringEqualsIgnoreCase", "_equals(str.casefold)", "_equals(None)"),
    operator("StringLike", "_like", "_equals(None)"),
    operator("NumericEquals", "_numeric(operator.eq)", "_equals(None)"),
    operator("NumericLessThan", "_numeric(operator.lt)", "_numeric(operator.le)"),
    operator("NumericLessThanEquals", "_numeric(operator.le)", "_numeric(operator.lt)"),
    operator("NumericGreaterThan", "_numeric(operator.gt)", "_numeric(operator.ge)"),
    operator("NumericGreaterThanEquals", "_numeric(operator.ge)", "_numeric(operator.gt)"),
    operator("DateEquals", "_date(operator.eq)", "_equals(None)"),
    operator("DateLessThan", "_date(operator.lt)", "_date(operator.le)"),
    operator("DateLessThanEquals", "_date(operator.le)", "_date(operator.lt)"),
    operator("DateGreaterThan", "_date(operator.gt)", "_date(operator.lt)"),
    operator("DateGreaterThanEquals", "_date(operator.ge)", "_date(operator.gt)"),
    operator("Bool", "_bool", "_equals(None)"),
    operator("BinaryEquals", "_typed(read.octets, _equal)", "_typed(read.octets, _ANY_OF[operator.le])"),
    operator("IpAddress", "_typed(read.network, read.within, read.address)", "_equals(None)"),
    operator("ArnEquals", "_arn", "_equals(None)"),
    operator("ArnLike", "_arn", "_like"),
    Fault(
        "a doubtful value among others is no doubt",
        "operators.py",
        "otherwise = False if len(wanted) == len(values) else None",
        "otherwise = False",
    ),
    Fault(
        "a value of the wrong type does not match",
        "operators.py",
        "        if given is None:\n            return None",
        "        if given is None:\n            return False",
    ),
    Fault(
        "Null asks the reverse", "condition.py", "context.get(key)) in absences", "context.get(key)) not in absences"
    ),
)

QUANTIFIERS = (
    Fault(
        "a negated operator fails without the key",
        "condition.py",
        "holds_without = negated or found.if_exists",
        "holds_without = found.if_exists",
    ),
    Fault(
        "IfExists is forgotten", "condition.py", "holds_without = negated or found.if_exists", "holds_without = negated"
    ),
    Fault("the quantifiers are swapped", "condition.py", "all if every else any", "any if every else all"),
    Fault(
        "ForAllValues fails without the key",
        "condition.py",
        "holds_without = every or (found",
        "holds_without = (found",
    ),
    Fault(
        "ForAnyValue holds without the key",
        "condition.py",
        "holds_without = every or (found.if_exists and denies)",
        "holds_without = True",
    ),
    Fault(
        "ForAnyValue:…IfExists fails without the key",
        "condition.py",
        "holds_without = every or (found.if_exists and denies)",
        "holds_without = every",
    ),
    Fault("several values need no quantifier", "condition.py", "return denies and any(", "return any("),
    Fault("several values disarm a Deny", "condition.py", "return denies and any(", "return not denies and any("),
    Fault("a set of nothing is something", "condition.py", "and not any(value))", "and not value)"),
    Fault("key names have a case", "condition.py", "make(found, key.lower(), match", "make(found, key, match"),
    Fault("an empty list holds in an Allow", "condition.py", "and (plain or not denies)):", "and plain and denies):"),
    Fault("an empty list fails in a Deny", "condition.py", "and (plain or not denies)):", "and not denies):"),
    Fault("one condition is enough", "statement.py", "in conditions:  #", "in conditions[:1]:  #"),
)

VARIABLES = (
    Fault("defaults are forgotten", "variables.py", "get(self.lowered, self.default)", "get(self.lowered)"),
    Fault(
        "variables' names have a case",
        "variables.py",
        "get(self.lowered, self.default)",
        "get(self.key, self.default)",
    ),
    Fault(
        "a key of several values is a variable",
        "variables.py",
        "return value if isinstance(value, str) else None",
        "return value if isinstance(value, str) else value[0] if value else None",
    ),
    Fault(
        "the special characters are variables",
        "variables.py",
        'literal = name in ("*", "?", "$") and',
        "literal = False and",
    ),
    Fault(
        "wildcards come in with values",
        "variables.py",
        "        resolved.append(token)",
        "        resolved += tokens(token) if isinstance(part, Variable) and isinstance(token, str) else (token,)",
    ),
    Fault("variables live in every version", "document.py", 'active = version == "2012-10-17"', "active = True"),
    Fault("variables live in no version", "document.py", 'active = version == "2012-10-17"', "active = False"),
    Fault(
        "no version is the newest",
        "document.py",
        'value.get("Version", "2008-10-17")',
        'value.get("Version", "2012-10-17")',
    ),
    Fault("an unresolved NotResource allows", "statement.py", "(False, None) if denies else (False,)", "(False, None)"),
    Fault(
        "an unresolved NotResource does not deny", "statement.py", "(False, None) if denies else (False,)", "(False,)"
    ),
    Fault(
        "a pattern that is too long leaves no doubt",
        "operators.py",
        " or unmet(value) is None else False",
        " else False",
    ),
    Fault(
        "a variable moves an ARN's fields",
        "operators.py",
        "(moving if moved(template, context) else sure).append(tokens)",
        "sure.append(tokens)",
    ),
    Fault(
        "a variable leaves the end of a pattern open",
        "arn.py",
        "return resource.startswith(text) if ends_openly else resource == text",
        "return resource.startswith(text)",
    ),
    Fault(
        "a variable closes the end of a pattern",
        "arn.py",
        "return resource.startswith(text) if ends_openly else resource == text",
        "return resource == text",
    ),
    Fault("a variable names the account", "arn.py", "isinstance(part, Variable) and colons < FIELDS - 1:", "False:"),
)

PATTERNS = (
    Fault(
        "NotAction is Action",
        "statement.py",
        "self.listed.match(action) is bool(self.actions)",
        "self.listed.match(action)",
    ),
    Fault(
        "NotResource is Resource",
        "statement.py",
        "spares(resource, context) in outside",
        "spares(resource, context) not in outside",
    ),
    Fault("actions have a case", "actions.py", "{text.lower() for text in listed}", "set(listed)"),
    Fault(
        "a final wildcard stays in its field",
        "arn.py",
        "colons >= FIELDS - 1 or (part is Wild.RUN and ends_field)",
        "colons >= FIELDS - 1",
    ),
    Fault(
        "an inner wildcard leaves its field",
        "arn.py",
        "colons >= FIELDS - 1 or (part is Wild.RUN and ends_field)",
        "True",
    ),
    Fault("a short ARN stays short", "arn.py", "completes = completed or not narrow", "completes = False"),
    Fault("every short ARN is completed", "arn.py", "completes = completed or not narrow", "completes = True"),
    Fault(
        "what is no ARN is unlike every ARN",
        "arn.py",
        "            return None\n        for wanted",
        "            return False\n        for wanted",
    ),
    Fault(
        "a question mark may stand for nothing",
        "wildcard.py",
        "    if token is Wild.ONE:\n        return (reached & everywhere) << 1",
        "    if token is Wild.ONE:\n        return reached | (reached & everywhere) << 1",
    ),
    Fault("a beginning and an end overlap", "wildcard.py", "if len(text) < shortest or not", "if not"),
    Fault(
        "the end may be anywhere",
        "wildcard.py",
        "or not text.startswith(first) or not text.endswith(last):\n            return False\n        at,",
        "or not text.startswith(first):\n            return False\n        at,",
    ),
)

VALUES = (
    Fault("zones are the wrong way round", "values.py", "return -offset if", "return offset if"),
    Fault("four digits are seconds", "values.py", " and not _YEAR.fullmatch(text):", ":"),
    Fault("fractions of seconds are dropped", "values.py", ' + int((fraction or "0").ljust(9, "0"))', ""),
    Fault("a block begins at its address", "values.py", "strict=False", "strict=True"),
    Fault("v4 lies in v6", "values.py", "runs[version]\n        at =", "runs[4]\n        at ="),
    Fault("truths have a case", "values.py", "get(text.lower())", "get(text)"),
    Fault(
        "numbers may have exponents",
        "values.py",
        '_NUMBER = re.compile(r"[+-]?',
        '_NUMBER = re.compile(r"[+-]?(?:[0-9]+e)?',
    ),
)

ALL = (*OPERATORS, *QUANTIFIERS, *VARIABLES, *PATTERNS, *VALUES)
