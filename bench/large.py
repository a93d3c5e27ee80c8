"""A large account: what a page of a listing costs, how long the start takes, and how much memory it needs.

    python bench/large.py [--users 10000] [--roles 1000] [--policies 1500] [--page 1000]

Makes a store (every user in two groups, with tags and an attached policy, every second with an access key, every fifth
with an inline policy; roles with two policies; policies of two versions), serves it as its users do, and reads every
page of each listing over HTTP. For each: the pages, milliseconds of the median page and of the slowest, and the
server's CPU for the page that took most of it. Marks are held against CPU: on a busy machine the clock tells of the
neighbours.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from keyreeve.access.credentials import access_key_id, secret_access_key, unique_id
from keyreeve.config import Config
from keyreeve.entities import (
    AccessKey,
    Attachment,
    Group,
    InlinePolicy,
    ManagedPolicy,
    Membership,
    PolicyVersion,
    Record,
    Role,
    Tag,
    User,
)
from keyreeve.seal.chance import draw
from keyreeve.service import accounts
from keyreeve.service.node import Node
from servers import KEYREEVE, Server, free_port

ACCOUNT = "111122223333"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXT = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],'
    ' "Resource": ["arn:aws:s3:::bucket-%d", "arn:aws:s3:::bucket-%d/*"]}]}'
)
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},'
    ' "Action": "sts:AssumeRole"}]}'
)
GROUPS = 100
MARKED = {
    "ListUsers": {},
    "ListPolicies": {"Scope": "Local"},
    "ListPolicies, AWS's too": {},
    "ListPolicies, attached": {"OnlyAttached": "true"},
    "ListRoles": {},
    "GetAccountAuthorizationDetails": {},
}
PAGE_MS, START_SECONDS, MEMORY_MB = 200, 2, 512


def made(node: Node, users: int, roles: int, policies: int) -> Iterator[Record]:
    """The records of a large account, with ids as the server makes them."""
    arns = []
    for number in range(policies):
        policy_id = unique_id("ANPA", ACCOUNT, draw)
        policy = ManagedPolicy(
            account_id=ACCOUNT,
            policy_id=policy_id,
            policy_name=f"policy-{number:05}",
            path="/",
            create_date=NOW,
            update_date=NOW,
            default_version_id="v2",
            last_version=2,
        )
        arns.append(policy.arn)
        yield policy
        for version in ("v1", "v2"):
            yield PolicyVersion(
                account_id=ACCOUNT,
                policy_id=policy_id,
                version_id=version,
                document=TEXT % (number, number),
                create_date=NOW,
            )
    groups = [unique_id("AGPA", ACCOUNT, draw) for _ in range(GROUPS)]
    for number, group_id in enumerate(groups):
        yield Group(account_id=ACCOUNT, group_id=group_id, group_name=f"group-{number:03}", path="/", create_date=NOW)
        yield Attachment(account_id=ACCOUNT, principal_id=group_id, policy_arn=arns[number % len(arns)])
    for number in range(users):
        yield from user(node, number, groups, arns)
    for number in range(roles):
        yield from role(number, arns)


def user(node: Node, number: int, groups: list[str], arns: list[str]) -> Iterator[Record]:
    """One user with what it holds."""
    user_id = unique_id("AIDA", ACCOUNT, draw)
    yield User(
        account_id=ACCOUNT,
        user_id=user_id,
        user_name=f"user-{number:05}",
        path="/team/" if number % 3 else "/",
        create_date=NOW,
        tags=(Tag("team", f"team-{number % 50}"), Tag("cost-centre", f"{number % 1000}")),
    )
    for group_id in {groups[number % len(groups)], groups[number * 7 % len(groups)]}:
        yield Membership(account_id=ACCOUNT, group_id=group_id, user_id=user_id)
    yield Attachment(account_id=ACCOUNT, principal_id=user_id, policy_arn=arns[number % len(arns)])
    if number % 2 == 0:
        identifier = access_key_id("AKIA", ACCOUNT, draw)
        sealed = node.ring.seal(secret_access_key(draw).encode(), identifier)
        yield AccessKey(
            account_id=ACCOUNT, access_key_id=identifier, principal_id=user_id, sealed_secret=sealed, create_date=NOW
        )
    if number % 5 == 0:
        yield InlinePolicy(
            account_id=ACCOUNT, principal_id=user_id, policy_name="own", policy_document=TEXT % (number, number)
        )


def role(number: int, arns: list[str]) -> Iterator[Record]:
    """One role with its policies."""
    role_id = unique_id("AROA", ACCOUNT, draw)
    yield Role(
        account_id=ACCOUNT,
        role_id=role_id,
        role_name=f"role-{number:05}",
        path="/",
        create_date=NOW,
        trust_policy=TRUST,
        tags=(Tag("team", f"team-{number % 50}"),),
    )
    for step in (1, 7):
        yield Attachment(account_id=ACCOUNT, principal_id=role_id, policy_arn=arns[number * step % len(arns)])
    yield InlinePolicy(
        account_id=ACCOUNT, principal_id=role_id, policy_name="own", policy_document=TEXT % (number, number)
    )


def store(data: Path, users: int, roles: int, policies: int) -> tuple[str, str]:
    """Make the data folder; the administrator's key."""
    key = accounts.new_key(ACCOUNT, draw)
    with Node.open(Config(data=data), os.environ, create=True) as node:
        accounts.open_account(node, key)
        transaction = node.view.begin()
        for record in made(node, users, roles, policies):
            transaction.put(record)
        node.log.commit(transaction)
        node.view.save()
    return key.access_key_id, key.secret_access_key


def pages(server: Server, action: str, parameters: dict[str, str], page: int) -> Iterator[tuple[float, float, int]]:
    """Of every page of a listing: milliseconds, the server's CPU in milliseconds, and bytes."""
    marker: dict[str, str] = {}
    while True:
        request = server.signer.raw("iam", action, {**parameters, **marker, "MaxItems": str(page)})
        cpu, started = server.cpu_seconds(), time.perf_counter()
        answer = server.talk(request)
        taken = time.perf_counter() - started
        yield taken * 1e3, (server.cpu_seconds() - cpu) * 1e3, len(answer)
        if " 200 " not in answer.partition("\r\n")[0]:
            sys.exit(answer)
        found = re.search("<Marker>([^<]+)</Marker>", answer)
        if found is None:
            return
        marker = {"Marker": html.unescape(found[1])}


def verdict(value: float, most: float) -> str:
    """Whether a figure holds its mark."""
    return "ok" if value <= most else "MISSED"


def measure(server: Server, page: int) -> None:
    """Print a line for each listing."""
    print(f"{'':32}{'pages':>6}{'median ms':>11}{'slowest ms':>12}{'most CPU ms':>13}{'largest KB':>12}")
    for name, parameters in MARKED.items():
        times, cpu, sizes = zip(*pages(server, name.partition(",")[0], parameters, page), strict=True)
        line = f"{name:32}{len(times):6}{statistics.median(times):11.1f}{max(times):12.1f}{max(cpu):13.1f}"
        print(f"{line}{max(sizes) / 1024:12.0f} {verdict(max(cpu), PAGE_MS)}")


def main() -> None:
    """Make the store, serve it and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("users", 10_000), ("roles", 1_000), ("policies", 1_500), ("page", 1_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        key = store(data, options.users, options.roles, options.policies)
        port = free_port()
        command = [*KEYREEVE.split(), "serve", "--data", str(data), "--port", str(port)]
        with Server(command, port, key, Path(folder) / "output.txt") as server:
            start, cpu = server.start_seconds, server.cpu_seconds()
            print(f"start to first answer: {start:.2f} s, {cpu:.2f} s of CPU {verdict(cpu, START_SECONDS)}")
            measure(server, options.page)
            peak = server.peak_bytes() / (1 << 20)
            print(f"memory at most: {peak:.0f} MB {verdict(peak, MEMORY_MB)}")


if __name__ == "__main__":
    main()
