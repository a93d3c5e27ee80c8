"""Neighbours of a request: others that differ from it in what the policies at hand look at.

Policies are dear to make and to read, requests are not; and what decides lies close to where the answer changes.
"""

from tests.differential import ablation, callers, words

ONE = {key: family[1] for family in words.FAMILIES.values() for key in family[3]}
"""Values that a single-valued key may have."""
SEVERAL = {key: family[1] for family in words.FAMILIES.values() for key in family[4]}
"""Values that a multivalued key may hold."""
CHANGES = {"key": 16, "caller": 1, "question": 1, "owner": 1, "end": 1}
"""How often each kind of change is made, against the others."""


def compared(policies):
    """The context keys that conditions look at, each with the texts that it is compared with."""
    written = {key.lower(): key for key in (*ONE, *SEVERAL)}
    found = {}
    for _, statement in ablation.statements(policies):
        for keys in statement.get("Condition", {}).values():
            for key, wanted in keys.items():
                if key.lower() in written:
                    texts = [str(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
                    found.setdefault(written[key.lower()], []).extend(texts)
    return found


def neighbour(dice, asked, looked_at, *, trust):
    """A request that differs in one to three things. `looked_at` is what `compared` found in the policies."""
    made = {**asked, "context": dict(asked["context"])}
    for _ in range(dice.choice((1, 1, 1, 1, 2, 3))):
        change = dice.choices(tuple(CHANGES), tuple(CHANGES.values()))[0]
        if change == "key":
            change_key(dice, made["context"], looked_at)
        elif change == "caller":
            change_caller(dice, made)
        elif change == "question":
            made["action"], made["resource"] = callers.question(dice, made["principal"], trust=trust)
        elif change == "end":
            made["resource"] = (
                f"{made['resource']}{dice.choice('/x')}" if dice.random() < 0.7 else made["resource"][:-1]
            )
        else:
            made["resource_account"] = callers.resource_account(dice, made["resource"])
    return made


def change_key(dice, context, looked_at):
    """Another value for a key, or none: mostly for one that conditions look at, often one that they compare it with."""
    anything = not looked_at or dice.random() < 0.15
    key = dice.choice((*ONE, *SEVERAL)) if anything else dice.choice(tuple(looked_at))
    if dice.random() < 0.2:
        context.pop(key, None)
        return
    chance = dice.random()
    texts = looked_at.get(key) if chance < 0.5 else words.ODD if chance < 0.6 else None
    if key in ONE:
        context[key] = dice.choice(texts or ONE[key])
    else:
        context[key] = [dice.choice(texts or SEVERAL[key]) for _ in range(dice.choice((0, 1, 1, 2, 3)))]


def change_caller(dice, asked):
    """Another caller, mostly of the same kind."""
    kind = asked["principal"]["kind"] if dice.random() < 0.8 else dice.choice(words.KINDS)
    asked["principal"] = callers.caller(dice, kind)
    callers.told(dice, asked["context"], asked["principal"])


def cases(dice, first, count):
    """A case and its neighbours: as many cases as asked for, of one set of policies, no two alike."""
    policies, asked = first["policies"], [first["request"]]
    looked_at = compared(policies)
    while len(asked) < count:
        made = neighbour(dice, dice.choice((asked[0], asked[0], asked[-1])), looked_at, trust=policies["trust"])
        if made not in asked:
            asked.append(made)
    return [{"request": one, "policies": policies} for one in asked]
