"""`keyreeve` without its event log, to see what the log costs: for the bench, and nowhere else.

python bench/silent.py serve --data DIR --port 4567
"""

from __future__ import annotations

from typing import Any

from keyreeve.cli import main
from keyreeve.service import Service


def _silent(self: Any, exchange: Any, _call: Any, _result: Any, body: bytes) -> Any:
    return exchange.answer(200, body, self._view.revision)


if __name__ == "__main__":
    # Of what is measured (reads) nothing else of the service records; what changes is not served right by this.
    Service._commit = _silent  # noqa: SLF001  the bench alone reaches in
    main()
