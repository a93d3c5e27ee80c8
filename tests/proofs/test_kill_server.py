"""The server is killed in the middle of writes, again and again: what it acknowledged is there, and nothing by halves.

SIGKILL leaves the system's caches standing, so that it cannot tell whether fsync was asked for: that the database holds
synchronous=FULL is read back from every connection that is opened, and tests/stores has one that does not refused.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest
from tests.fuzz.drafts import Credentials
from tests.proofs.server import KEYREEVE, Client, Process, administrator
from tests.proofs.writers import GROUP, Writer

from keyreeve.events import verify
from keyreeve.events.chain import Block, split
from keyreeve.events.event import Event
from keyreeve.seal import KeyRing
from keyreeve.store.sqlite import SqliteEngine

ROUNDS, DEATHS = (500, 500) if os.environ.get("KEYREEVE_PROOFS") else (20, 8)
WRITERS = 4
POINTS = ("record", "before", "commit", "answer")
LATEST_SECONDS = 10
DYING = Path(__file__).with_name("dying.py")
EARLY = (sys.executable, str(Path(__file__).with_name("early.py")))

pytestmark = pytest.mark.slow


class Lost(AssertionError):
    """Something acknowledged is not there, or something is there by halves."""


class Proof:
    """A folder, what the writers know of it, and how to hold one against the other."""

    def __init__(self, data, command=KEYREEVE, plan=None):
        self.data, self.command, self.plan = data, command, plan
        self.rounds, self.deaths = 0, Counter()
        self.credentials = administrator(data)
        self.process = Process(data, command)
        with Client(self.process.port, self.credentials) as client:
            self.account = client.call("GetCallerIdentity", {}, "sts").find(".//{*}Account").text
            client.call("CreateGroup", {"GroupName": GROUP})
        self.writers = [Writer(number, self.account, random.Random(number)) for number in range(WRITERS)]  # noqa: S311

    def round(self, seconds):
        """Write for so long, kill, and look: at the log as it was left, and at what a new server says."""
        threads = [Thread(target=writer.write, args=[self.process.port, self.credentials]) for writer in self.writers]
        for thread in threads:
            thread.start()
        self._end(seconds)
        for thread in threads:
            thread.join()
        for writer in self.writers:
            if writer.failure is not None:
                raise writer.failure
        agents = self.agents()
        self.process = Process(self.data, self.command)
        self.compare(agents)

    def _end(self, seconds):
        """Kill the server, or let it kill itself where a plan says so."""
        if self.plan is None:
            time.sleep(seconds)
        else:
            point = POINTS[self.rounds % len(POINTS)]
            beside = self.plan.with_suffix(".new")
            beside.write_text(f"{point} {1 + int(seconds * 100)}")
            beside.replace(self.plan)  # it is there whole, or not at all
            with suppress(subprocess.TimeoutExpired):
                self.process.process.wait(LATEST_SECONDS)
                self.deaths[point] += 1
            self.plan.unlink()
        self.rounds += 1
        self.process.kill()

    def agents(self):
        """The user agents of all events that are on disk, once the chain is seen to be whole."""
        engine = SqliteEngine(self.data / "keyreeve.db")
        problems = verify(engine, KeyRing.load(self.data / "keyring.json", {}))
        packed = [record for _, _, data in engine.blocks(0) for record in Block.decode(data).records()]
        records = packed + [split(row)[1] for _, row in engine.events(0)]
        engine.close()
        if problems:
            raise Lost(f"the log is broken: {problems}")
        return {Event.decode(record).user_agent for record in records}

    def compare(self, agents):
        """Hold what is there against what each writer knows."""
        with Client(self.process.port, self.credentials) as client:
            there = details(client)
        for writer in self.writers:
            self._settle(writer, there, agents)
        expected = {
            name: thing for writer in self.writers for name, thing in writer.things.items() if thing is not None
        }
        for name in expected.keys() | there.keys():
            if expected.get(name) != there.get(name):
                raise Lost(f"{name} should be {expected.get(name)} and is {there.get(name)}")
        missing = {agent for writer in self.writers for agent in writer.acknowledged} - agents
        if missing:
            raise Lost(f"changes without an event: {sorted(missing)}")
        self._keys_work()

    def _settle(self, writer, there, agents):
        """Of the request without an answer: all of it happened with its event, or nothing without one."""
        if writer.open is None:
            return
        agent, name, before, after = writer.open
        writer.open = None
        found = there.get(name)
        if found not in (before, after):
            raise Lost(f"{name} was {before}, should have become {after}, and is {found}")
        if (agent in agents) != (found == after):
            raise Lost(f"{name} and the event of its change do not agree: {found}, {agent in agents}")
        writer.things[name] = found

    def _keys_work(self):
        """The newest key of each writer signs: its secret is there and whole."""
        for writer in self.writers:
            for identifier, secret in writer.keys[-1:]:
                with Client(self.process.port, Credentials(identifier, secret)) as client:
                    client.call("GetCallerIdentity", {}, "sts")


def details(client):
    """Every user and policy of the writers, as a new server tells of it."""
    there, page = {}, {}
    filters = {"Filter.member.1": "User", "Filter.member.2": "LocalManagedPolicy"}
    while page is not None:
        answer = client.call("GetAccountAuthorizationDetails", {**filters, **page})
        for user in answer.iterfind(".//{*}UserDetailList/{*}member"):
            there[text(user, "UserName")] = seen_user(user, client)
        for policy in answer.iterfind(".//{*}Policies/{*}member"):
            there[text(policy, "PolicyName")] = seen_policy(policy)
        marker = answer.find(".//{*}Marker")
        page = None if marker is None else {"Marker": marker.text}
    there.pop("admin")
    return there


def seen_user(user, client):
    keys = client.call("ListAccessKeys", {"UserName": text(user, "UserName")})
    return {
        "tags": {text(tag, "Key"): text(tag, "Value") for tag in user.iterfind("{*}Tags/{*}member")},
        "policies": {
            text(policy, "PolicyName"): unquote(text(policy, "PolicyDocument"))
            for policy in user.iterfind("{*}UserPolicyList/{*}member")
        },
        "groups": [group.text for group in user.iterfind("{*}GroupList/{*}member")],
        "keys": len(keys.findall(".//{*}AccessKeyMetadata/{*}member")),
    }


def seen_policy(policy):
    versions = policy.iterfind("{*}PolicyVersionList/{*}member")
    return {
        "default": text(policy, "DefaultVersionId"),
        "versions": {text(version, "VersionId"): unquote(text(version, "Document")) for version in versions},
    }


def text(element, name):
    return element.find(f"{{*}}{name}").text


def proven(data, rounds, command=KEYREEVE, plan=None):
    """So many rounds over a new folder; what was proven."""
    chance = random.Random(str(data))  # noqa: S311
    proof = Proof(data, command, plan)
    try:
        for _ in range(rounds):
            proof.round(chance.uniform(0.03, 0.5))
    finally:
        proof.process.kill()
    return proof


def acknowledged(proof):
    """The number of changes that were."""
    return sum(len(writer.acknowledged) for writer in proof.writers)


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    count = acknowledged(proven(tmp_path / "data", ROUNDS))
    print(f"{count} changes acknowledged in {ROUNDS} rounds")  # noqa: T201
    assert count > ROUNDS * 10


def test_no_acknowledged_change_is_without_its_event_wherever_the_server_dies(tmp_path):
    """It dies when a change is recorded, before and after it is committed, and before it is answered, in turns."""
    plan = tmp_path / "plan"
    proof = proven(tmp_path / "data", DEATHS, (sys.executable, str(DYING), str(plan)), plan)
    print(f"{acknowledged(proof)} changes acknowledged in {DEATHS} rounds; it died at {dict(proof.deaths)}")  # noqa: T201
    assert sum(proof.deaths.values()) > DEATHS * 0.9
    assert proof.deaths.keys() == set(POINTS)


def test_a_server_that_answers_too_early_is_found(tmp_path):
    with pytest.raises(Lost):
        proven(tmp_path / "data", 10, EARLY)
