"""`keyreeve events`: what is shown, what is asked for, and whether the log is whole."""

import gzip
import json
import re
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from keyreeve import extras
from keyreeve.cli import events_query
from keyreeve.config import Config
from keyreeve.events import Event, UserIdentity
from keyreeve.service.node import Node

NOW = datetime.now(UTC)


@pytest.fixture
def events(admin, data):
    """A log of four calls after the making of the account."""
    with Node.open(Config(data=data), {}) as node:
        for number, (user, name, error) in enumerate(
            [
                ("alice", "GetUser", None),
                ("alice", "CreateUser", "AccessDenied"),
                ("bob", "CreateUser", None),
                ("bo\x1b[2Jb", "ListUsers", "ThrottlingException"),
            ]
        ):
            node.log.defer(event(admin["account_id"], user, name, error, NOW - timedelta(hours=4 - number), number))


def event(account, user, name, error, time, number):
    return Event(
        user_identity=UserIdentity(type="IAMUser", principal_id="AIDA", user_name=user, account_id=account),
        event_time=time,
        event_source="iam.amazonaws.com",
        event_name=name,
        aws_region="us-east-1",
        source_ip_address="192.0.2.7",
        user_agent="test",
        error_code=error,
        request_parameters=None,
        response_elements=None,
        event_id=str(number),
        read_only=False,
        event_type="AwsApiCall",
        management_event=True,
        recipient_account_id=account,
        event_category="Management",
    )


def test_events_for_people_are_lines(events, keyreeve, admin):
    lines = keyreeve("events").stdout.splitlines()
    assert len(lines) == 5
    assert lines[2].split()[1:] == [admin["account_id"], "alice", "iam:CreateUser", "192.0.2.7", "AccessDenied"]
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([], ["CreateAccount", "GetUser", "CreateUser", "CreateUser", "ListUsers"]),
        (["--limit", "2"], ["CreateUser", "ListUsers"]),
        (["--user", "alice"], ["GetUser", "CreateUser"]),
        (["--name", "CreateUser", "--user", "bob"], ["CreateUser"]),
        (["--error", "AccessDenied"], ["CreateUser"]),
        (["--error", "AccessDeniedException"], ["CreateUser"]),
        (["--error", "Throttling"], ["ListUsers"]),
        (["--error", "ThrottlingException"], ["ListUsers"]),
        (["--error", "any"], ["CreateUser", "ListUsers"]),
        (["--error", "any", "--limit", "1"], ["ListUsers"]),
        (["--since", "150m", "--until", "1h"], ["CreateUser", "ListUsers"]),
        (["--until", (NOW - timedelta(hours=3.5)).isoformat()], ["GetUser"]),
        (["--account", "000000000000"], []),
    ],
)
def test_events_are_asked_for(asked, found, events, keyreeve):
    lines = keyreeve("events", "--json", *asked).stdout.splitlines()
    assert [json.loads(line)["eventName"] for line in lines] == found


def test_nothing_found_is_said_to_people_alone(events, keyreeve):
    nothing = ("events", "--error", "NoSuchEntity")
    assert (keyreeve(*nothing).stdout, keyreeve(*nothing).stderr) == ("", "no events\n")
    assert keyreeve(*nothing, "--json").output == ""
    assert keyreeve("events").stderr == ""


def test_who_follows_is_not_told_that_there_is_nothing_yet(events, data, program):
    command = [sys.executable, "-m", "keyreeve", "events", "--data", str(data), "--follow", "--name", "None"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=program.environment()
    ) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        process.terminate()
        assert process.communicate() == (b"", b"")


@pytest.mark.parametrize("command", [["events"], ["events", "export", "out"], ["events", "query", "SELECT 1"]])
@pytest.mark.parametrize("account", ["12", "1234567890123", "12345678901x"])
def test_an_account_that_is_none_is_a_wrong_use(account, command, events, keyreeve):
    said = keyreeve(*command, "--account", account, status=2).stderr
    assert f"'{account}' is no account's id, which has twelve digits." in said


def test_columns_stand_below_each_other(events, keyreeve, admin, data):
    long = "a-session-with-a-name-that-is-rather-long"
    with Node.open(Config(data=data), {}) as node:
        node.log.defer(event(admin["account_id"], long, "EnableOrganizationsRootCredentialsManagement", None, NOW, 9))
    lines = keyreeve("events").stdout.splitlines()
    assert len({line.index("192.0.2.7") for line in lines[1:]}) == 1
    assert {line.index("iam:") for line in lines[1:]} == {lines[-1].index(long) + len(long) + 2}


@pytest.mark.parametrize("time", ["yesterday", "5 minutes", "12345"])
def test_a_time_that_is_none_is_told(time, keyreeve):
    result = keyreeve("events", "--since", time, status=2)
    assert result.stderr.endswith("(ago). See: keyreeve events --help\n")
    assert "a time is like" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_whole_log_is_verified(events, told, keyreeve):
    found = told("events", "verify")
    assert (found["whole"], found["problems"]) == (True, [])
    assert found["head"].startswith("5:")
    assert found["head"] in keyreeve("events", "verify", "--head", found["head"]).stdout


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE events SET row = CAST(replace(row, 'AccessDenied', 'None') AS BLOB) WHERE number = 3",
        "UPDATE events SET row = replace(row, 'AccessDenied', 'None') WHERE number = 3",  # makes a text of it
        "UPDATE events SET row = 5 WHERE number = 3",
        "INSERT INTO blocks (first, last, block) VALUES ('one', 2, 'two')",
    ],
)
def test_an_edited_log_is_not_whole(events, keyreeve, told, data, edit):
    head = told("events", "verify")["head"]
    database = sqlite3.connect(data / "keyreeve.db")
    with database:
        database.execute(edit)
    database.close()
    result = keyreeve("events", "verify", status=1)
    assert "edited" in result.stdout
    assert "not whole" in result.stderr
    assert keyreeve("events", "verify", "--head", head, "--json", status=1)


def test_a_head_that_is_none_is_told(events, keyreeve):
    assert "as events verify prints it" in keyreeve("events", "verify", "--head", "5", status=2).stderr


def test_without_data_there_are_no_events(keyreeve, data):
    assert "holds no data of Keyreeve" in keyreeve("events", status=1).stderr
    assert not data.exists()


def test_reading_leaves_the_folder_as_it_is(events, keyreeve, data):
    before = (data / "keyreeve.db").read_bytes()
    keyreeve("events")
    assert (data / "keyreeve.db").read_bytes() == before


def test_events_go_through_a_pipe_that_ends_early(events, data, program):
    ran = program.shell(f"events --data {data} --follow | true")
    assert (ran.returncode, ran.stderr) == (1, "")


def test_the_log_is_exported_as_cloudtrails_files(events, told, tmp_path, admin):
    found = told("events", "export", str(tmp_path / "out"))
    paths = sorted((tmp_path / "out").rglob("*.json.gz"))
    records = [each for path in paths for each in json.loads(gzip.decompress(path.read_bytes()))["Records"]]
    assert (found["events"], found["files"]) == (5, len(paths))
    assert sorted(each["eventName"] for each in records).count("CreateUser") == 2
    account = admin["account_id"]
    assert all(path.parts[-9:-4] == ("out", "AWSLogs", account, "CloudTrail", "us-east-1") for path in paths)
    before = {path: path.read_bytes() for path in paths}
    told("events", "export", str(tmp_path / "out"))
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.json.gz")} == before
    assert told("events", "export", str(tmp_path / "none"), "--account", "000000000000")["events"] == 0


def test_an_export_is_its_owners_and_groups_alone(events, keyreeve, tmp_path):
    out = tmp_path / "some" / "out"
    assert keyreeve("events", "export", str(out)).stdout == f"5 events in 1 file under {out}\n"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (out.parent, out, *out.rglob("*")) if path.is_dir()}
    assert modes == {0o750}


def test_the_log_is_asked_in_sql(events, told, keyreeve):
    counted = "SELECT eventName, count(*) AS n FROM events GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1"
    assert told("events", "query", counted) == [{"eventName": "CreateUser", "n": 2}]
    denied = "SELECT userIdentity->>'userName' AS who, eventTime FROM events WHERE errorCode = 'AccessDenied'"
    (row,) = told("events", "query", denied)
    assert (row["who"], row["eventTime"]) == ("alice", f"{NOW - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}")
    assert "CreateUser" in keyreeve("events", "query", counted).stdout
    assert told("events", "query", "SELECT count(*) AS n FROM events", "--since", "90m") == [{"n": 2}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY events TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELEC",
    ],
)
def test_a_query_reaches_the_table_and_nothing_else(events, keyreeve, sql, data):
    before = (data / "keyreeve.db").read_bytes()
    assert len(keyreeve("events", "query", sql, status=1).stderr.splitlines()) == 1
    assert (data / "keyreeve.db").read_bytes() == before


def test_a_member_that_is_compared_as_json_is_told_how_to_be_a_text(events, told, keyreeve):
    wrong = "SELECT eventName FROM events WHERE userIdentity.userName = 'alice'"
    said = keyreeve("events", "query", wrong, status=1).stderr
    assert "userIdentity->>'userName' = 'alice'" in said
    assert len(told("events", "query", wrong.replace("userIdentity.userName", "userIdentity->>'userName'"))) == 2
    assert "->>" not in keyreeve("events", "query", "SELECT eventNam FROM events", status=1).stderr


def test_the_page_lists_every_column_with_its_type():
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
    listed = dict(re.findall(r"^\| `(\w+)` \| ([A-Z]+) \|", page, re.MULTILINE))
    assert listed == events_query.COLUMNS


@pytest.mark.parametrize("sql", ["", " ", ";", "/* nothing */"])
def test_a_query_that_asks_nothing_is_told(events, keyreeve, sql):
    assert "asks nothing" in keyreeve("events", "query", sql, status=2).stderr


def test_without_the_extra_a_query_says_what_is_missing(events, data, monkeypatch, capsys):
    monkeypatch.setitem(extras.EXTRAS, "query", "no_such_package")
    with pytest.raises(click.ClickException, match=r"pip install 'keyreeve\[query\]'"):
        events_query.command.main(["SELECT 1", "--data", str(data)], standalone_mode=False)
