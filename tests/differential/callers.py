"""Random requests: who asks, for what, with which context."""

from tests.differential import words


def caller(dice, kind):
    """The facts of a caller of this kind."""
    account = words.HOME if dice.random() < 0.75 else words.AWAY
    name = dice.choice(words.NAMES)
    if kind == "role_session":
        return session(dice, account)
    if kind == "federated_user":
        return federated(dice, account, name)
    if kind in {"service", "anonymous", "web_identity", "saml"}:
        return outsider(dice, kind)
    found = {
        "kind": kind,
        "account_id": account,
        "arn": f"arn:aws:iam::{account}:root",
        "canonical_id": words.CANONICAL,
    }
    if kind == "user":
        found |= {"arn": f"arn:aws:iam::{account}:user/{name}", "unique_id": "AIDAEXAMPLE"}
    return found


def session(dice, account):
    path, role = dice.choice((("dev/", "builder"), ("", "auditor")))
    return {
        "kind": "role_session",
        "account_id": account,
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/work",
        "role_arn": f"arn:aws:iam::{account}:role/{path}{role}",
        "unique_id": "AROAEXAMPLE",
        "service_linked": dice.random() < 0.1,
    }


def federated(dice, account, name):
    of_root = dice.random() < 0.2
    return {
        "kind": "federated_user",
        "account_id": account,
        "arn": f"arn:aws:sts::{account}:federated-user/guest",
        "user_arn": None if of_root else f"arn:aws:iam::{account}:user/{name}",
        "unique_id": None if of_root else "AIDAEXAMPLE",
        "of_root": of_root,
    }


def outsider(dice, kind):
    arns = {
        "service": "ec2.amazonaws.com",
        "anonymous": "anonymous",
        "web_identity": dice.choice((words.PROVIDER, "accounts.google.com")),
        "saml": words.SAML,
    }
    found = {"kind": kind, "account_id": None, "arn": arns[kind]}
    return found | ({"services": ["ec2.eu-south-1.amazonaws.com"]} if kind == "service" else {})


def question(dice, who, *, trust):
    """Action and resource that such a caller may ask about."""
    if trust:
        action = words.TOKEN_ACTIONS.get(who["kind"]) or dice.choice(words.ASSUME)
        return action, dice.choice(words.ROLES)
    action = dice.choice(tuple(words.ACTIONS))
    return action, dice.choice(words.ACTIONS[action])


def resource_account(dice, arn):
    """Whose resource it is: mostly as its ARN says."""
    parts = arn.split(":")
    if len(parts) > 5 and parts[4]:
        return None if dice.random() < 0.3 else parts[4]
    return dice.choice((None, words.HOME, words.HOME, words.AWAY))


def context(dice, who):
    """Context keys of every type, each there or not, some with odd values."""
    found = {}
    for _, values, _, single, several in words.FAMILIES.values():
        for key in single:
            if dice.random() < 0.5:
                found[key] = dice.choice(values) if dice.random() < 0.96 else dice.choice(words.ODD)
        for key in several:
            if dice.random() < 0.5:
                found[key] = [dice.choice(values) for _ in range(dice.choice((0, 1, 1, 2, 2, 3)))]
                if dice.random() < 0.03:
                    found[key].append(dice.choice(words.ODD))
    told(dice, found, who)
    return found


def told(dice, found, who):
    """Have the context tell of the caller what it tells of such callers."""
    if who["kind"] == "user" and dice.random() < 0.8:
        found["aws:username"] = who["arn"].rpartition("/")[2]
    if who.get("role_arn"):
        found["aws:PrincipalArn"] = who["role_arn"]


def request(dice, *, trust=False):
    """A whole request."""
    kinds = {"root": 6, "user": 34, "role_session": 30, "federated_user": 12, "service": 7, "anonymous": 5}
    kinds |= {"web_identity": 3, "saml": 3}
    who = caller(dice, dice.choices(tuple(kinds), tuple(kinds.values()))[0])
    action, resource = question(dice, who, trust=trust)
    owner = resource_account(dice, resource)
    return {
        "principal": who,
        "action": action,
        "resource": resource,
        "resource_account": owner,
        "context": context(dice, who),
    }
