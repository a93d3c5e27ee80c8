"""`keyreeve completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from keyreeve.cli import main, options

EXAMPLES = options.examples(
    "keyreeve completion bash > ~/.local/share/bash-completion/completions/keyreeve",
    "keyreeve completion zsh > ~/.zfunc/_keyreeve",
    "keyreeve completion fish > ~/.config/fish/completions/keyreeve.fish",
)


@click.command("completion", epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script that completes keyreeve's commands and options in this shell."""
    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"There is no completion for {shell}.")
    click.echo(found(main, {}, "keyreeve", "_KEYREEVE_COMPLETE").source())
