"""A real browser takes what sign-in tells it, and gives what sign-in takes."""

import pytest

import browser
from keyreeve.access.sign_in import SignedIn
from keyreeve.service.enrolling import KeyEnrolled, Wish
from signing import NOT_IN

pytestmark = pytest.mark.client("chromium")
WISH = Wish("yubikey")


@pytest.fixture
def chromium(tmp_path):
    if browser.PROGRAM is None:
        pytest.skip("there is no chromium on this machine")
    made = browser.Chromium(tmp_path / "profile")
    try:
        yield made
    finally:
        made.close()


def test_a_browser_enrols_a_key_and_signs_in_with_it(server, token, door, chromium):
    with browser.page() as url:
        server.service.public_url = url
        chromium.open(url)
        enrolled = door.finish_enrolment(token, WISH, chromium.create(door.begin_enrolment(token, WISH).options))
        assert isinstance(enrolled, KeyEnrolled)
        for _ in range(2):
            found = door.enter(assertion=chromium.get(door.enter().options))
            assert isinstance(found, SignedIn)
            assert found.serial_number == enrolled.device.serial_number
        server.service.public_url = "https://localhost"
        assert door.enter(assertion=chromium.get(door.enter().options)) == NOT_IN
        server.service.public_url = url
        again = door.begin_enrolment(found.token, Wish("again")).options
        with pytest.raises(AssertionError, match="InvalidStateError"):
            chromium.create(again)
