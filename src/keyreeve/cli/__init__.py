"""The command line. Each command is a module that is loaded by its name here, so that `--help` loads none of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

COMMANDS = {
    "serve": ("keyreeve.cli.serve", "Serve IAM and STS from a data folder, which is made at the first start."),
    "init": ("keyreeve.cli.init", "Make a data folder with its first account, without serving."),
    "accounts": ("keyreeve.cli.accounts", "Make and list accounts."),
    "organizations": ("keyreeve.cli.organizations", "Bind accounts by service and resource control policies."),
    "root": ("keyreeve.cli.root", "Use an account's root user: the way in for emergencies."),
    "managed-policies": ("keyreeve.cli.managed_policies", "Keep the AWS managed policies up to date."),
    "keys": ("keyreeve.cli.keys", "Show and rotate the key ring, under which secrets are sealed."),
    "events": ("keyreeve.cli.events", "Show what happened: who called what, from where, and what came of it."),
    "audit": ("keyreeve.cli.audit", "Hold an account to good practice, and say what is not kept."),
    "advise": ("keyreeve.cli.advise", "Write the smallest policy that covers what a user or role did."),
    "notifications": ("keyreeve.cli.notifications", "Fetch what delegation partners are to be told."),
    "backup": ("keyreeve.cli.backup", "Copy the data to one file, also while the server runs."),
    "restore": ("keyreeve.cli.restore", "Make a data folder from a backup."),
    "doctor": ("keyreeve.cli.doctor", "Look for what is wrong with the configuration and the data."),
    "decide": ("keyreeve.cli.decide", "Decide a request under policies, and say why."),
    "lint": ("keyreeve.cli.lint", "Find what is wrong or dangerous in policies."),
    "corpus": ("keyreeve.cli.corpus", "Hold the decision engine, or another one, to a corpus of cases."),
    "completion": ("keyreeve.cli.completion", "Print a script that completes commands in your shell."),
    "version": ("keyreeve.cli.version", "Print the version."),
}
"""Each command: the module that has it under the same name as `command`, and its sentence in the list."""

EXAMPLES = """\b
Examples:
  keyreeve serve                        serve on 127.0.0.1:4566, data in ./keyreeve-data
  keyreeve serve --data /srv/iam --port 0
  keyreeve events --follow              watch what happens
  keyreeve COMMAND --help               what a command does, with examples
"""

INTERRUPTED = 130
"""The status after Ctrl-C: 128 and the number of SIGINT."""


class Tool(click.Group):
    """The group of all commands. Errors are one line on standard error: status 1, or 2 for a wrong use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """A command, loaded now."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's
        """The list of commands, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = "keyreeve",
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run; as the program itself (`standalone_mode`) it ends the process with a status."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode, **extra)
        if sys.stdout is None:  # a secret that is shown once would be lost
            _say("standard output is closed. Where nobody reads it, send it to /dev/null.")
            sys.exit(1)
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.ClickException as error:
            _fail(error)
        except click.Abort:
            _say("stopped.")
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            # Whoever read has enough. What is left in the buffer goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        sys.exit(status if isinstance(status, int) else 0)


def _fail(error: click.ClickException) -> NoReturn:
    context = getattr(error, "ctx", None)
    hint = f" See: {context.command_path} --help" if isinstance(error, click.UsageError) and context else ""
    said = " ".join(error.format_message().split())
    _say(f"{said if said.endswith(('.', '?', ')')) else f'{said}.'}{hint}")
    sys.exit(error.exit_code)


def _say(sentence: str) -> None:
    click.echo(f"keyreeve: {sentence}", err=True)


@click.group("keyreeve", cls=Tool, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """IAM and STS that you run yourself: AWS's API, semantics and errors, enforced on every request."""
