"""Log lines: their form, and that no secret is ever in one."""

import io
import json
import logging
import time

import pytest

from keyreeve.logs import FIELDS, Seldom, configure, logger, redact, told
from keyreeve.wire.exchange import Request

SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"  # AWS's own example

TEXTS = [
    f"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sts/aws4_request, Signature={SECRET}",
    f"GET /?X-Amz-Signature={SECRET}&Action=GetUser",
    f"GET /?X-Amz-Security-Token={SECRET}&Action=GetUser",
    f"Action=CreateLoginProfile&Password={SECRET}&UserName=bob",
    f"Action=ChangePassword&OldPassword={SECRET}&NewPassword={SECRET}x",
    f"<SecretAccessKey>{SECRET}</SecretAccessKey>",
    f"<SessionToken>{SECRET}</SessionToken>",
    f'{{"SecretAccessKey": "{SECRET}", "SessionToken": "{SECRET}"}}',
    f"AccessKey(secret_access_key='{SECRET}', session_token=b'{SECRET}')",
    f"AWS_SECRET_ACCESS_KEY={SECRET}",
    f"(('host', 'h'), ('authorization', 'AWS4-HMAC-SHA256 Signature={SECRET}'))",
    f"(('x-amz-security-token', '{SECRET}'), ('cookie', \"a={SECRET}\"))",
    f"SAMLAssertion={SECRET}&WebIdentityToken={SECRET}&TokenCode={SECRET}",
    f"Base32StringSeed={SECRET}",
    f"Signature={SECRET}",
]


@pytest.fixture
def lines():
    """Configures logging to a stream for the test; gives what was written."""
    root, ours = logging.getLogger(), logging.getLogger("keyreeve")
    before = root.handlers[:], root.level, ours.level
    stream = io.StringIO()

    def start(form, level="info"):
        configure(form, level, stream)
        return stream

    yield start
    root.handlers[:], root.level = before[:2]
    ours.setLevel(before[2])
    root.setLevel(before[1])


def fail(text):
    raise ValueError(text)


def test_a_command_tells_what_is_wrong_until_a_server_logs_it(lines, capsys):
    with told():
        logger("test").info("goes well")
        logger("test").warning("goes wrong", reason=f"Password={SECRET} and\nmore")
        assert capsys.readouterr().err == 'keyreeve: goes wrong reason="Password=[redacted] and\\nmore"\n'
        stream = lines("text")
        logger("test").warning("goes wrong")
    logger("test").warning("and again")
    assert [line.split("test: ")[1] for line in stream.getvalue().splitlines()] == ["goes wrong", "and again"]
    assert capsys.readouterr().err == ""


def test_what_may_fail_at_every_request_is_told_once_a_minute_with_how_often_it_did(monkeypatch, caplog):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    seldom = Seldom(logger("test"))
    for _ in range(200):
        seldom.error("it fails", reason="planted")
        clock[0] += 0.01
    clock[0] += 60
    seldom.error("it fails", reason="planted")
    seldom.begin_anew()
    seldom.error("it fails", reason="planted")
    fields = [record.fields for record in caplog.records]
    assert fields == [{"reason": "planted"}, {"reason": "planted", "repeated": 199}, {"reason": "planted"}]


@pytest.mark.parametrize("text", TEXTS)
def test_secrets_are_taken_out(text):
    assert SECRET not in redact(text)
    assert "[redacted]" in redact(text)


@pytest.mark.parametrize("text", ["Action=GetUser&UserName=bob", "AccessKeyId: AKIAIOSFODNN7EXAMPLE", "password reset"])
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize("noise", ["a-", "password", "password='", "<password>", "password ", "authorization:", "'"])
def test_redaction_takes_time_in_proportion(noise):
    started = time.perf_counter()
    redact(noise * (1_000_000 // len(noise)))
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("text", TEXTS)
def test_no_line_has_a_secret_wherever_it_came_in(form, text, lines):
    stream = lines(form)
    log = logger("http")
    log.info("request", path=text, reason=text)
    log.info(text)
    try:
        fail(text)
    except ValueError:
        log.exception("request failed", request_id="1")
    logging.getLogger("asyncio").error(text)
    assert stream.getvalue().count("[redacted]") >= 5
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_request_in_a_traceback_shows_no_secret(form, lines):
    stream = lines(form)
    headers = (("authorization", f"AWS4-HMAC-SHA256 Signature={SECRET}"), ("x-amz-security-token", SECRET))
    request = Request("POST", "/", f"X-Amz-Signature={SECRET}", headers, f"Password={SECRET}".encode(), "127.0.0.1")
    try:
        fail(request)
    except ValueError:
        logger("http").exception("request failed")
    assert "AWS4" not in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_json_lines(lines):
    stream = lines("json")
    logger("http").warning("request failed", request_id="r-1", status=503, path='/a"b\nc')
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "keyreeve.http",
        "message": "request failed",
        "request_id": "r-1",
        "status": 503,
        "path": '/a"b\nc',
    }


def test_text_lines_cannot_be_forged(lines):
    stream = lines("text")
    logger("http").info("request", path="/x\n2026 ERROR forged\x1b[31m", operation="", request_id="r-1")
    (line,) = stream.getvalue().splitlines()
    assert "INFO    keyreeve.http: request" in line
    assert 'operation=""' in line
    assert "request_id=r-1" in line
    assert "\x1b" not in line


def test_a_traceback_is_indented_below_its_line(lines):
    stream = lines("text")
    try:
        fail("planted")
    except ValueError:
        logger("http").exception("request failed")
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("request failed")
    assert rest
    assert all(line.startswith("    ") for line in rest)
    assert rest[-1].strip() == "ValueError: planted"


def test_levels(lines):
    stream = lines("text", "warning")
    log = logger("http")
    log.debug("no")
    log.info("no")
    log.warning("yes")
    log.error("yes")
    assert stream.getvalue().count("yes") == 2
    assert "no\n" not in stream.getvalue()


def test_only_known_fields_can_be_logged(lines):
    lines("text")
    with pytest.raises(ValueError, match="not a field of the log: secret"):
        logger("http").info("x", secret="y")
    assert not [name for name in FIELDS if "secret" in name or "token" in name or "password" in name]
