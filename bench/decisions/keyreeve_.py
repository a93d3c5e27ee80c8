"""Keyreeve's engine. Gathering a principal's policies is part of the call, as are reading and checking the request."""

from __future__ import annotations

import json
from typing import Any

from bench.decisions.timed import run

import keyreeve
from keyreeve import policy
from keyreeve.policy import Kind


class Keyreeve:
    """The documents of a work, parsed once; a principal's policies put together when it first asks."""

    def __init__(self, work: dict[str, Any]) -> None:
        self.policies = [
            policy.Policy(policy.parse(json.dumps(each), Kind.IDENTITY), "identity", str(number))
            for number, each in enumerate(work["policies"])
        ]
        self.holders = work["holders"]
        self.limits = self._limits(work["limits"])
        self.sets: dict[str, policy.Policies] = {}

    def _limits(self, given: dict[str, Any]) -> dict[str, Any]:
        def read(each: Any, kind: Kind) -> policy.Policy:
            return policy.Policy(policy.parse(json.dumps(each), kind), str(kind), str(kind))

        if not given:
            return {}
        return {
            "boundary": read(given["boundary"], Kind.IDENTITY),
            "session": (read(given["session"], Kind.SESSION),),
            "service_control": tuple(
                tuple(read(each, Kind.SCP) for each in level) for level in given["service_control"]
            ),
        }

    def request(self, plain: dict[str, Any]) -> dict[str, Any]:
        """Plain data it is."""
        return plain

    def gathered(self, arn: str) -> policy.Policies:
        """What a principal holds."""
        held = tuple(self.policies[number] for number in self.holders[arn])
        found = self.sets[arn] = policy.Policies(identity=held, **self.limits)
        return found

    def decide(self, request: dict[str, Any]) -> str:
        """The verdict, from plain data on."""
        arn = request["principal"]["arn"]
        policies = self.sets.get(arn) or self.gathered(arn)
        return "allowed" if policy.decide(policy.request(request), policies).verdict == "allowed" else "denied"


if __name__ == "__main__":
    run("keyreeve", keyreeve.__version__, Keyreeve)
