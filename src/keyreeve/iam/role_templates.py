"""Role templates: what a role is made from, with blanks that AcquireRole fills. The operator registers them.

Source: IAM User Guide, "Overview of role templates" and "Manage access to role manager".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from keyreeve.entities import Role, SourceRoleTemplate
from keyreeve.faults import Fault, InvalidInput, NameConflict, NoSuchEntity, RoleTemplateDisabled
from keyreeve.iam import account_properties, attachments, inline, roles
from keyreeve.iam.nouns import named
from keyreeve.operations import Ask, Call, Context, operation, tag_context, tag_prefixes
from keyreeve.templates import Parameter, RoleTemplate, RoleTemplateVersion, UnfilledBlank, Values, filled, filled_text

_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII).fullmatch
_PATH = re.compile(r"/([\x21-\x7e]{1,510}/)?", re.ASCII).fullmatch
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII).fullmatch
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL).fullmatch
_FORMS: Mapping[str, Callable[[str], object]] = {"Number": _NUMBER, "Arn": _ARN}
"""What texts of a type look like; a String is any that is not empty."""


def _found(call: Call, arn: str, minor: int | None) -> tuple[RoleTemplate, RoleTemplateVersion]:
    template = call.site.templates.role_template(arn)
    if template is None:
        raise NoSuchEntity(f"Role template {arn} cannot be found.")
    version = template.version(minor)
    if version is None:
        raise NoSuchEntity(f"Version {minor} of role template {arn} cannot be found.")
    return template, version


def _template(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:  # noqa: ARG001  the form of Asks
    yield Ask(action, values.get("template_arn", "*"))


@operation("GetRoleTemplateVersion", on=_template)
def get_role_template_version(call: Call, template_arn: str, minor_version: int | None = None) -> dict[str, Any]:
    """A version of a template, by default the template's default one."""
    template, version = _found(call, template_arn, minor_version)
    digest = sha256(f"{template_arn}:{version.minor_version}".encode()).hexdigest()[:17].upper()
    shown = {
        **{name: getattr(version, name) for name in _OF_VERSION},
        **{name: getattr(template, name) for name in _OF_TEMPLATE},
        "template_version_id": f"RTVN{digest}",
        "managed_by_type": "Service",
        "assume_role_policy_document_template": json.dumps(version.assume_role_policy_document_template),
        "inline_policy_templates": [
            {"policy_name": each.policy_name, "policy_document": json.dumps(each.policy_document)}
            for each in version.inline_policy_templates
        ],
    }
    return {"role_template_version": shown}


_OF_TEMPLATE = (
    "template_arn",
    "template_name",
    "description",
    "major_version",
    "default_minor_version",
    "managed_by_value",
    "enabled",
)
_OF_VERSION = (
    "minor_version",
    "version_enabled",
    "role_name_pattern",
    "role_path_pattern",
    "role_description_pattern",
    "managed_policy_arns",
    "permission_boundary_arn",
    "parameters_definition",
    "role_tags_template",
    "max_session_duration",
    "create_timestamp",
    "update_timestamp",
)


def _values(version: RoleTemplateVersion, given: Mapping[str, Mapping[str, Any]]) -> Values:
    """What fills the blanks: the given values, or the defaults. InvalidInput for what the definition refuses."""
    defined = {each.name: each for each in version.parameters_definition}
    if unknown := sorted(given.keys() - defined.keys()):
        raise InvalidInput(f"The role template has no parameter {unknown[0]}.")
    return {name: _accepted(each, given.get(name)) for name, each in defined.items()}


def _accepted(parameter: Parameter, given: Mapping[str, Any] | None) -> tuple[str, ...]:
    if given is None:
        if parameter.default_value is None and parameter.is_required:
            raise InvalidInput(f"The parameter {parameter.name} needs a value.")
        return () if parameter.default_value is None else (parameter.default_value,)
    values = tuple(given["values"])
    kind = parameter.type.removesuffix("List")
    form = _FORMS.get(kind, bool)
    if (kind == parameter.type and len(values) != 1) or not all(map(form, values)):
        raise InvalidInput(f"The parameter {parameter.name} takes a value of type {parameter.type}.")
    return values


@dataclass(frozen=True, slots=True)
class _Planned:
    """The role that a template makes of these values, every blank filled."""

    source: SourceRoleTemplate
    name: str
    path: str
    description: str | None
    trust: str
    inline: dict[str, str]
    tags: list[dict[str, str]]
    version: RoleTemplateVersion


def _planned(call: Call, values: Mapping[str, Any]) -> _Planned:
    """What the request asks to be there. Faults are those of the handler, which plans anew."""
    template, version = _found(call, values["template_arn"], values.get("template_minor_version"))
    try:
        planned = _fill(template, version, _values(version, values.get("replacement_values") or {}))
    except UnfilledBlank as blank:
        raise InvalidInput(f"The parameter {blank} has no value, or more than one text can hold.") from None
    if not _NAME(planned.name) or not _PATH(planned.path) or roles.is_reserved(planned.path):
        raise InvalidInput(f"The values make no valid name and path of a role: {planned.path}{planned.name}")
    return planned


def _fill(template: RoleTemplate, version: RoleTemplateVersion, values: Values) -> _Planned:
    description = version.role_description_pattern
    return _Planned(
        source=SourceRoleTemplate(template.template_arn, version.minor_version),
        name=filled_text(version.role_name_pattern, values),
        path=filled_text(version.role_path_pattern, values),
        description=None if description is None else filled_text(description, values),
        trust=json.dumps(filled(version.assume_role_policy_document_template, values)),
        inline={
            each.policy_name: json.dumps(filled(each.policy_document, values))
            for each in version.inline_policy_templates
        },
        tags=[
            {"key": filled_text(each.key, values), "value": filled_text(each.value, values)}
            for each in version.role_tags_template
        ],
        version=version,
    )


def _held(call: Call, planned: _Planned) -> Role | None:
    """The role that was made of the template under the name; another role of the name is none."""
    role = named(call, Role, planned.name)
    source = None if role is None else role.source_role_template
    same = source is not None and source.template_arn == planned.source.template_arn
    return role if role is not None and same and role.path == planned.path else None


def _underlying(action: str, call: Call, values: Mapping[str, Any]) -> Iterator[Ask]:  # noqa: ARG001  the form of Asks
    """Ask about what AcquireRole does on the caller's behalf, as AWS does: it has no permission of its own."""
    context: Context = {"iam:roletemplatearn": values["template_arn"]}
    try:
        planned = _planned(call, values)
    except Fault:
        yield Ask("iam:CreateRole", f"arn:aws:iam::{call.account_id}:role/*", context)
        return
    held = _held(call, planned)
    if held is not None:
        bounds: Context = {} if held.boundary_arn is None else {"iam:permissionsboundary": held.boundary_arn}
        yield Ask("iam:GetRole", held.arn, {**context, **bounds}, f"role {held.role_name}", held)
        return
    yield from _making(call, planned, context)


def _making(call: Call, planned: _Planned, context: Context) -> Iterator[Ask]:
    arn = f"arn:aws:iam::{call.account_id}:role{planned.path}{planned.name}"
    boundary = planned.version.permission_boundary_arn
    if boundary is not None:
        context = {**context, "iam:permissionsboundary": boundary}
    tagged = {**context, **tag_context(planned.tags, *tag_prefixes(Role))}
    yield Ask("iam:CreateRole", arn, tagged)
    if planned.tags:
        yield Ask("iam:TagRole", arn, tagged)
    if planned.inline:
        yield Ask("iam:PutRolePolicy", arn, context)
    for policy_arn in planned.version.managed_policy_arns:
        yield Ask("iam:AttachRolePolicy", arn, {**context, "iam:policyarn": policy_arn})


@operation("AcquireRole", on=_underlying)
def acquire_role(
    call: Call,
    template_arn: str,
    template_minor_version: int | None = None,
    replacement_values: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The role of a template and these values: the one that is there, or a new one."""
    if not account_properties.is_on(call, account_properties.ROLE_MANAGER):
        raise InvalidInput("Role manager is not enabled in this account.")
    asked = {
        "template_arn": template_arn,
        "template_minor_version": template_minor_version,
        "replacement_values": replacement_values,
    }
    planned = _planned(call, asked)
    role = _held(call, planned) or _made(call, planned)
    return {"role": roles.shown(call, role, whole=True)}


def _made(call: Call, planned: _Planned) -> Role:
    template, version = _found(call, planned.source.template_arn, planned.source.template_minor_version)
    if not (template.enabled and version.version_enabled):
        raise RoleTemplateDisabled(f"The role template {template.template_arn} is disabled.")
    if named(call, Role, planned.name) is not None:
        raise NameConflict(f"The role name {planned.name} is taken by a role that is not of this template.")
    role = roles.made(
        call,
        role_name=planned.name,
        path=planned.path,
        trust=planned.trust,
        description=planned.description,
        max_session_duration=version.max_session_duration,
        permissions_boundary=version.permission_boundary_arn,
        tags=planned.tags,
        source=planned.source,
    )
    for name, document in planned.inline.items():
        inline.put(call, role, name, document)
    for arn in version.managed_policy_arns:
        attachments.attach(call, role, arn)
    return role
