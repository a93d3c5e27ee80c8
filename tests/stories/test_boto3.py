"""The story told through boto3."""

import pytest

from stories.clients import Boto3
from stories.story import Story

pytestmark = pytest.mark.client("boto3")


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


class TestBoto3(Story):
    pass
