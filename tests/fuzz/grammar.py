"""The grammar: from an operation of the models to the parameters of a request that it might take.

Names are drawn from what the world holds, from what may come to be, and from nowhere, so that requests meet.
"""

import json
from base64 import b64encode

from tests.fuzz.drafts import Draft

from keyreeve.operations import REGISTRY
from keyreeve.wire import model

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}"
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
EVERY = [(service, name) for service in VERSIONS for name in model.service(service).operations]


def statement(**more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **more}]})


TRUST = statement(Principal={"AWS": ACCOUNT}, Action="sts:AssumeRole")
ANY = {"Action": "*", "Resource": "*"}
DOCUMENTS = (
    statement(Action="iam:GetUser", Resource="*"),
    statement(Action=["s3:*", "iam:List*"], Resource=["arn:aws:s3:::b/*"], Condition={"Null": {"aws:userid": "false"}}),
    json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "NotAction": "sts:*", "NotResource": "*"}}),
    statement(Action="iam:GetUser", Resource="*", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}),
)
BAD_DOCUMENTS = (
    "", " ", "{", "[]", "null", "0", '"x"', "{}", '{"Statement":[]}', '{"Version":"2012-10-17"}', "\ufeff{}",
    "9" * 5000, "[" * 2000, '{"a":' * 2000, '{"Version":1e999}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow\\ud800"}]}',
    '{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}', statement(Action="*"),
    statement(**ANY, Principal="*"), statement(Action="nonsense", Resource="*"), statement(Action=1, Resource={}),
    statement(**ANY, Condition={"NoSuchOperator": {"a": "b"}}), statement(**ANY, Sid="a b"),
    statement(**ANY, Condition={"IpAddress": {"aws:SourceIp": "300.1.1.1/99"}}), statement(**ANY, Effekt="Allow"),
    statement(Action="*", Resource="arn:aws:s3:::${aws:username"),
    statement(Action=["*"] * 300, Resource=["*" * 50] * 99),
)  # fmt: skip
BOUNDARIES = (f"{ARN}:policy/reading", "arn:aws:iam::aws:policy/PowerUserAccess", f"{ARN}:policy/absent")
NAMES = {
    "UserName": ("alice", "bob", "Alice", "carol", "nobody", "new1", "new2", "new3"),
    "NewUserName": ("dave", "bob", "ALICE"),
    "GroupName": ("devs", "ops", "nowhere", "team1", "team2"),
    "NewGroupName": ("devs", "crew"),
    "RoleName": ("worker", "Worker", "absent", "role1", "role2"),
    "PolicyName": ("reading", "inline", "writing", "policy1", "policy2"),
    "InstanceProfileName": ("machine", "profile1", "profile2"),
    "PolicyArn": (*BOUNDARIES, "arn:aws:iam::aws:policy/ReadOnlyAccess", f"{ARN}:policy/policy1"),
    "RoleArn": (
        f"{ARN}:role/worker",
        f"{ARN}:role/Worker",
        f"{ARN}:role/absent",
        "arn:aws:iam::444455556666:role/other",
    ),
    "PermissionsBoundary": BOUNDARIES,
    "VersionId": ("v1", "v2", "v3", "v9"),
    "Path": ("/", "/team/", "/a/b/c/"),
    "NewPath": ("/", "/moved/"),
    "PathPrefix": ("/", "/team/", "/x"),
    "Marker": ("", "AAAA", "YWxpY2U=", "alice"),
    "RoleSessionName": ("session", "a=b,c.d@e-f", "x" * 64),
    "Name": ("fed", "session"),
    "AccountAlias": ("ours", "theirs-1"),
    "SourceIdentity": ("alice", "me"),
    "ExternalId": ("12345", "a/b"),
    "Key": ("team", "Team", "cost:center", "aws:reserved", "x"),
    "Value": ("red", "", "blue green"),
    "TagKeys": ("team", "x"),
    "TransitiveTagKeys": ("team", "y"),
    "PolicySourceArn": (f"{ARN}:user/alice", f"{ARN}:role/worker"),
}
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Grammar:
    """Draws from one source of chance. `callers` are the credentials there are, `stamp` the time to sign with."""

    def __init__(self, rng, callers, stamp, names=None):
        self.rng, self.callers, self.stamp = rng, callers, stamp
        self.names = {**NAMES, **(names or {})}

    def draft(self, only=()):
        """A request that is whole: perhaps legal, perhaps about nothing, but well made."""
        service, name = self.rng.choice(tuple(only) or self._likely())
        operation = model.service(service).operations[name]
        pairs = [("Action", name), ("Version", VERSIONS[service])]
        if operation.input is not None:
            pairs += self._structure("", operation.input)
        return Draft(service, self.rng.choice(self.callers), self.stamp, pairs)

    def _likely(self):
        built = tuple(each for each in REGISTRY if each[0] in VERSIONS)  # of the Query protocol
        return built if self.rng.random() < 0.9 else EVERY

    def _structure(self, prefix, shape):
        pairs = []
        for name, member in shape.members.items():
            if name in shape.required or self.rng.random() < 0.3:
                pairs += self._value(prefix + member.wire_name(name), name, member)
        return pairs

    def _value(self, wire, name, shape):
        match shape.type:
            case "structure":
                return self._structure(f"{wire}.", shape)
            case "list":
                return self._list(wire, name, shape)
            case "map":
                return self._map(wire, shape)
        return [(wire, self._scalar(name, shape))]

    def _list(self, wire, name, shape):
        element = wire if shape.flattened else f"{wire}.{shape.member.location_name or 'member'}"
        count = self.rng.choice((0, 1, 1, 1, 2, 3))
        if not count:
            return [(wire, "")]
        return [pair for index in range(1, count + 1) for pair in self._value(f"{element}.{index}", name, shape.member)]

    def _map(self, wire, shape):
        entry = wire if shape.flattened else f"{wire}.entry"
        key, value = shape.key.location_name or "key", shape.value.location_name or "value"
        return [
            *self._value(f"{entry}.1.{key}", "key", shape.key),
            *self._value(f"{entry}.1.{value}", "value", shape.value),
        ]

    def _scalar(self, name, shape):
        match shape.type:
            case "integer" | "long" | "float" | "double":
                least, most = shape.min or 0, shape.max or 100
                return str(self.rng.choice((least, most, self.rng.randint(int(least), int(most)), 900)))
            case "boolean":
                return self.rng.choice(("true", "false"))
            case "timestamp":
                return self.rng.choice(("2026-01-01T00:00:00Z", "2027-01-01"))
            case "blob":
                return b64encode(self.rng.randbytes(self.rng.choice((0, 16, 600)))).decode()
        return self._string(name, shape)

    def _string(self, name, shape):
        if name.endswith("Document") or name in {"Policy", "PolicyInputList"}:
            trust = name == "AssumeRolePolicyDocument"
            good = (TRUST,) if trust else DOCUMENTS
            return self.rng.choice(good if self.rng.random() < 0.8 else BAD_DOCUMENTS)
        if shape.enum:
            return self.rng.choice(shape.enum)
        if name in self.names:  # the first two are there, as a rule
            names = self.names[name]
            return self.rng.choice(names[:2] if self.rng.random() < 0.6 else names)
        if name.lower().endswith("arn"):
            return self.rng.choice((*self.names["PolicyArn"], *self.names["RoleArn"]))
        least, most = shape.min or 1, min(shape.max or 40, 2100)
        length = self.rng.choice((least, min(most, least + 8), most))
        return "".join(self.rng.choices(ALPHABET, k=length))
