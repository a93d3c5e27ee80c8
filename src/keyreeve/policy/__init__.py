"""The policy engine: AWS's policy language, decided and explained. Standard library only.

document = policy.parse(text, policy.Kind.IDENTITY)
policies = policy.Policies(identity=(policy.Policy(document, "identity", "readers"),))
policy.decide(policy.Request(principal, "s3:GetObject", arn, {}), policies).verdict
"""

from keyreeve.policy.decision import Decision, Verdict
from keyreeve.policy.denial import denial
from keyreeve.policy.document import NOTHING, Document, Kind
from keyreeve.policy.evaluate import decide
from keyreeve.policy.explain import Compared, Explanation, Traced, explain
from keyreeve.policy.layer import Layer, Levels, Match, Policy
from keyreeve.policy.parsing import check, parse, stored
from keyreeve.policy.places import Place, PolicyError
from keyreeve.policy.plain import RequestError, request
from keyreeve.policy.principal import Caller, Form, Principal
from keyreeve.policy.printing import printed
from keyreeve.policy.question import Policies, Request
from keyreeve.policy.rewriting import context_keys, principals, rewrite_principals, size_without_white_space
from keyreeve.policy.statement import Statement
from keyreeve.policy.telling import told
from keyreeve.policy.variables import Context

__all__ = [
    "NOTHING",
    "Caller",
    "Compared",
    "Context",
    "Decision",
    "Document",
    "Explanation",
    "Form",
    "Kind",
    "Layer",
    "Levels",
    "Match",
    "Place",
    "Policies",
    "Policy",
    "PolicyError",
    "Principal",
    "Request",
    "RequestError",
    "Statement",
    "Traced",
    "Verdict",
    "check",
    "context_keys",
    "decide",
    "denial",
    "explain",
    "parse",
    "principals",
    "printed",
    "request",
    "rewrite_principals",
    "size_without_white_space",
    "stored",
    "told",
]
