"""Mutants that decide as the engine does, each with the reason why no answer can tell them apart.

A mutant is named by its module, the function around it, and its change: it is argued wherever the line is, and as
often as it stands here.
"""

from collections import Counter

ARGUED = {
    "Slower, and decides alike: all patterns stand together instead of under their service.": (
        "actions.py actions: ':' -> ':!'",
    ),
    "The name of a variable without a value: no request has a key of either name.": ("arn.py : '' -> '!'",),
    "It stands for no account: neither is twelve digits.": ("arn.py account_of: '' -> '!'",),
    "Every caller gives it.": ("arn.py resources: True -> False",),
    "Slower, and decides alike: patterns without variables are matched a second time.": (
        "arn.py resources: if fixed(template) is None -> no if",
    ),
    "An ARN that lacks nothing is completed to itself.": ("arn.py _readings: missing > 0 -> missing >= 0",),
    "A pattern with a variable that has no value does not come here.": ("arn.py moved: '' -> '!'",),
    "Whoever asks takes it for no, as it takes false.": (
        "arn.py moved: return False -> return None",
        "condition.py _never: return False -> return None",
        "evaluate.py _foreign: return False -> return None",
        "evaluate.py _reached: return False -> return None",
        "evaluate.py bites: return False -> return None",
        "principal.py Principals._everyone_holds: return False -> return None",
        "principal.py Principals._listed_at_every_level: return False -> return None",
        "principal.py Principals._names_parent: return False -> return None",
        "statement.py _applies.applies: return False -> return None",
        "statement.py _applies.applies: return False -> return None",
        "wildcard.py _past: return 0 -> return None",
    ),
    "Both have six fields where it is asked.": ("arn.py alike.test: True -> False",),
    "Only whether it is None is asked.": (
        "arn.py unlike: False -> True",
        "arn.py unlike: False -> True",
    ),
    "An empty text in a pattern matches nothing more and nothing less.": (
        "arn.py _fields: if token != '' -> no if",
        "arn.py _fields: '' -> '!'",
        "wildcard.py _runs: if part -> no if",
    ),
    "A key without values is absent, and does not come here.": ("condition.py _longest: 0 -> 1",),
    "How much is remembered.": ("document.py : 1024 -> 1025",),
    "Whether the memory can be given: nobody gives it.": (
        "document.py Document: False -> True",
        "question.py Policies: False -> True",
    ),
    "A Deny that applies has decided before anybody looks for an Allow.": (
        "document.py _candidates: if each.effect == 'Allow' -> no if",
    ),
    "The text and the version of the document that stands for none, which has no statement to show.": (
        "document.py : '{}' -> '{}!'",
        "document.py : '2012-10-17' -> '2012-10-17!'",
        "document.py : '' -> '!'",
    ),
    "Both are None, or neither is.": (
        "evaluate.py _granted: form is None or grant is None -> form is None and grant is None",
    ),
    "A boundary matters to NotPrincipal alone, and an Allow that has one names nobody.": (
        "evaluate.py _resource_grant: policies.boundary is not None -> policies.boundary is None",
    ),
    "A name for the type checker.": (
        "decision.py : 'allowed' -> 'allowed!'",
        "decision.py : 'explicit_deny' -> 'explicit_deny!'",
        "decision.py : 'implicit_deny' -> 'implicit_deny!'",
        "memory.py : 'Answer' -> 'Answer!'",
    ),
    "The dictionary is empty without it too.": ("memory.py Remembered.__init__: super().__init__() -> pass",),
    "Slower, and decides alike: the pattern is put together for each request.": (
        "arn.py _open: 1 -> 2",
        "arn.py _open: -1 -> 1",
        "arn.py _open: if isinstance(part, Variable) -> no if",
        "arn.py _open: len(variables) > 1 -> len(variables) >= 1",
    ),
    "Who has no account is a stranger, and strangers are asked for alike.": ("evaluate.py _foreign: False -> True",),
    "Slower, and decides alike: fewer texts are left out for being too long.": (
        "operators.py _equals: 1 -> 2",
        "operators.py _equals: 3 -> 4",
        "operators.py _truth: 'false' -> 'false!'",
        "variables.py fits: length += len(token) -> length -= len(token)",
        "variables.py fits: length += len(token) -> pass",
    ),
    "A text read without wildcards has none.": (
        "operators.py _equals.texts: if isinstance(token, str) -> no if",
        "variables.py joined: if isinstance(token, str) -> no if",
        "wildcard.py _literal: if isinstance(token, str) -> no if",
    ),
    "What stands before the first colon is the same.": ("principal.py Principal.entity_id: 1 -> 2",),
    "`principals` gives every member.": (
        "principal.py Principals: False -> True",
        "principal.py Principals: False -> True",
        "principal.py Principals: False -> True",
        "principal.py Principals: False -> True",
    ),
    "No caller's ARN is a star.": ("principal.py principals: '*' -> '*!'",),
    "Slower, and decides alike: a ceiling that allows everything is asked like any other.": (
        "statement.py Statement.always: return anyone and (not self.conditions) and (self.covers is _everything) -> return None",  # noqa: E501  the code as it is
    ),
    "Slower, and decides alike: the star is matched as a pattern.": ("statement.py _covers: '*' -> '*!'",),
    "No zone has that character, and none is longer than six.": (
        "values.py _offset: 'Zz' -> 'Zz!'",
        "values.py _offset: 6 -> 7",
    ),
    "The text has been held to the alphabet before.": ("values.py octets: True -> False",),
    "A block that begins where another ends is a run of its own: the same addresses.": (
        "values.py within: first > lasts[-1] -> first >= lasts[-1]",
    ),
    "Slower, and decides alike: every pattern is put together for each request.": (
        "variables.py fixed: return found if len(found) == len(template) else None -> return None",
    ),
    "How a wildcard is called when it is printed.": (
        "wildcard.py Wild: '* within a field' -> '* within a field!'",
        "wildcard.py Wild: '? within a field' -> '? within a field!'",
    ),
    "Slower, and decides alike: patterns of runs alone are matched by positions.": (
        "wildcard.py matcher: if isinstance(token, Wild) -> no if",
    ),
    "Slower, and decides alike: a text that cannot match is matched by positions, and does not.": (
        "wildcard.py _reaching.match: longest not in text or not text.startswith(first) or (not text.endswith(last)) -> longest not in text and (not text.startswith(first)) and (not text.endswith(last))",  # noqa: E501  the code as it is
    ),
    "Positions beyond the text are never asked for.": (
        "wildcard.py _step: 1 << len(text) -> 1 >> len(text)",
        "wildcard.py _step: 1 -> 2",
    ),
    "From when on a literal is looked for as a whole: both ways find the same.": (
        "wildcard.py : 64 -> 65",
        "wildcard.py _past: if len(literal) >= _LONG -> if not len(literal) >= _LONG",
        "wildcard.py _past: len(literal) >= _LONG -> len(literal) > _LONG",
    ),
    "Room for positions, of which more is not less.": (
        "wildcard.py _positions: len(text) // 8 -> len(text) * 8",
        "wildcard.py _positions: 1 -> 2",
    ),
}

TIMES = Counter(name for names in ARGUED.values() for name in names)
