"""Consoles as pages show them: the commands, what they print, and a shell in which they are run."""

import re
import subprocess
from contextlib import contextmanager

BLOCK = re.compile(r"^```(console|python|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DONE = "-- the command has ended --"


def blocks(page, kind):
    return [text for found, text in BLOCK.findall(page.read_text()) if found == kind]


def commands(text):
    """(command, expected output) pairs: `$` begins a command, `>` goes on with it, the rest is what it prints."""
    pairs = []
    for line in text.splitlines():
        if line.startswith("$ "):
            pairs.append([line[2:], ""])
        elif line.startswith("> "):
            pairs[-1][0] += "\n" + line[2:]
        else:
            pairs[-1][1] += line + "\n"
    return pairs


def matches(expected, printed):
    """Whether what was printed is what is expected, where `…` is any text and white space may be wider."""
    parts = [re.escape(part) for part in re.split("…", " ".join(expected.split()))]
    return re.fullmatch(".*?".join(parts), " ".join(printed.split())) is not None


@contextmanager
def opened(environment, beginning, folder=None):
    """A shell in this environment and folder in which something was run already, for `run`."""
    shell = subprocess.Popen(
        ["bash", "--norc"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=environment,
    )
    with shell:
        run(shell, beginning)
        yield shell
        shell.stdin.close()


def run(shell, command):
    """What a command prints in a shell that goes on afterwards."""
    shell.stdin.write(f"{command}\necho '{DONE}'\n")
    shell.stdin.flush()
    lines = iter(shell.stdout.readline, "")
    printed = []
    for line in lines:
        if line.strip() == DONE:
            return "".join(printed)
        printed.append(line)
    raise AssertionError(f"the shell ended in: {command}")
