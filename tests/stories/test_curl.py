"""The story told through curl."""

import pytest

from stories.clients import Curl
from stories.story import Story

pytestmark = pytest.mark.client("curl")


@pytest.fixture(scope="module")
def client(server):
    return Curl(server.endpoint)


class TestCurl(Story):
    pass
