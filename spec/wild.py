"""Wildcards: `*` stands for any run of characters, also none, and `?` for exactly one.

IAM User Guide, "IAM JSON policy elements: Resource", "…: Action" and "…: Condition operators" (StringLike).

A pattern is a list of tokens. A token is (kind, character): "text" is a character of the policy's author, "given" one
that a variable brought, which never acts as a wildcard nor as a delimiter; "run" is `*` and "one" is `?`. "inside"
and "one inside" are wildcards that do not pass a colon.
"""

Token = tuple[str, str]
Pattern = list[Token]

WILDCARDS = {"*": "run", "?": "one"}


def pattern(text: str) -> Pattern:
    """The pattern that a text means when it holds no variables."""
    return [(WILDCARDS.get(character, "text"), character) for character in text]


def literal(text: str) -> Pattern:
    """The pattern that matches this text alone."""
    return [("given", character) for character in text]


def matches(text: str, tokens: Pattern, at: int = 0, token: int = 0) -> bool:
    """The textbook recursion, from a place in the text and a token on."""
    if token == len(tokens):
        return at == len(text)
    kind, character = tokens[token]
    if kind in {"run", "inside"}:
        return matches(text, tokens, at, token + 1) or (takes(kind, text, at) and matches(text, tokens, at + 1, token))
    if kind in {"one", "one inside"}:
        return takes(kind, text, at) and matches(text, tokens, at + 1, token + 1)
    return text[at : at + 1] == character and matches(text, tokens, at + 1, token + 1)


def takes(kind: str, text: str, at: int) -> bool:
    """Whether a wildcard of this kind may stand for the character at this place of a text."""
    if at == len(text):
        return False
    return not (kind.endswith("inside") and text[at] == ":")


def spelled(text: str, tokens: Pattern) -> bool:
    """Whether a text is the pattern, letter by letter: for operators to which `*` and `?` are ordinary characters."""
    return text == "".join(character for _, character in tokens)


def folded(tokens: Pattern) -> str:
    """A pattern's letters without regard to case."""
    return "".join(character for _, character in tokens).casefold()
