"""A server for each file of stories, and the clients that tell them."""

import os
import shutil
from pathlib import Path

import pytest

from stories import server as servers
from stories.story import Cast
from stories.terraforming import EXAMPLE, Terraform


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("story")
    with servers.serving(folder, servers.made(folder)) as running:
        yield running


@pytest.fixture
def cast(client, server):
    return Cast(client, server)


@pytest.fixture
def terraform(tmp_path, server):
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    if not Path(os.environ.get("TF_CLI_CONFIG_FILE", "none")).is_file():
        pytest.skip("the AWS provider comes from a mirror folder, and no TF_CLI_CONFIG_FILE names one")
    return lambda configuration=EXAMPLE, at=server: Terraform(tmp_path, at, configuration)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Show the server's log with a failed story."""
    report = yield
    running = item.funcargs.get("server") if hasattr(item, "funcargs") else None
    if report.failed and running is not None:
        report.sections.append(("the server's log, its end", running.log.read_text(errors="replace")[-8000:]))
    return report
