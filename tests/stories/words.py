"""Policies, ARNs and AWS's sentences as the stories need them."""

import json
from contextlib import contextmanager
from urllib.parse import unquote

import pytest

from stories.clients import Refused

INVALID = "The security token included in the request is invalid."


def policy(*statements):
    """A policy's text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    """A policy of one Allow."""
    return policy({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def deny(action, resource="*", **more):
    """A policy of one Deny."""
    return policy({"Effect": "Deny", "Action": action, "Resource": resource, **more})


def trust(principal, action="sts:AssumeRole", **more):
    """A trust policy of one Allow."""
    named = principal if isinstance(principal, dict) else {"AWS": principal}
    return policy({"Effect": "Allow", "Principal": named, "Action": action, **more})


def document(answered):
    """A policy as a client shows it, read: some decode and parse it, some leave that to their user."""
    return json.loads(unquote(answered)) if isinstance(answered, str) else answered


# A role that trusts somebody else is refused in the words for one that does not exist: no reason is told.
UNTOLD = {"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"}


def denied(who, action, resource, why=None):
    """AWS's sentence; unless another reason is given, no identity-based policy allows the action."""
    if why is None:
        why = "" if action in UNTOLD else f"because no identity-based policy allows the {action} action"
    return f"User: {who} is not authorized to perform: {action} on resource: {resource} {why}".rstrip()


@contextmanager
def refused(code, sentence=None):
    """Expect a refusal with this code and, where given, exactly this sentence."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code, caught.value
    if sentence is not None:
        assert caught.value.sentence == sentence
