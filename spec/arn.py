"""Actions and ARNs against the patterns of a policy."""

from functools import lru_cache

from .logic import NO, OPEN, YES, Answer, any_of
from .variables import Context, UnresolvedError, active
from .variables import pattern as resolved
from .wild import Pattern, matches, pattern

SEGMENTS = 6


@lru_cache(maxsize=10_000)  # texts in, answer out: nothing else can change it
def action_matches(action: str, wanted: str) -> Answer:
    """IAM User Guide, "IAM JSON policy elements: Action": prefix and name are not case-sensitive."""
    return matches(action.lower(), pattern(wanted.lower()))


def resource_matches(arn: str, wanted: str, version: str | None, context: Context, *, identity: bool) -> Answer:
    """IAM User Guide, "IAM JSON policy elements: Resource".

    A variable with no value matches no resource ("Policy variables with no value"). Variables belong to the resource
    part; what one in an earlier segment means is open.
    """
    if wanted == "*":
        return YES
    if not active(version) or "${" not in wanted:
        return without_variables(arn, wanted, identity=identity)
    try:
        tokens = resolved(wanted, version, context)
    except UnresolvedError:
        return NO
    answer = any_of([whole(arn, tokens), completed(arn, tokens, identity=identity)])
    return OPEN if answer is YES and early_variable(wanted, version) else answer


@lru_cache(maxsize=10_000)  # as above
def without_variables(arn: str, wanted: str, *, identity: bool) -> Answer:
    """A Resource entry that is its own pattern."""
    tokens = pattern(wanted)
    return any_of([whole(arn, tokens), completed(arn, tokens, identity=identity)])


class Anything(dict[str, str]):
    """A context in which every key has a value."""

    def get(self, key: str, default: object = None) -> str:  # type: ignore[override]
        """A text for any key."""
        del key, default
        return "x"


def early_variable(wanted: str, version: str | None) -> bool:
    """A variable stands before the fifth colon, where "you can't use a variable to replace parts of the ARN"."""
    return any(kind == "given" for kind, _ in head(resolved(wanted, version, Anything())))


def whole(arn: str, tokens: Pattern) -> Answer:
    """The pattern over the whole text.

    "…a `*` that is the last character of a segment can run past the colon", and in the resource part each wildcard
    takes colons too. A wildcard elsewhere in the first five segments: open, so an Allow keeps it inside and a Deny
    lets it pass.
    """
    if not matches(arn, tokens):
        return NO
    return YES if matches(arn, narrow(tokens)) else OPEN


def completed(arn: str, tokens: Pattern, *, identity: bool) -> Answer:
    """An ARN with fewer than six components: "AWS automatically completes the ARN by adding wildcard characters".

    Said of identity-based policies; open for others. What does not begin with `arn:` is no ARN: refused at write.
    """
    missing = SEGMENTS - len(segments(tokens))
    if missing <= 0 or tokens[:4] != pattern("arn:"):
        return NO
    answer = whole(arn, tokens + pattern(":*" * missing))
    return answer if identity or answer is NO else OPEN


def narrow(tokens: Pattern) -> Pattern:
    """The pattern with the wildcards kept inside their segments, where they are not documented to leave."""
    found: Pattern = []
    before = head(tokens)
    for place, (kind, character) in enumerate(before):
        following = tokens[place + 1 : place + 2]
        last = not following or following[0] == ("text", ":")
        if kind == "run" and not last:
            found.append(("inside", character))
        elif kind == "one":
            found.append(("one inside", character))
        else:
            found.append((kind, character))
    return found + tokens[len(before) :]


def head(tokens: Pattern) -> Pattern:
    """The first five segments, with the colons that end them; a pattern of fewer segments is all head."""
    colons = 0
    for place, token in enumerate(tokens):
        if token == ("text", ":"):
            colons += 1
        if colons == SEGMENTS - 1:
            return tokens[: place + 1]
    return tokens


def segments(tokens: Pattern) -> list[Pattern]:
    """The pattern split at its author's first five colons: one that a variable brought separates nothing."""
    found: list[Pattern] = [[]]
    for token in tokens:
        if token == ("text", ":") and len(found) < SEGMENTS:
            found.append([])
        else:
            found[-1].append(token)
    return found


def arn_like(arn: str, tokens: Pattern) -> Answer:
    """ArnEquals and ArnLike, which are one: "each of the six … components of the ARN is checked separately".

    IAM User Guide, "IAM JSON policy elements: Condition operators", ARN operators. A text that is no ARN, or a pattern
    of fewer than six components: open. A variable may bring a whole ARN; whether one that stands further on may bring a
    colon, and so move the components behind it, is open.
    """
    texts = arn.split(":", SEGMENTS - 1)
    patterns = segments([("text", character) if character == ":" else (kind, character) for kind, character in tokens])
    if len(texts) < SEGMENTS or len(patterns) < SEGMENTS or texts[0] != "arn":
        return OPEN
    answer = all(matches(text, part) for text, part in zip(texts, patterns, strict=True))
    before = head(tokens)
    moved = ("given", ":") in before and before[0][0] != "given"
    return OPEN if moved and answer else answer
