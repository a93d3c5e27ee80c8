"""One byte of a signed request is changed, put in or taken out: what is accepted must mean what was signed.

    python -m tests.proofs.mutants --count 1000000 --seed 2026-11-26

Nothing here is an `assert`: it runs the same under `python -O`.
"""

import argparse
import random
import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote_to_bytes

from msgspec.structs import replace
from tests.fuzz.drafts import FORM, Credentials, Draft

import harness
from keyreeve.access.authenticate import Authenticator
from keyreeve.faults import Fault
from keyreeve.wire import query, sigv4

PARTS = ("method", "path", "query", "header name", "header value", "body")
TAGGED = [
    ("Action", "AssumeRole"),
    ("Version", "2011-06-15"),
    ("RoleArn", f"arn:aws:iam::{harness.ACCOUNT}:role/r"),
    ("RoleSessionName", "s~ess+i=o,n.@-"),
    ("Tags.member.1.Key", "t\u00e9a m"),
    ("Tags.member.1.Value", "a/b"),
]
ASKING = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]
UNSIGNED = "a header that is not signed"
NO_PARTS = ("authorization",)


class Accepted(Exception):
    """A request that was accepted and does not mean what was signed."""


@dataclass
class Report:
    """How many mutants were made, and which of those that were accepted are equivalent, by rule."""

    made: int
    refused: int
    equivalent: Counter


class Target:
    """A server with a key and a session, and requests that were signed with them."""

    def __init__(self, folder):
        self.server = harness.made(folder)
        self.now = datetime.now(UTC)
        self.authenticator = Authenticator(self.server.ring)
        root = self.server.root()
        user = self.server.user("u", harness.allow("sts:*"))
        key = Credentials(user.credentials["AccessKeyId"], user.credentials["SecretAccessKey"])
        found = user.sts.get_session_token()["Credentials"]
        session = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        root.iam.list_users()
        self.requests = [request for who in (key, session) for request in self._signed(who)]

    def _signed(self, who):
        stamp = f"{self.now:%Y%m%dT%H%M%SZ}"
        headers = {"content-type": FORM, "host": "sts.example:4566", "x-amz-meta": "a  b", "x-k8s-aws-id": "cluster"}
        for pairs, more in ((TAGGED, {}), (ASKING, {"method": "GET"}), (ASKING, {"path": "/a b/%7Ec/"})):
            request = Draft("sts", who, stamp, list(pairs), headers=dict(headers), **more).request()
            # Some headers come that nobody signed.
            yield replace(request, headers=(*request.headers, ("user-agent", "proof/1"), ("accept", "*/*")))

    def proves(self, request):
        """Whether the gate takes the request for its signer's."""
        try:
            claim = sigv4.read(request)
            self.authenticator.prove(self.server.view.begin(), request, claim, "sts", self.now)
            query.form(request)
        except Fault:
            return False
        return True


def mutant(request, rng):
    """The request with one byte changed, put in or taken out, and the part that it is in."""
    part = rng.choice(PARTS)
    if part in ("header name", "header value"):
        at = rng.randrange(len(request.headers))
        pair = list(request.headers[at])
        which = 0 if part == "header name" else 1
        pair[which] = changed(pair[which], rng)
        if which == 0:
            pair[0] = pair[0].lower()  # the door gives names in lower case
        headers = (*request.headers[:at], tuple(pair), *request.headers[at + 1 :])
        return replace(request, headers=headers), f"{part} {request.headers[at][0]}"
    value = getattr(request, part)
    if part == "body":
        return replace(request, body=changed(value.decode("latin-1"), rng).encode("latin-1")), part
    return replace(request, **{part: changed(value, rng)}), part


def changed(text, rng):
    """One character less, more, or another one."""
    at = rng.randrange(len(text) + 1)
    new = rng.choice((chr(rng.randrange(256)), rng.choice(" %+~/.&=;,ABCabc019-_\t")))
    how = rng.randrange(3) if text else 0
    if how == 0:
        return text[:at] + new + text[at:]
    at = min(at, len(text) - 1)
    return text[:at] + ("" if how == 1 else new) + text[at + 1 :]


def meaning(request):
    """What a request says, written down from AWS's page on canonical requests and by nothing of ours.

    The signature, the scope and the signed headers; the method; the path, normalised and decoded; the query's pairs,
    decoded, in any order; the values of signed headers with single blanks; the body's bytes.
    """
    headers = {}
    for name, value in request.headers:
        text = re.sub(" +", " ", re.sub("[ \t]", " ", value).strip(" "))
        headers[name] = f"{headers[name]},{text}" if name in headers else text
    claimed = dict(
        part.strip().split("=", 1) for part in headers["authorization"].partition(" ")[2].split(",") if part.strip()
    )
    names = sorted(claimed["SignedHeaders"].split(";"))
    return {
        "claim": (
            headers["authorization"].partition(" ")[0],
            claimed["Credential"],
            claimed["Signature"],
            tuple(names),
        ),
        "method": request.method,
        "path": segments(request.path),
        "query": sorted(pair(each) for each in request.query.split("&") if each),
        "headers": {name: headers.get(name) for name in names},
        "token": headers.get("x-amz-security-token"),
        "body": request.body,
    }


def pair(text):
    name, _, value = text.partition("=")
    return decoded(name), decoded(value)


def decoded(text):
    return unquote_to_bytes(text.encode("latin-1"))


def segments(path):
    path = path if path.startswith("/") else f"/{path}"
    found = []
    for part in path.split("/")[1:]:
        if part == "..":
            found[-1:] = []
        elif part not in ("", "."):
            found.append(decoded(part))
    return found, path.endswith(("/", "/.", "/..")) or not found


def rule(part, before, after):
    """The rule by which a mutant is the same request; Accepted where there is none."""
    meant, now = meaning(before), meaning(after)
    if meant != now:
        told = {key: (meant[key], now[key]) for key in meant if meant[key] != now[key]}
        raise Accepted(f"{part}: {told}")
    if query.form(before) != query.form(after):
        raise Accepted(f"{part}: other parameters are read")
    if part.startswith("header"):
        name = part.split(" ", 2)[2]
        return f"white space in {name}" if name in meant["headers"] or name == "authorization" else UNSIGNED
    return f"another way to write the {part}"


def hunt(count, seed, folder):
    """So many mutants of a seed; Accepted at the first that is accepted and means something else."""
    target, rng = Target(folder), random.Random(seed)  # noqa: S311
    for request in target.requests:
        if not target.proves(request):
            raise Accepted("a genuine request is refused")
    report = Report(0, 0, Counter())
    for _ in range(count):
        request = rng.choice(target.requests)
        tried, part = mutant(request, rng)
        if tried == request:
            continue
        report.made += 1
        if target.proves(tried):
            report.equivalent[rule(part, request, tried)] += 1
        else:
            report.refused += 1
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", default=f"{datetime.now(UTC):%Y-%m-%d}")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = hunt(asked.count, asked.seed, Path(folder))
    tell = sys.stdout.write
    tell(f"{report.made} mutants of seed {asked.seed}: {report.refused} refused; accepted and the same request:\n")
    for name, number in report.equivalent.most_common():
        tell(f"{number:>9}  {name}\n")
    if not report.refused or not report.equivalent:
        sys.exit("nothing was tried")


if __name__ == "__main__":
    main()
