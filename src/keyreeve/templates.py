"""Templates: policies and roles with blanks, which the operator registers in a file and callers fill.

On AWS these are AWS's own: partners register the policies they may ask customers for (IAM User Guide, "IAM temporary
delegation for AWS Partners"), and services the roles that role manager makes ("Overview of role templates"). Members
have AWS's names. A blank is `@{parameter}` in any text of a document; it is filled after the document was read as JSON,
so that a value stays within its text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

_BLANK = re.compile(r"@\{([^{}]*)\}")
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Values = Mapping[str, tuple[str, ...]]
"""What fills the blanks: one text, or several where a list of texts has a blank of its own."""


class UnfilledBlank(Exception):
    """A blank that no value is given for, or several where one text is wanted. The argument is its name."""


class _Read(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    """Something in the operator's file."""


class PolicyTemplate(_Read, frozen=True, kw_only=True):
    """A policy that a partner may ask for."""

    policy_template_arn: str
    policy_document: dict[str, Any]


class Partner(_Read, frozen=True, kw_only=True):
    """Who may ask for delegation: an account of this server, the name that people see, and what it may ask for."""

    account_id: str
    name: str
    policy_templates: tuple[PolicyTemplate, ...]

    def template(self, arn: str | None) -> PolicyTemplate | None:
        """Its template with this ARN."""
        return next((each for each in self.policy_templates if each.policy_template_arn == arn), None)


class Parameter(_Read, frozen=True, kw_only=True):
    """A blank of a role template, as its ParametersDefinition tells it."""

    name: str
    type: Literal["String", "StringList", "Number", "NumberList", "Arn", "ArnList"]
    sub_type: str | None = None
    description: str | None = None
    is_required: bool = True
    default_value: str | None = None
    immutable: bool = False


class InlineTemplate(_Read, frozen=True, kw_only=True):
    """An inline policy that roles of a template get."""

    policy_name: str
    policy_document: dict[str, Any]


class TagTemplate(_Read, frozen=True, kw_only=True):
    """A tag that roles of a template get."""

    key: str
    value: str


class RoleTemplateVersion(_Read, frozen=True, kw_only=True):
    """One minor version of a role template, which never changes."""

    minor_version: int
    role_name_pattern: str
    assume_role_policy_document_template: dict[str, Any]
    role_path_pattern: str = "/"
    role_description_pattern: str | None = None
    inline_policy_templates: tuple[InlineTemplate, ...] = ()
    managed_policy_arns: tuple[str, ...] = ()
    permission_boundary_arn: str | None = None
    parameters_definition: tuple[Parameter, ...] = ()
    role_tags_template: tuple[TagTemplate, ...] = ()
    max_session_duration: int = 3600
    version_enabled: bool = True
    create_timestamp: datetime = _EPOCH
    update_timestamp: datetime = _EPOCH


class RoleTemplate(_Read, frozen=True, kw_only=True):
    """A role template: `arn:aws:iam::aws:role-template/SERVICE/NAME:MAJOR` with its minor versions."""

    template_arn: str
    template_name: str
    managed_by_value: str
    default_minor_version: int
    versions: tuple[RoleTemplateVersion, ...]
    description: str | None = None
    major_version: int = 1
    enabled: bool = True

    def version(self, minor: int | None) -> RoleTemplateVersion | None:
        """The version of this number, or the default one."""
        wanted = self.default_minor_version if minor is None else minor
        return next((each for each in self.versions if each.minor_version == wanted), None)


class Templates(_Read, frozen=True, kw_only=True):
    """Everything that the operator's file registers."""

    delegation_partners: tuple[Partner, ...] = ()
    role_templates: tuple[RoleTemplate, ...] = ()

    def partner(self, account_id: str) -> Partner | None:
        """The partner whose account this is."""
        return next((each for each in self.delegation_partners if each.account_id == account_id), None)

    def role_template(self, arn: str) -> RoleTemplate | None:
        """The role template with this ARN."""
        return next((each for each in self.role_templates if each.template_arn == arn), None)


def read(path: Path) -> Templates:
    """What a file registers; ValueError says what is wrong with it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Templates)
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"a JSON file of templates ({error})") from None


def filled(document: Any, values: Values) -> Any:
    """The document with all blanks filled. Raises UnfilledBlank."""
    if isinstance(document, dict):
        return {filled_text(key, values): filled(value, values) for key, value in document.items()}
    if isinstance(document, list):
        return [each for item in document for each in _items(item, values)]
    return filled_text(document, values) if isinstance(document, str) else document


def _items(item: Any, values: Values) -> tuple[Any, ...]:
    """An item of a list, filled; where it is nothing but a blank, all values of the blank."""
    blank = _BLANK.fullmatch(item) if isinstance(item, str) else None
    return (filled(item, values),) if blank is None else _given(blank[1], values)


def filled_text(text: str, values: Values) -> str:
    """The text with its blanks filled by one value each. Raises UnfilledBlank."""

    def one(blank: re.Match[str]) -> str:
        given = _given(blank[1], values)
        if len(given) != 1:
            raise UnfilledBlank(blank[1])
        return given[0]

    return _BLANK.sub(one, text)


def _given(name: str, values: Values) -> tuple[str, ...]:
    if name not in values:
        raise UnfilledBlank(name)
    return values[name]
