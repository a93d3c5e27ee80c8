"""What holds of every answer, whatever was asked."""

import json
import time
import uuid
from collections import Counter
from random import Random
from xml.etree import ElementTree as ET

from tests.fuzz.breaking import broken
from tests.fuzz.grammar import Grammar

SECONDS = 2.0
"""Of CPU, what one request may take at most: bodies go to five megabytes here."""


class Violation(AssertionError):
    """A property that does not hold, with what is needed to see it again."""


def fuzz(world, seed, count, only=()):
    """Send requests to a world and hold every answer to the properties; what came of them, by status and code."""
    outcomes = Counter()
    grammar = Grammar(Random(), world.callers, world.stamp, world.names)  # noqa: S311  seeded below
    for number in range(count):
        grammar.rng = Random(f"{seed}/{number}")  # noqa: S311  a seed gives the same request again
        draft = broken(grammar.draft(only), grammar.rng)
        request = draft.request()
        try:
            outcomes[hold(world, request, hopeless=draft.hopeless)] += 1
        except Violation as violation:
            raise Violation(
                f"seed {seed}, request {number}, broken by {draft.broken}: {violation}\n{request!r:.3000}"
            ) from None
    world.hold_together()
    return outcomes


def hold(world, request, *, hopeless):
    """Send one request; its outcome. Raises Violation."""
    before = world.records()
    started = time.thread_time()
    answer = world.service.handle(request)
    seconds = time.thread_time() - started
    require(seconds < SECONDS, f"it took {seconds:.1f} s")
    require(answer.status == 200 or 400 <= answer.status < 500, f"status {answer.status}: {answer.body[:500]}")
    require(not (hopeless and answer.status == 200), "a request that proves nothing was answered")
    code = document(answer.status, dict(answer.headers), answer.body)
    if answer.status != 200:
        require(world.records() == before, f"the store changed, and the answer was {code}")
        require(not any(secret in answer.body for secret in world.secrets), "a secret in an error")
    return answer.status, code


def document(status, headers, body):
    """The error code of an answer's document (empty for a result). Raises Violation if it is none of AWS's."""
    read = _json if headers.get("content-type") == "application/json" else _xml
    try:
        root, code, request_id = read(body)
    except (ET.ParseError, ValueError, KeyError, AttributeError) as error:
        raise Violation(f"the document cannot be read: {error!r} in {body[:500]}") from None
    uuid.UUID(request_id)
    require(request_id == headers.get("x-amzn-requestid"), "the header's request id is another")
    require(bool(code) == (status != 200), f"status {status} in a document {root}")
    require(root == "Error" or (status == 200 and root.endswith("Response")), f"a document of another kind: {root}")
    return code


def _xml(body):
    root = ET.fromstring(body.decode())  # noqa: S314  it is our own
    name = root.tag.rpartition("}")[2]
    if name == "ErrorResponse":
        space = root.tag.removesuffix("ErrorResponse")
        sender = root.find(f"{space}Error/{space}Type").text
        require(sender == "Sender", f"the fault is said to be the {sender}'s")
        return "Error", root.find(f"{space}Error/{space}Code").text, root.find(f"{space}RequestId").text
    if name == "Error":  # the form that S3's clients read, which are told that S3 is not here
        require(root.find("Code").text == "UnknownService", "a document of S3's that says something else")
        return name, root.find("Code").text, root.find("RequestId").text
    return name, "", root.find("{*}ResponseMetadata/{*}RequestId").text


def _json(body):
    found = json.loads(body)
    if "Error" in found:
        return "Error", found["Error"]["Code"], found["RequestId"]
    ((name, content),) = found.items()
    return name, "", content["ResponseMetadata"]["RequestId"]


def require(holds, sentence):
    if not holds:
        raise Violation(sentence)
