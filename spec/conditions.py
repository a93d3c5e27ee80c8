"""The Condition element: operators, set operators, missing keys.

IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or values",
"Single-valued vs. multivalued context keys", "Set operators for multivalued context keys".
"""

from typing import Any

from . import values
from .arn import arn_like
from .logic import NO, OPEN, YES, Answer, all_of, any_of, negation
from .variables import Context, UnresolvedError
from .variables import pattern as resolved
from .wild import folded, matches, spelled

# Operators whose values may hold variables, by what each asks of a request value and a pattern ("Where you can use
# policy variables"; that Bool may is said on the operators' page only, and open).
PATTERNS = {
    "StringEquals": spelled,
    "StringEqualsIgnoreCase": lambda text, tokens: text.casefold() == folded(tokens),
    "StringLike": matches,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda text, tokens: values.truth(text) == values.truth("".join(c for _, c in tokens)),
}
# Operators that compare two texts.
TEXTS = {
    "NumericEquals": lambda text, wanted: values.number(text) == values.number(wanted),
    "NumericLessThan": lambda text, wanted: values.number(text) < values.number(wanted),
    "NumericLessThanEquals": lambda text, wanted: values.number(text) <= values.number(wanted),
    "NumericGreaterThan": lambda text, wanted: values.number(text) > values.number(wanted),
    "NumericGreaterThanEquals": lambda text, wanted: values.number(text) >= values.number(wanted),
    "DateEquals": lambda text, wanted: values.instant(text) == values.instant(wanted),
    "DateLessThan": lambda text, wanted: values.instant(text) < values.instant(wanted),
    "DateLessThanEquals": lambda text, wanted: values.instant(text) <= values.instant(wanted),
    "DateGreaterThan": lambda text, wanted: values.instant(text) > values.instant(wanted),
    "DateGreaterThanEquals": lambda text, wanted: values.instant(text) >= values.instant(wanted),
    "BinaryEquals": lambda text, wanted: values.decoded(text) == values.decoded(wanted),
    "IpAddress": values.within,
}
# The negated operators, each with the one that it negates.
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def holds(condition: dict[str, dict[str, Any]], version: str | None, context: Context) -> Answer:
    """AWS: "If there are multiple condition operators, or multiple context keys attached to a single operator, AND"."""
    return all_of(
        test(name, key, listed(wanted), version, context)
        for name, keys in condition.items()
        for key, wanted in keys.items()
    )


def listed(wanted: Any) -> list[str]:
    """The policy's values as texts: numbers and truths count as they are written."""
    found = wanted if isinstance(wanted, list) else [wanted]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in found]


def test(name: str, key: str, wanted: list[str], version: str | None, context: Context) -> Answer:
    """One operator on one key. Key names are not case-sensitive."""
    quantity, _, operator = name.rpartition(":")
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    found = context.get(key.lower())
    if operator == "Null":
        return null(quantity, wanted, absent=is_absent(found))
    if is_absent(found):
        answer = missing(quantity, operator, if_exists=if_exists)
    else:
        answer = present(quantity, operator, found, [(text, version) for text in wanted], context)
    return answer if wanted else without_values(quantity, answer, if_exists=if_exists)


def is_absent(found: str | list[str] | None) -> bool:
    """A multivalued key is as good as absent when it "resolves to a null data set, such as an empty string"."""
    return found is None or (isinstance(found, list) and all(value == "" for value in found))


def null(quantity: str, wanted: list[str], *, absent: bool) -> Answer:
    """AWS: "Null": `true` asks that the key be absent, `false` that it exist and its value be not null.

    Policy check reference: with ForAllValues always true, with ForAnyValue always false.
    """
    if quantity == "ForAnyValue":
        return NO
    if not wanted:
        return OPEN
    if quantity == "ForAllValues":
        return YES
    return any_of(absent == (text.lower() == "true") if text.lower() in {"true", "false"} else OPEN for text in wanted)


def missing(quantity: str, operator: str, *, if_exists: bool) -> Answer:
    """The key is not in the request.

    "If the key … is not present in the request context, the values do not match and the condition is false. If the
    policy condition requires that the key is not matched … the condition is true." IfExists: true. ForAllValues:
    "also true". ForAnyValue: "false"; with IfExists the two rules meet, and the point is open.
    """
    if quantity == "ForAllValues":
        return YES
    if quantity == "ForAnyValue":
        return OPEN if if_exists else NO
    return if_exists or operator in NEGATED


def without_values(quantity: str, answer: Answer, *, if_exists: bool) -> Answer:
    """The policy lists no value, and nothing is like nothing: that is the answer.

    The policy check reference adds of plain operators that "the condition returns true" and "the statement provides no
    permissions"; of the others when they match. So a yes is never more than open, and a plain operator is always open.
    """
    if answer is NO and (quantity or if_exists):
        return NO
    return OPEN


def present(quantity: str, operator: str, found: Any, wanted: list[tuple[str, str | None]], context: Context) -> Answer:
    """The key is in the request, with one value or several."""
    answers = [compared(operator, value, wanted, context) for value in (found if isinstance(found, list) else [found])]
    if quantity == "ForAllValues":
        return all_of(answers)
    if quantity == "ForAnyValue":
        return any_of(answers)
    if isinstance(found, list):
        # "Multivalued context keys require a condition set operator": without one, what happens is open unless no
        # value fits.
        return NO if any_of(answers) is NO else OPEN
    return answers[0]


def compared(operator: str, value: str, wanted: list[tuple[str, str | None]], context: Context) -> Answer:
    """One request value against the policy's: "logical OR", and under a negated operator "logical NOR"."""
    if operator in NEGATED:
        return negation(compared(NEGATED[operator], value, wanted, context))
    return any_of(one(operator, value, text, version, context) for text, version in wanted)


def one(operator: str, value: str, wanted: str, version: str | None, context: Context) -> Answer:
    """One request value against one of the policy's. A value of the wrong type: open."""
    try:
        if operator in TEXTS:
            return TEXTS[operator](value, wanted)
        return PATTERNS[operator](value, resolved(wanted, version, context))
    except UnresolvedError:  # "Policy variables with no value": the value is null, like nothing
        return NO
    except values.NotOfTypeError:
        return OPEN
