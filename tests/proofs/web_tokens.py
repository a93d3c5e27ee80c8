"""Mutated web identity tokens, by the hundred thousand, against the whole of AssumeRoleWithWebIdentity.

    python -O -m tests.proofs.web_tokens --tokens 100000 --seed 7

Each is sent as a request without a signature, to a service with two registered issuers. None may be answered with
credentials; every genuine variant must be. The proof counts and compares, it asserts nothing, so `python -O` takes
nothing from it. `--fault` plants one that it has to find.
"""

import argparse
import base64
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from tests.proofs import forging, genuine

import harness
import issuing
from harness import ACCOUNT, text, trusting
from keyreeve.openid import Issuers, strict_json, web_keys, web_token
from keyreeve.openid.https import FetchError
from keyreeve.openid.issuers import DISCOVERY
from keyreeve.sts import web_claims
from keyreeve.wire.exchange import Request

URLS = ("https://one.example", "https://two.example/tenant")
FAILED = 1


class Documents:
    """What two issuers publish, without a network: the network has proofs of its own."""

    def __init__(self):
        self.published = {}
        for url, name in zip(URLS, ("first", "second"), strict=True):
            self.published[url + DISCOVERY] = {"issuer": url, "jwks_uri": url + "/keys"}
            keys = [issuing.public(algorithm, name) for algorithm in ("RS256", *issuing.CURVES)]
            self.published[url + "/keys"] = {"keys": [{**key, "kid": key["kty"] + key.get("crv", "")} for key in keys]}

    def get(self, url, _thumbprints=(), *, named_by=None):  # noqa: ARG002  the form of the client
        if url not in self.published:
            raise FetchError("not there")
        return Reply(self.published[url])


class Reply:
    max_age = None

    def __init__(self, content):
        self.content = content

    def json(self):
        return self.content


class Door:
    """A service with a role that trusts both issuers, and whether a token opens it."""

    def __init__(self, folder):
        self.server = harness.made(folder, issuers=Issuers(Documents()))
        root = self.server.root()
        arns = [
            root.iam.create_open_id_connect_provider(Url=url, ClientIDList=["app", "other-app"])[
                "OpenIDConnectProviderArn"
            ]
            for url in URLS
        ]
        actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
        root.iam.create_role(RoleName="job", AssumeRolePolicyDocument=text(trusting({"Federated": arns}, actions)))

    def opens(self, token):
        """Whether there are credentials for it. Anything but those or a refusal of 4xx is a fault of ours."""
        form = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/job",
            "RoleSessionName": "proof",
            "WebIdentityToken": token,
        }
        body = urlencode(form, errors="surrogatepass").encode()
        answer = self.server.service.handle(Request("POST", "/", "", (("host", "localhost"),), body, "192.0.2.1"))
        if answer.status not in {200, 400, 403}:
            raise RuntimeError(f"{answer.status} for {token!r}")
        return answer.status == 200 and b"<SecretAccessKey>" in answer.body


def lenient(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def brought(presented, keys, verified=web_token.claims):
    own = strict_json.load(lenient(presented.text.split(".")[0])).get("jwk")
    return verified(replace(presented, kid=None), web_keys.read([own]) if own else keys)


# Planted faults, each with the module and the function in whose place it stands.
FAULTS = {
    "signatures are not looked at": (
        web_token,
        "claims",
        lambda presented, _: strict_json.load(lenient(presented.text.split(".")[1])),
    ),
    "a token brings its own key": (web_token, "claims", brought),
    "tokens have no time": (web_claims, "in_time", lambda *_: None),
    "any audience will do": (web_claims, "audience", lambda claims, _: str(claims.get("aud"))),
    "a name may stand twice": (strict_json, "_unique", dict),
}


def run(tokens, seed, say=print):
    """How many forged tokens opened the door, and how many genuine ones did not."""
    started, chance = time.process_time(), random.Random(seed)  # noqa: S311  to be repeated
    opened, closed, tried = Counter(), Counter(), Counter()
    with tempfile.TemporaryDirectory() as folder:
        door = Door(Path(folder))
        good = list(genuine.genuine(URLS))
        for name, token in good:
            closed[name] += not door.opens(token)
        for kind, token in forging.forged(chance, good, URLS, tokens):
            tried[kind] += 1
            if door.opens(token):
                opened[kind] += 1
                say(f"OPENED by {kind}: {token}")
    say(f"seed {seed}: {sum(tried.values())} forged tokens, {sum(opened.values())} of them accepted")
    for kind, count in sorted(tried.items()):
        say(f"  {count:7} {kind}")
    refused = sum(closed.values())
    say(f"{len(good)} genuine variants, {refused} of them refused{': ' if refused else ''}{', '.join(+closed)}")
    say(f"{time.process_time() - started:.0f} s of one core")
    return sum(opened.values()), refused


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tokens", type=int, default=100_000)
    options.add_argument("--seed", default="1")
    options.add_argument("--fault", choices=FAULTS, help="plant a fault that has to be found")
    given = options.parse_args()
    if given.fault:
        setattr(*FAULTS[given.fault])
        opened, _ = run(given.tokens, given.seed, lambda _: None)
        print(f"{given.fault}: {opened} forged tokens were accepted")  # noqa: T201  what it is for
        return 0 if opened else FAILED
    opened, refused = run(given.tokens, given.seed)
    return FAILED if opened or refused or not given.tokens else 0


if __name__ == "__main__":
    sys.exit(main())
