"""A server for each file of stories, and the clients that tell them."""

import pytest

from stories import server as servers
from stories.story import Cast


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("story")
    with servers.serving(folder, servers.made(folder)) as running:
        yield running


@pytest.fixture
def cast(client, server):
    return Cast(client, server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Show the server's log with a failed story."""
    report = yield
    running = item.funcargs.get("server") if hasattr(item, "funcargs") else None
    if report.failed and running is not None:
        report.sections.append(("the server's log, its end", running.log.read_text(errors="replace")[-8000:]))
    return report
