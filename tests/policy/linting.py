"""Short ways to say policies for the linter, and a reference that knows one service."""

import json

from keyreeve.policy.lint import Action, Key, lint

ROLE = "arn:aws:iam::111122223333:role/worker"
GITHUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{GITHUB}"


class Known:
    """A reference to one service, with two actions."""

    _actions = {  # noqa: RUF012  a table
        "getitem": Action("shop:GetItem", ("arn:*:shop:*:*:item/*",), frozenset({"shop:color", "shop:itemtag/*"})),
        "listitems": Action("shop:ListItems", (), frozenset()),
        "seeitem": Action("shop:SeeItem", ("arn:*:shop:*:*:item/*",), frozenset(), "deprecated, see GetItem"),
    }
    _keys = {  # noqa: RUF012  a table
        "shop:color": Key("shop:Color", "String"),
        "shop:colour": Key("shop:Colour", "String", "deprecated, see shop:Color"),
    }

    def actions(self, service):
        return self._actions if service == "shop" else None

    def key(self, name):
        family = Key("shop:ItemTag/*", "String") if name.lower().startswith("shop:itemtag/") else None
        return self._keys.get(name.lower(), family)

    def services(self):
        return frozenset({"shop"})


def allow(action="s3:GetObject", resource="arn:aws:s3:::b/k", **members):
    made = {"Effect": "Allow", "Action": action, "Resource": resource, **members}
    return {name: value for name, value in made.items() if value is not None}


def deny(*arguments, **members):
    return allow(*arguments, **members) | {"Effect": "Deny"}


def trusts(principal, action="sts:AssumeRole", **members):
    return allow(action, None, Principal=principal, **members)


def when(operator, key, value, **members):
    return allow(Condition={operator: {key: value}}, **members)


def in_bucket(principal, **members):
    return allow(Principal=principal, **members)


def github(sub, operator="StringLike"):
    return trusts(
        {"Federated": PROVIDER}, "sts:AssumeRoleWithWebIdentity", Condition={operator: {f"{GITHUB}:sub": sub}}
    )


TAGS = "aws:TagKeys"
NULL_CHECK = {"Null": {TAGS: "false"}, "ForAllValues:StringEquals": {TAGS: ["a"]}}
AWS = {"AWS": ROLE}
EVERYONE = {"AWS": "*"}
SAML = {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"}
BY_SAML = "sts:AssumeRoleWithSAML"


def text_of(said):
    whole = isinstance(said, dict) and "Statement" in said
    return json.dumps(said if whole else {"Version": "2012-10-17", "Statement": said})


def codes(text, kind):
    return [finding.code for finding in lint(text, kind, Known())]
