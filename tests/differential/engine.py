"""Drives an engine with cases, through the public API of keyreeve.policy."""

import json
from dataclasses import dataclass
from types import ModuleType

from keyreeve import policy

KINDS = {
    "identity": "inline",
    "boundary": "identity",
    "session": "session",
    "service_control": "scp",
    "resource_control": "rcp",
    "endpoint": "endpoint",
    "resource": "resource",
    "trust": "trust",
}


class RefusedError(Exception):
    """The engine would not have stored a document of the case: there is nothing to compare."""


@dataclass(frozen=True)
class Engine:
    """The engine of a package that is keyreeve.policy, or a copy of it with a fault."""

    policy: ModuleType

    def answer(self, case):
        """(verdict, layer) of a case. Raises RefusedError."""
        return self.decided(case["request"], self.read(case["policies"]))

    def read(self, found):
        """The engine's policies for a case's. Raises RefusedError."""
        try:
            return self.policies(found)
        except self.policy.PolicyError as error:
            raise RefusedError(str(error)) from error

    def decided(self, facts, policies):
        """(verdict, layer) of a request under policies that were read. A role's trust policy is its resource's."""
        decision = self.policy.decide(self.request(facts), policies)
        return decision.verdict, {"trust": "resource"}.get(decision.layer, decision.layer)

    def request(self, facts):
        """The engine's request for a case's."""
        who = dict(facts["principal"])
        who["services"] = tuple(who.get("services") or ())
        found = {key.lower(): tuple(one) if isinstance(one, list) else one for key, one in facts["context"].items()}
        principal = self.policy.Principal(**who)
        return self.policy.Request(principal, facts["action"], facts["resource"], found, facts.get("resource_account"))

    def policies(self, found):
        """The engine's policies for a case's."""
        made = {}
        for layer, given in found.items():
            if layer in {"trust", "resource_must_allow"} or given is None:
                continue
            if layer in {"service_control", "resource_control"}:
                made[layer] = tuple(tuple(self.named(layer, document) for document in level) for level in given)
            elif layer in {"identity", "session"}:
                made[layer] = tuple(self.named(layer, document) for document in given)
            else:
                made[layer] = self.named("trust" if found.get("trust") and layer == "resource" else layer, given)
        gated = bool(found.get("resource_must_allow") or found.get("trust"))
        return self.policy.Policies(**made, resource_must_allow=gated)

    def named(self, layer, document):
        """A policy as the engine takes it."""
        text = json.dumps(document, ensure_ascii=False)
        return self.policy.Policy(self.policy.stored(text, self.policy.Kind(KINDS[layer])), layer, layer)


INSTALLED = Engine(policy)
"""The engine as it is installed."""

answer = INSTALLED.answer
