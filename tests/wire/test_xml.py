"""Answers as AWS writes them, and well-formed whatever they hold."""

import dataclasses
import sys
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyreeve.faults import NoSuchEntity, ServiceFailure
from keyreeve.wire import fragments, json_answer, model, xml
from keyreeve.wire.exchange import Request

ID = "c6104cbe-af31-11e0-8154-cbc7ccf896c7"
IAM = "{https://iam.amazonaws.com/doc/2010-05-08/}"


class User(msgspec.Struct, frozen=True):
    user_name: str
    path: str = "/"
    tags: tuple = ()


def iam(name):
    return model.service("iam").operations[name]


def sts(name):
    return model.service("sts").operations[name]


IDENTITY = {"account": "123456789012", "arn": "arn:aws:iam::123456789012:user/alice", "user_id": "AIDAEXAMPLE"}


def test_an_answer():
    assert (
        xml.writer(sts("GetCallerIdentity"))(IDENTITY, ID).decode()
        == f"""\
<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:iam::123456789012:user/alice</Arn>
    <UserId>AIDAEXAMPLE</UserId>
    <Account>123456789012</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>{ID}</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
"""
    )


def test_an_answer_without_a_result():
    assert (
        xml.writer(iam("DeleteUser"))(None, ID).decode()
        == f"""\
<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
  <ResponseMetadata>
    <RequestId>{ID}</RequestId>
  </ResponseMetadata>
</DeleteUserResponse>
"""
    )


def test_lists_of_records():
    write = xml.writer(iam("ListUsers"), without=frozenset({"User.Tags", "User.PermissionsBoundary"}))
    users = (User("a", tags=({"key": "k", "value": "v"},)), {"user_name": "b"})
    assert b"""\
    <Users>
      <member>
        <Path>/</Path>
        <UserName>a</UserName>
      </member>
      <member>
        <UserName>b</UserName>
      </member>
    </Users>
    <IsTruncated>false</IsTruncated>
""" in write({"users": users, "is_truncated": False}, ID)


def test_empty_lists_are_empty_elements_and_absent_ones_are_absent():
    write = xml.writer(iam("ListUsers"))
    assert b"    <Users/>\n" in write({"users": ()}, ID)
    assert b"Users>" not in write({"users": None}, ID)
    assert b"  <ListUsersResult/>\n" in write({}, ID)


def test_maps():
    body = xml.writer(iam("GetAccountSummary"))({"summary_map": {"Users": 3}}, ID)
    assert (
        b"""\
    <SummaryMap>
      <entry>
        <key>Users</key>
        <value>3</value>
      </entry>
    </SummaryMap>
"""
        in body
    )


def test_times_are_utc_in_whole_seconds_but_for_jobs():
    moment = datetime(2024, 2, 17, 18, 13, 23, 456789, timezone(timedelta(hours=1)))
    body = xml.writer(iam("GetUser"))({"user": {"create_date": moment}}, ID)
    assert b"<CreateDate>2024-02-17T17:13:23Z</CreateDate>" in body
    body = xml.writer(iam("GetServiceLastAccessedDetails"))({"job_creation_date": moment}, ID)
    assert b"<JobCreationDate>2024-02-17T17:13:23.456Z</JobCreationDate>" in body


def test_policy_documents_of_iam_are_percent_encoded():
    body = xml.writer(iam("GetUserPolicy"))({"policy_document": '{"a": "~*/ж"}'}, ID)
    assert b"<PolicyDocument>%7B%22a%22%3A%20%22~%2A%2F%D0%B6%22%7D</PolicyDocument>" in body
    body = xml.writer(iam("ListRoles"))({"roles": [{"assume_role_policy_document": "{}"}]}, ID)
    assert b"<AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument>" in body
    body = json_answer.writer(iam("GetUserPolicy"))({"policy_document": "{}"}, ID)
    assert b'"PolicyDocument":"%7B%7D"' in body


def test_blobs_are_base64():
    device = {"virtual_mfa_device": {"base32_string_seed": b"seed"}}
    assert b"<Base32StringSeed>c2VlZA==</Base32StringSeed>" in xml.writer(iam("CreateVirtualMFADevice"))(device, ID)


@given(st.text() | st.text(st.characters(categories=["Cc", "Cs", "Cn"])))
def test_every_text_makes_a_well_formed_document(text):
    root = ET.fromstring(xml.writer(iam("GetUser"))({"user": {"user_name": text}}, ID))  # noqa: S314  ours
    name = root.findtext(f".//{IAM}UserName")
    assert len(name) == len(text)
    assert all(seen in {it, "\ufffd"} for it, seen in zip(text, name, strict=True))
    ET.fromstring(xml.error("https://example.com/", NoSuchEntity(text), ID))  # noqa: S314  ours
    json_answer.writer(iam("GetUser"))({"user": {"user_name": text}}, ID).decode()


def test_errors():
    assert (
        xml.error(xml.DISPATCH, NoSuchEntity("The user with name <a> cannot be found."), ID).decode()
        == f"""\
<ErrorResponse xmlns="http://webservices.amazon.com/AWSFault/2005-15-09">
  <Error>
    <Type>Sender</Type>
    <Code>NoSuchEntity</Code>
    <Message>The user with name &lt;a&gt; cannot be found.</Message>
  </Error>
  <RequestId>{ID}</RequestId>
</ErrorResponse>
"""
    )
    receiver = xml.error("x", ServiceFailure(), ID)
    assert b"<Type>Receiver</Type>" in receiver
    assert b"Message" not in receiver


def test_json():
    assert json_answer.writer(sts("GetCallerIdentity"))(IDENTITY, ID).decode() == (
        '{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"123456789012",'
        '"Arn":"arn:aws:iam::123456789012:user/alice","UserId":"AIDAEXAMPLE"},'
        f'"ResponseMetadata":{{"RequestId":"{ID}"}}}}}}'
    )
    created = datetime(2024, 2, 17, 17, 13, 23, tzinfo=UTC)
    body = json_answer.writer(iam("ListUsers"))({"users": [{"create_date": created}], "is_truncated": True}, ID)
    assert b'{"IsTruncated":true,"Users":[{"CreateDate":1708190003}]}' in body
    assert json_answer.writer(iam("DeleteUser"))(None, ID) == (
        f'{{"DeleteUserResponse":{{"ResponseMetadata":{{"RequestId":"{ID}"}}}}}}'.encode()
    )


def test_errors_as_json():
    assert json_answer.error(NoSuchEntity("Gone."), ID) == (
        f'{{"Error":{{"Code":"NoSuchEntity","Message":"Gone.","Type":"Sender"}},"RequestId":"{ID}"}}'.encode()
    )
    assert b"Message" not in json_answer.error(ServiceFailure(), ID)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/json", True),
        ("text/plain, Application/JSON;q=0.5", True),
        ("*/*", False),
        ("application/json, text/xml", False),
        (None, False),
    ],
)
def test_json_is_for_those_who_ask(accept, wanted):
    headers = () if accept is None else (("accept", accept),)
    assert json_answer.wanted(Request("POST", "/", "", headers, b"", "127.0.0.1")) is wanted


@dataclasses.dataclass(frozen=True)
class Frozen:
    name: str


@dataclasses.dataclass
class Changing:
    name: str


def count_writes(records):
    written = []
    write = fragments.Fragments(lambda record: written.append(record) or "text")
    for record in records:
        write(record)
    return len(written)


def test_only_frozen_records_are_remembered():
    frozen, changing, known = Frozen("a"), Changing("a"), {"name": "a"}
    assert count_writes([frozen, frozen]) == 1
    assert count_writes([changing, changing]) == 2
    assert count_writes([known, known]) == 2


def test_equal_records_are_not_the_same_record():
    assert count_writes([Frozen("a"), Frozen("a")]) == 2


def test_what_is_remembered_is_bounded():
    write = fragments.Fragments(lambda record: record.name)
    for number in range(fragments.MOST * 2 + 1):
        write(Frozen(str(number)))
    assert len(write._kept) <= fragments.MOST


class Key(msgspec.Struct, frozen=True):
    access_key_id: str
    secret_access_key: str


class Made(msgspec.Struct, frozen=True):
    access_key: Key


def test_secrets_are_written_and_not_kept():
    write = xml.writer(iam("CreateAccessKey"))
    made = Made(Key("AKIAEXAMPLE", "a-secret"))
    before = sys.getrefcount(made), sys.getrefcount(made.access_key)
    assert b"<SecretAccessKey>a-secret</SecretAccessKey>" in write(made, ID)
    assert (sys.getrefcount(made), sys.getrefcount(made.access_key)) == before


def test_other_records_are_kept():
    user = User("a")
    before = sys.getrefcount(user)
    xml.writer(iam("GetUser"))({"user": user}, ID)
    assert sys.getrefcount(user) == before + 1
