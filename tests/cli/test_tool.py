"""The tool itself: help that teaches, one line for an error, completion, and modules loaded when they are needed."""

import json
import subprocess
import sys

import click
import pytest

from keyreeve import __version__
from keyreeve.cli import COMMANDS, main
from keyreeve.config import READERS


def every(command, name=()):
    """(name, command) of each command and of the commands in it."""
    yield name, command
    if isinstance(command, click.Group):
        for each in command.list_commands(None):
            yield from every(command.get_command(None, each), (*name, each))


ALL = dict(every(main))


@pytest.mark.parametrize("name", ALL, ids=" ".join)
def test_help_teaches(name, keyreeve):
    said = keyreeve(*name, "--help", place=False).stdout
    assert said.startswith(f"Usage: {' '.join(('keyreeve', *name))}")
    assert ALL[name].help
    if name != ("version",):
        assert "Examples:\n" in said
        assert f"keyreeve {' '.join(name[:1])}" in said.partition("Examples:")[2]


@pytest.mark.parametrize("name", ALL, ids=" ".join)
def test_every_option_says_what_it_is(name):
    options = [each for each in ALL[name].params if isinstance(each, click.Option)]
    assert not [each.name for each in options if not each.help]


def test_every_setting_is_an_option_of_serve():
    assert {each.name for each in ALL["serve",].params} >= set(READERS)


def test_the_list_has_every_command(keyreeve):
    said = keyreeve("--help", place=False).stdout
    assert all(f"\n  {name} " in said for name in COMMANDS)
    assert all(command.name == name[-1] for name, command in ALL.items() if name)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "No such command 'nonsense'. See: keyreeve --help"),
        (["serve", "--nonsense"], "No such option '--nonsense'. See: keyreeve serve --help"),
        (
            ["serve", "--port", "x"],
            "--port is 'x'; it must be a whole number from 0 to 65535. See: keyreeve serve --help",
        ),
        (["backup"], "Missing argument 'FILE'. See: keyreeve backup --help"),
    ],
)
def test_a_wrong_use_is_one_line(arguments, sentence, keyreeve):
    result = keyreeve(*arguments, place=False, status=2)
    assert (result.stdout, result.stderr) == ("", f"keyreeve: {sentence}\n")


def test_a_setting_of_the_environment_is_named(keyreeve):
    result = keyreeve("serve", status=2, KEYREEVE_HOST="0.0.0.0")  # noqa: S104  what is refused
    assert "KEYREEVE_HOST is '0.0.0.0', which others can reach" in result.stderr


def test_a_closed_standard_output_is_refused_before_anything_is_done(tmp_path):
    program = f"import os, sys; os.close(1); os.execv(sys.executable, {[sys.executable, '-m', 'keyreeve', 'init']!r})"
    ran = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False)
    assert (ran.returncode, list(tmp_path.iterdir())) == (1, [])
    assert ran.stderr == "keyreeve: standard output is closed. Where nobody reads it, send it to /dev/null.\n"


def test_without_a_command_there_is_help(keyreeve):
    assert "Commands:" in keyreeve(place=False, status=2).output


def test_version(keyreeve, told):
    assert keyreeve("version", place=False).stdout == f"keyreeve {__version__}\n"
    assert told("version", place=False)["version"] == __version__


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell, keyreeve):
    assert "_KEYREEVE_COMPLETE" in keyreeve("completion", shell, place=False).stdout


def test_commands_and_options_are_completed(program):
    def completed(words, position):
        asked = {"_KEYREEVE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(position)}
        return {line.partition(",")[2] for line in program(**asked).stdout.splitlines()}

    assert completed("keyreeve ro", 1) == {"root"}
    assert completed("keyreeve root se", 2) == {"session", "set-password"}
    assert "--tls-cert" in completed("keyreeve serve --tls", 2)


@pytest.mark.parametrize("arguments", [["--help"], ["version"]])
def test_what_is_not_needed_is_not_loaded(arguments, program):
    code = (
        "import sys\nfrom keyreeve.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "import json; print(json.dumps([n for n in sys.modules if n.startswith('keyreeve')]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=program.environment(),
        check=True,
    )
    loaded = set(json.loads(ran.stdout.splitlines()[-1]))
    assert loaded <= {"keyreeve", "keyreeve.cli", "keyreeve.cli.version"}
