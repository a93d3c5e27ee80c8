"""The story told through the AWS CLI."""

import pytest

from stories.clients import AwsCli
from stories.story import Story

pytestmark = pytest.mark.client("aws")


@pytest.fixture(scope="module")
def client(server):
    return AwsCli(server.endpoint)


class TestAwsCli(Story):
    pass
