"""Writers that know what they were told: each owns some users and policies, and keeps the state of every one of them.

An operation is one change of one thing: (its name, its parameters, the thing after it). So of a request that was not
answered two outcomes are right, and no third one. Now and then a session is asked for, which changes nothing: it is as
good as its event.
"""

import http.client
import json
from dataclasses import dataclass, field

from tests.proofs.server import Client

USERS, POLICIES = 40, 12
SESSIONS = 0.2
GROUP = "everyone"


def document(mark):
    """A policy that tells which write it is of."""
    statement = {"Sid": f"write{mark}", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tags(mark):
    """Two tags that are always written together."""
    return {
        f"Tags.member.{at}.{part}": text
        for at, key in ((1, "a"), (2, "b"))
        for part, text in (("Key", key), ("Value", f"{mark}"))
    }


def user_changes(name, user, mark):
    """What can be done with a user (None: not there) now."""
    named, both = {"UserName": name}, {"a": f"{mark}", "b": f"{mark}"}
    if user is None:
        yield "CreateUser", {**named, **tags(mark)}, {"tags": both, "policies": {}, "groups": [], "keys": 0}
        return
    yield "TagUser", {**named, **tags(mark)}, {**user, "tags": both}
    policy = {**named, "PolicyName": "own"}
    text = document(mark)
    yield "PutUserPolicy", {**policy, "PolicyDocument": text}, {**user, "policies": {"own": text}}
    if user["policies"]:
        yield "DeleteUserPolicy", policy, {**user, "policies": {}}
    joined = bool(user["groups"])
    change = "RemoveUserFromGroup" if joined else "AddUserToGroup"
    yield change, {**named, "GroupName": GROUP}, {**user, "groups": [] if joined else [GROUP]}
    if user["keys"] < 2:
        yield "CreateAccessKey", named, {**user, "keys": user["keys"] + 1}
    if not (user["policies"] or user["groups"] or user["keys"]):
        yield "DeleteUser", named, None


def policy_changes(name, policy, mark):
    """What can be done with a managed policy (None: not there) now: each writes or deletes more than one record."""
    text = document(mark)
    if policy is None:
        yield "CreatePolicy", {"PolicyName": name, "PolicyDocument": text}, {"default": "v1", "versions": {"v1": text}}
        return
    named, versions = {"PolicyArn": f"arn:aws:iam::{{account}}:policy/{name}"}, policy["versions"]
    last = max(int(version[1:]) for version in versions)
    if len(versions) < 5:
        new = {"default": f"v{last + 1}", "versions": {**versions, f"v{last + 1}": text}}
        yield "CreatePolicyVersion", {**named, "PolicyDocument": text, "SetAsDefault": "true"}, new
    if len(versions) == 1:
        yield "DeletePolicy", named, None
    for version in sorted(versions.keys() - {policy["default"]})[:1]:
        left = {name: text for name, text in versions.items() if name != version}
        yield "DeletePolicyVersion", {**named, "VersionId": version}, {**policy, "versions": left}


@dataclass
class Writer:
    """One writer and its things: by name, as they were last acknowledged. `open` is the request without an answer."""

    number: int
    account: str
    rng: object
    things: dict = field(default_factory=dict)
    mark: int = 0
    acknowledged: list = field(default_factory=list)
    keys: list = field(default_factory=list)
    open: tuple | None = None
    failure: Exception | None = None

    def write(self, port, credentials):
        """Write until the server is gone; what was acknowledged is noted before the next request."""
        try:
            with Client(port, credentials) as client:
                while True:
                    self._one(client)
        except (OSError, http.client.HTTPException):
            pass
        except Exception as error:  # noqa: BLE001  told by the test's own thread
            self.failure = error

    def _one(self, client):
        self.mark += 1
        agent = f"proof/{self.number}/{self.mark}"
        if self.rng.random() < SESSIONS:
            client.call("GetSessionToken", {}, "sts", agent=agent)
            self.acknowledged.append(agent)
            return
        kind, changes, count = self.rng.choice((("u", user_changes, USERS), ("p", policy_changes, POLICIES)))
        name = f"{kind}{self.number}-{self.rng.randrange(count)}"
        before = self.things.get(name)
        action, parameters, after = self.rng.choice(list(changes(name, before, self.mark)))
        self.open = (agent, name, before, after)
        sent = {key: text.replace("{account}", self.account) for key, text in parameters.items()}
        answer = client.call(action, sent, agent=agent)
        self.things[name] = after
        self.open = None
        self.acknowledged.append(agent)
        if action == "CreateAccessKey":
            self.keys.append(tuple(answer.find(f".//{{*}}{part}").text for part in ("AccessKeyId", "SecretAccessKey")))
