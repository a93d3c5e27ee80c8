"""Make the catalogue of AWS managed policies from the data of the installed moto.

    .venv-clients/bin/python tools/managed_policies.py            write src/keyreeve/catalogue/managed_policies.*
    .venv-clients/bin/python tools/managed_policies.py --check    compare them with moto, write nothing
    .venv-clients/bin/python tools/managed_policies.py --export   print them for keyreeve managed-policies update

Needs nothing but the standard library and moto's files: moto itself is not imported.
"""

from __future__ import annotations

import base64
import hashlib
import json
import runpy
import sys
import zlib
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src/keyreeve/catalogue"
BLOCK = 16  # texts packed together: 0.1 ms to open one, 5 % larger than blocks of 32
FACTS = ("Path", "DefaultVersionId", "CreateDate", "UpdateDate", "Document")
# The order in which AWS writes a document; moto's copy has its members sorted.
MEMBERS = ("Version", "Id", "Statement")
ELEMENTS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")

Policies = dict[str, dict[str, Any]]


def taken() -> tuple[str, Policies]:
    """Name and version of the source, and what we take of it: the FACTS by policy name."""
    moto = distribution("moto")
    module = runpy.run_path(str(moto.locate_file("moto/iam/aws_managed_policies.py")))
    data = json.loads(module["aws_managed_policies_data"])
    return f"moto {moto.version}", {name: {fact: policy[fact] for fact in FACTS} for name, policy in data.items()}


def checksum(policies: Policies) -> str:
    """SHA-256 of the FACTS of all policies as JSON with sorted members and no white space."""
    return hashlib.sha256(json.dumps(policies, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def ordered(value: dict[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    """The same members in AWS's order. Any other member would be lost: refuse it."""
    if unknown := value.keys() - set(members):
        raise SystemExit(f"unknown members in a policy: {sorted(unknown)}")
    return {member: value[member] for member in members if member in value}


def text(document: dict[str, Any]) -> str:
    """The document as AWS writes it: members in its order, indented by two."""
    document = ordered(document, MEMBERS)
    statements = document["Statement"]
    if isinstance(statements, dict):
        document["Statement"] = ordered(statements, ELEMENTS)
    else:
        document["Statement"] = [ordered(statement, ELEMENTS) for statement in statements]
    return json.dumps(document, indent=2, ensure_ascii=False)


def policy_id(name: str, path: str) -> str:
    """ANPA and 17 characters of AWS's alphabet from the SHA-256 of the ARN: AWS's own ids are not in the data."""
    digest = hashlib.sha256(f"arn:aws:iam::aws:policy{path}{name}".encode()).digest()
    return "ANPA" + base64.b32encode(digest).decode()[:17]


def rows(policies: Policies) -> tuple[list[list[Any]], list[bytes]]:
    """A row for each policy (the fields of AwsManagedPolicy), and the packed blocks of texts."""
    names = sorted(policies, key=str.lower)
    described, blocks = [], []
    for number, first in enumerate(range(0, len(names), BLOCK)):
        block = names[first : first + BLOCK]
        texts = [text(policies[name]["Document"]) for name in block]
        ends = [sum(map(len, texts[:count])) for count in range(len(texts) + 1)]
        for name, (start, end) in zip(block, pairwise(ends), strict=True):
            described.append(row(name, policies[name], (number, start, end)))
        blocks.append(zlib.compress("".join(texts).encode(), 9))
    return described, blocks


def row(name: str, policy: dict[str, Any], place: tuple[int, int, int]) -> list[Any]:
    """One policy as the index has it."""
    dates = [policy[fact].replace("+00:00", "Z") for fact in ("CreateDate", "UpdateDate")]
    return [name, policy["Path"], policy_id(name, policy["Path"]), policy["DefaultVersionId"], *dates, *place]


def write(source: str, policies: Policies) -> None:
    """Write both files; the index has a line for each policy, so that a change can be read."""
    described, blocks = rows(policies)
    ends = [sum(map(len, blocks[: count + 1])) for count in range(len(blocks))]
    lines = ",\n".join(json.dumps(line) for line in described)
    head = json.dumps({"source": source, "checksum": checksum(policies), "blocks": ends})
    (TARGET / "managed_policies.json").write_text(f'{head[:-1]}, "policies": [\n{lines}\n]}}\n')
    (TARGET / "managed_policies.z").write_bytes(b"".join(blocks))


def export(source: str, policies: Policies) -> dict[str, Any]:
    """The policies as AWS prints them, and as keyreeve managed-policies update takes them."""
    return {"Source": source, "Policies": [exported(name, policies[name]) for name in sorted(policies, key=str.lower)]}


def exported(name: str, policy: dict[str, Any]) -> dict[str, Any]:
    """One policy with its default version."""
    version, path = policy["DefaultVersionId"], policy["Path"]
    date = policy["CreateDate" if version == "v1" else "UpdateDate"]
    return {
        "PolicyName": name,
        "Arn": f"arn:aws:iam::aws:policy{path}{name}",
        "Path": path,
        "DefaultVersionId": version,
        "CreateDate": policy["CreateDate"],
        "UpdateDate": policy["UpdateDate"],
        "PolicyVersionList": [
            {
                "VersionId": version,
                "IsDefaultVersion": True,
                "CreateDate": date,
                "Document": json.loads(text(policy["Document"])),
            }
        ],
    }


def main(arguments: list[str]) -> int:
    """Write, with --check compare (1 when they differ), or with --export print."""
    source, policies = taken()
    if arguments == ["--export"]:
        print(json.dumps(export(source, policies), indent=1, ensure_ascii=False))
        return 0
    if arguments != ["--check"]:
        write(source, policies)
        return 0
    index = json.loads((TARGET / "managed_policies.json").read_text())
    if (index["source"], index["checksum"]) == (source, checksum(policies)):
        return 0
    print(f"the catalogue is of {index['source']}, {source} differs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
