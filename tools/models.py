"""Make the models of the services from the installed botocore: what the wire needs, without prose.

    .venv/bin/python tools/models.py            write src/keyreeve/wire/models/*.json
    .venv/bin/python tools/models.py --check    compare them with botocore, write nothing

Kept are shapes, constraints, error codes and what an operation takes and gives; one entry stands on one line, so that a
newer botocore shows as a readable difference.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from botocore.loaders import Loader  # type: ignore[import-untyped]  # it has no types

TARGET = Path(__file__).parents[1] / "src/keyreeve/wire/models"
SERVICES = ("cloudtrail", "iam", "sts")
METADATA = ("apiVersion", "protocol", "serviceId", "targetPrefix", "xmlNamespace")
OPERATION = ("input", "output", "errors", "authtype")
PROSE = frozenset({"documentation", "deprecated", "deprecatedMessage", "deprecatedSince", "synthetic"})

Data = dict[str, Any]


def bare(value: Any, *, names: bool = False) -> Any:
    """A value of the model without prose. `names`: its keys are names of members, never prose."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: bare(item, names=key == "members" and not names)
        for key, item in value.items()
        if names or key not in PROSE
    }


def stripped(model: Data) -> Data:
    """What is kept of a service model."""
    return {
        "metadata": {key: model["metadata"][key] for key in METADATA if key in model["metadata"]},
        "operations": {
            name: {key: bare(operation[key]) for key in OPERATION if key in operation}
            for name, operation in model["operations"].items()
        },
        "shapes": {name: bare(shape) for name, shape in model["shapes"].items()},
    }


def text(model: Data) -> str:
    """The model as JSON, an entry a line."""
    parts = [f"{json.dumps(name)}: {_entries(entries)}" for name, entries in stripped(model).items()]
    return "{" + ",\n".join(parts) + "}\n"


def _entries(entries: Data) -> str:
    lines = [f"{json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in entries.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def made() -> dict[Path, str]:
    """Every file and what stands in it."""
    loader = Loader()
    return {TARGET / f"{name}.json": text(loader.load_service_model(name, "service-2")) for name in SERVICES}


def main() -> None:
    """Write the files, or say which differ."""
    files = made()
    if "--check" not in sys.argv:
        for path, content in files.items():
            path.write_text(content)
        return
    differing = [path.name for path, content in files.items() if path.read_text() != content]
    if differing:
        raise SystemExit(f"not what the installed botocore gives: {', '.join(differing)}")


if __name__ == "__main__":
    main()
