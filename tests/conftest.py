"""What holds for every suite: the seconds of each are told, and a client that the gate installs is never skipped."""

import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine fails no property: where time is bounded a test of its own says so.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")

# Their assertions are made to speak before any suite imports them.
STORIES = ("stories.server", "stories.story", "stories.clients", "stories.words", "stories.simplesamlphp")
pytest.register_assert_rewrite(*STORIES)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skipped story into a failure when its client is required (KEYREEVE_REQUIRE_CLIENTS="aws curl …")."""
    report = yield
    required = set(os.environ.get("KEYREEVE_REQUIRE_CLIENTS", "").split())
    clients = {name for marker in item.iter_markers("client") for name in marker.args}
    if report.skipped and not hasattr(report, "wasxfail") and clients & required:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but its client is required: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter):
    """Say how many seconds each folder of tests took, all workers together."""
    seconds, tests = defaultdict(float), defaultdict(set)
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if isinstance(report, pytest.TestReport):
            parts = Path(report.fspath).parts
            suite = parts[1] if len(parts) > 2 else parts[0]
            seconds[suite] += report.duration
            tests[suite].add(report.nodeid)
    terminalreporter.section("seconds per suite")
    for suite in sorted(seconds, key=seconds.get, reverse=True):
        terminalreporter.write_line(f"{seconds[suite]:8.1f} s  {suite} ({len(tests[suite])} tests)")
