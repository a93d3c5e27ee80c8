"""The story told through the AWS SDK for JavaScript v3."""

from contextlib import closing

import pytest

from stories.clients import JavaScript
from stories.story import Story

pytestmark = pytest.mark.client("node")


@pytest.fixture(scope="module")
def client(server):
    with closing(JavaScript(server.endpoint)) as sdk:
        yield sdk


class TestJavaScript(Story):
    pass
