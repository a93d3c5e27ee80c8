"""The server's certificate: who may read its key, and how long it is good."""

from datetime import UTC, datetime

import pytest

import pki
from keyreeve.config import Config
from keyreeve.http import certificate as of
from keyreeve.http.server import CannotServe, Server

DAY = pki.DAY
TERMS = {
    "good": (-DAY, 31 * DAY, "good", "is good until"),
    "ends soon": (-DAY, 29 * DAY, "ends soon", "is good until"),
    "expired": (-9 * DAY, -DAY, "not good", "has expired on"),
    "not yet": (DAY, 9 * DAY, "not good", "is not good before"),
}


@pytest.fixture
def files(tmp_path):
    """A certificate with its key, as settings: given its start and end from now on, and the key's mode."""

    def made(start=-DAY, end=90 * DAY, mode=0o600):
        cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        cert.write_text(pki.certificate(pki.ec_key(), start=start, end=end))
        key.write_text(pki.private(pki.ec_key()))
        key.chmod(mode)
        return {"tls_cert": cert, "tls_key": key}

    return made


@pytest.mark.parametrize(("start", "end", "state", "says"), TERMS.values(), ids=TERMS)
def test_how_long_it_is_good(start, end, state, says, files):
    file = files(start, end)["tls_cert"]
    found, sentence = of.term(file, datetime.now(UTC))
    assert found == state
    assert sentence.startswith(f"{file} {says} {datetime.now(UTC) + (start if 'before' in says else end):%Y-%m-%dT%H}")


def test_the_servers_own_is_the_first_of_a_chain(files):
    file = files()["tls_cert"]
    file.write_text(file.read_text() + pki.certificate(pki.ec_key("other"), start=-9 * DAY, end=-DAY))
    assert of.term(file, datetime.now(UTC))[0] == "good"


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440, 0o640])
def test_a_key_may_be_its_owners_and_a_groups_to_read(mode, files, serving):
    serving(**files(mode=mode))


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o601, 0o660, 0o620])
def test_a_key_that_others_may_use_or_a_group_may_replace_is_refused(mode, files, door):
    settings = files(mode=mode)
    with pytest.raises(CannotServe) as told:
        Server(Config(port=0, **settings), door).bind()
    key = settings["tls_key"]
    assert str(told.value) == f"The private key {key} is open to other users (mode {mode:04o}). Run: chmod g-w,o= {key}"


@pytest.mark.parametrize(("start", "end", "state", "says"), TERMS.values(), ids=TERMS)
def test_a_certificate_to_look_at_is_told_at_the_start_and_when_it_is_read_again(
    start, end, state, says, files, serving, caplog
):
    caplog.set_level("INFO", "keyreeve")
    running = serving(**files())
    assert "certificate" not in caplog.text
    files(start, end)
    running.server.renew_certificate()
    told = ["certificate renewed"] + ["look at the certificate"] * (state != "good")
    assert [record.getMessage() for record in caplog.records if "certificate" in record.getMessage()] == told
    caplog.clear()
    serving(**files(start, end))
    warned = [record.fields["reason"] for record in caplog.records if record.levelname == "WARNING"]
    assert len(warned) == (state != "good")
    assert all(says in reason for reason in warned)


def test_a_renewed_key_that_others_may_read_leaves_the_old_certificate_in_use(files, serving, caplog):
    running = serving(**files())
    files(mode=0o644)
    running.server.renew_certificate()
    assert "certificate not renewed" in caplog.text
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "is open to other users" in record.fields["reason"]
    assert not record.exc_info
    assert "certificate renewed" not in caplog.text
