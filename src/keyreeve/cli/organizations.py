"""`keyreeve organizations`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from keyreeve.access.control_policies import KINDS, LEVELS
from keyreeve.cli import options, reach, tables, texts
from keyreeve.cli.problems import told

F = TypeVar("F", bound=Callable[..., Any])

EXAMPLES = options.examples(
    "keyreeve organizations attach-policy no-billing.json --target-id 111122223333 --name NoBilling",
    "keyreeve organizations attach-policy perimeter.json --target-id 111122223333 --name Perimeter \\",
    "    --type RESOURCE_CONTROL_POLICY --level root",
    "keyreeve organizations list-policies",
    "keyreeve organizations detach-policy --target-id 111122223333 --name FullAWSAccess",
)
CONTENT = click.argument("content", metavar="FILE")


def _about(command: F) -> F:
    """Options that say which policy of which level is meant."""
    command = click.option(
        "--level",
        type=click.Choice(LEVELS),
        default="account",
        help="Where above the account it is attached: the root, a unit, or the account itself [default: account].",
    )(command)
    command = click.option("--name", required=True, metavar="NAME", help="The policy's name.")(command)
    command = click.option(
        "--type",
        "policy_type",
        type=click.Choice(tuple(KINDS)),
        default="SERVICE_CONTROL_POLICY",
        help="The type of policy [default: SERVICE_CONTROL_POLICY].",
    )(command)
    return click.option("--target-id", required=True, metavar="ID", help="The account that it binds.")(command)


@click.group("organizations", epilog=EXAMPLES)
def command() -> None:
    """Bind an account by service and resource control policies.

    They hold from the next request on, for everybody in the account, its root user included, and for all that it owns.
    On every level that has policies of a type one of them has to allow; none of them grants anything.
    """


@command.command("attach-policy", short_help="Attach a policy to a level of an account.", epilog=EXAMPLES)
@CONTENT
@_about
@options.place
@told
def attach_policy(content: str, target_id: str, policy_type: str, name: str, level: str, **flags: Any) -> None:
    """Attach a policy to a level of an account. FILE has its JSON; - is standard input.

    With the first policy of its type on a level comes AWS's own that allows everything. For a list of what is allowed,
    attach that list and detach FullAWSAccess.
    """
    _changed("attach-policy", flags, target_id, policy_type, name, level, content=texts.read(content).text)
    click.echo(f"{name} is attached to {target_id} ({policy_type}, level {level}), and binds from the next request on.")


@command.command("update-policy", short_help="Give an attached policy other content.", epilog=EXAMPLES)
@CONTENT
@_about
@options.place
@told
def update_policy(content: str, target_id: str, policy_type: str, name: str, level: str, **flags: Any) -> None:
    """Give an attached policy other content, from one request to the next. FILE has its JSON; - is standard input."""
    _changed("update-policy", flags, target_id, policy_type, name, level, content=texts.read(content).text)
    click.echo(f"{name} of {target_id} ({policy_type}, level {level}) has its new content from the next request on.")


@command.command("detach-policy", epilog=EXAMPLES)
@_about
@options.place
@told
def detach_policy(target_id: str, policy_type: str, name: str, level: str, **flags: Any) -> None:
    """Detach a policy from a level of an account."""
    _changed("detach-policy", flags, target_id, policy_type, name, level)
    click.echo(f"{name} is detached from {target_id} ({policy_type}, level {level}).")


def _changed(
    verb: str, flags: dict[str, Any], target_id: str, policy_type: str, name: str, level: str, **content: str
) -> None:
    reach.run(
        options.configured(flags),
        f"organizations.{verb}",
        target_id=target_id,
        policy_type=policy_type,
        name=name,
        level=level,
        **content,
    )


@command.command("list-policies", epilog=EXAMPLES)
@click.option("--target-id", metavar="ID", help="Those of this account [default: of all accounts].")
@options.place
@options.as_json
@told
def list_policies(target_id: str | None, as_json: bool, **flags: Any) -> None:
    """List what is attached, level by level. Where nothing is, nothing is bound."""
    found = reach.run(options.configured(flags), "organizations.list-policies", target_id=target_id)
    if as_json:
        tables.as_json(found)
        return
    rows = [(each["target_id"], each["type"], each["level"], each["name"]) for each in found]
    tables.show(("account", "type", "level", "policy"), rows)
