"""The README is true: its console blocks run one after the other, and print what it says they print."""

import subprocess
from pathlib import Path

import pytest

from stories import clients
from stories import server as servers
from stories.consoles import blocks, commands, matches, opened, run

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def tour(tmp_path):
    """A folder in which a server was started for the first time, as a newcomer starts it."""
    log = tmp_path / "server.log"
    command = [*servers.KEYREEVE, "serve", "--account-id", "111122223333", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=servers.ENVIRONMENT, cwd=tmp_path, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
    try:
        servers.address(process, log)
        yield tmp_path
    finally:
        process.terminate()
        process.wait(servers.STOPS_WITHIN)


@pytest.fixture
def shell(tour):
    environment = servers.ENVIRONMENT | {"AWS_CONFIG_FILE": "/dev/null", "AWS_PAGER": ""}
    keyreeve, awscli = " ".join(servers.KEYREEVE), clients.awscli()
    with opened(environment, f'keyreeve() {{ {keyreeve} "$@"; }}; aws() {{ {awscli} "$@"; }}', tour) as shell:
        yield shell


@pytest.mark.client("aws")
def test_the_tour_of_the_readme_prints_what_it_says(shell):
    pairs = [pair for block in blocks(README, "console") for pair in commands(block)]
    assert len(pairs) > 20
    for command, expected in pairs:
        printed = run(shell, command)
        assert matches(expected, printed), f"$ {command}\n{printed}\ninstead of\n{expected}"


def test_the_python_of_the_readme_runs(capsys):
    (example,), (printed,) = blocks(README, "python"), blocks(README, "text")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102  it is our own page
    assert capsys.readouterr().out == printed


def test_a_wrong_page_is_seen():
    assert commands("$ a\n> b\nc\n$ d\n") == [["a\nb", "c\n"], ["d", ""]]
    assert matches("x … z\n", "x  y z")
    assert not matches("x … z\n", "x y")
