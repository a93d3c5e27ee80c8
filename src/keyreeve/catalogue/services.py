"""AWS's services by the prefix of their actions (`iam`), as the Service Authorization Reference names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

DATA = resources.files("keyreeve.catalogue") / "services.json"


@cache
def services() -> Mapping[str, str]:
    """The name of each service by its prefix, in the order of the prefixes."""
    return MappingProxyType(json.loads(DATA.read_text(encoding="utf-8"))["services"])
