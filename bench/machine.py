"""Where and when something was measured, and what is being measured."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Where and when this was measured."""
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ": ?")
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cpu": model.partition(":")[2].strip(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def say(what: str) -> None:
    """What is being measured, for whoever waits."""
    print(f"{what} …", file=sys.stderr, flush=True)
