"""Administration: the commands by name, for the control socket of a running server and for a folder that is at rest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec

from keyreeve.faults import InvalidAction, ValidationError
from keyreeve.service import accounts, checks, managed_policies, notifications, organizations, root, sealing
from keyreeve.service.commands import Done

if TYPE_CHECKING:
    from keyreeve.service.node import Node

COMMANDS: Mapping[str, Callable[..., Done]] = {
    "accounts.create": accounts.create,
    "accounts.list": accounts.list_all,
    "organizations.attach-policy": organizations.attach_policy,
    "organizations.update-policy": organizations.update_policy,
    "organizations.detach-policy": organizations.detach_policy,
    "organizations.list-policies": organizations.list_policies,
    "root.account": root.account,
    "root.set-password": root.set_password,
    "root.room-for-mfa": root.room_for_mfa,
    "root.enroll-mfa": root.enroll_mfa,
    "root.create-access-key": root.create_access_key,
    "root.session": root.session,
    "managed-policies.update": managed_policies.update,
    "managed-policies.list": managed_policies.list_all,
    "managed-policies.show": managed_policies.show,
    "keys.show": sealing.show,
    "keys.rotate": sealing.rotate,
    "keys.reseal": sealing.reseal,
    "notifications.list": notifications.list_all,
    "notifications.forget": notifications.forget,
    "doctor": checks.doctor,
}
"""A command's parameters after the first are its arguments, which are JSON values of the annotated types."""


def run(node: Node, command: str, arguments: Mapping[str, object]) -> Done:
    """Run a command. Faults say what is wrong with it or with what it asks for."""
    function = COMMANDS.get(command)
    if function is None:
        raise InvalidAction(f"This server has no command {command}. Is it of another version?")
    return function(node, **_checked(function, command, arguments))


def _checked(function: Callable[..., Done], command: str, arguments: Mapping[str, object]) -> dict[str, Any]:
    """The arguments, each of its type, none missing and none unknown."""
    parameters = dict(list(inspect.signature(function).parameters.items())[1:])
    missing = [name for name, each in parameters.items() if each.default is each.empty and name not in arguments]
    if missing or arguments.keys() - parameters.keys():
        raise ValidationError(f"{command} takes {', '.join(parameters) or 'no arguments'}.")
    types = get_type_hints(function, localns={"Node": object})  # a name for type checkers alone
    try:
        return {name: msgspec.convert(value, types[name]) for name, value in arguments.items()}
    except msgspec.ValidationError as error:
        raise ValidationError(f"{command}: {error}") from None
