"""Service-specific credentials, as real boto3 clients see them."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from harness import ACCOUNT, allow, refused
from keyreeve.entities import ServiceSpecificCredential
from keyreeve.events import Filter, look_up

GIT, KEYS = "codecommit.amazonaws.com", "bedrock.amazonaws.com"
UNKNOWN = "ACCAAAAAAAAAAAAAAAAAA"


@pytest.fixture
def iam(root):
    root.iam.create_user(UserName="u")
    return root.iam


def create(iam, service=GIT, user="u", **more):
    made = iam.create_service_specific_credential(UserName=user, ServiceName=service, **more)
    return made["ServiceSpecificCredential"]


def listed(iam, **more):
    return iam.list_service_specific_credentials(**more)["ServiceSpecificCredentials"]


def test_a_password_is_seen_once(iam):
    made = create(iam)
    assert made.pop("ServicePassword")
    assert made["ServiceUserName"] == f"u-at-{ACCOUNT}"
    assert made["ServiceSpecificCredentialId"].startswith("ACCA")
    assert (made["Status"], made["UserName"]) == ("Active", "u")
    answer = iam.list_service_specific_credentials(UserName="u")
    assert answer["ServiceSpecificCredentials"] == [made]
    assert "IsTruncated" not in answer


def test_an_api_key_holds_its_name_and_ends(server, iam):
    made = create(iam, KEYS, CredentialAgeDays=30)
    assert made["ExpirationDate"] - made["CreateDate"] == timedelta(days=30)
    assert made["ServiceCredentialAlias"] == f"u-at-{ACCOUNT}"
    assert "ServicePassword" not in made
    prefix, secret = made["ServiceCredentialSecret"][:4], made["ServiceCredentialSecret"][4:]
    assert prefix == "ABSK"
    assert b64decode(secret).decode().startswith(f"u-at-{ACCOUNT}:")
    assert listed(iam, UserName="u")[0]["Status"] == "Active"
    transaction = server.view.begin()
    (record,) = transaction.all(ServiceSpecificCredential, ACCOUNT)
    transaction.put(msgspec.structs.replace(record, expiration_date=datetime.now(UTC)))
    transaction.commit()
    assert listed(iam, UserName="u")[0]["Status"] == "Expired"


def test_an_api_key_without_days_does_not_end_and_a_password_has_none(iam):
    assert "ExpirationDate" not in create(iam, KEYS)
    with refused("ValidationError"):
        create(iam, CredentialAgeDays=1)
    with refused("ValidationError"):
        create(iam, KEYS, CredentialAgeDays=0)


def test_a_reset_makes_a_new_secret_and_keeps_the_status(iam):
    made = create(iam)
    named = {"UserName": "u", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    iam.update_service_specific_credential(**named, Status="Inactive")
    again = iam.reset_service_specific_credential(**named)["ServiceSpecificCredential"]
    assert again["ServicePassword"] != made["ServicePassword"]
    assert again["Status"] == "Inactive"
    with refused("ValidationError"):
        iam.update_service_specific_credential(**named, Status="Expired")


def test_two_for_each_service_under_names_of_their_own(iam):
    assert [create(iam)["ServiceUserName"] for _ in range(2)] == [f"u-at-{ACCOUNT}", f"u+1-at-{ACCOUNT}"]
    with refused("LimitExceeded", "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2"):
        create(iam)
    assert create(iam, "cassandra.amazonaws.com")["ServiceUserName"] == f"u-at-{ACCOUNT}"
    assert len(listed(iam, UserName="u")) == 3
    assert len(listed(iam, UserName="u", ServiceName=GIT)) == 2


def test_a_name_is_not_given_to_another_user_while_it_is_in_use(iam):
    create(iam)
    iam.update_user(UserName="u", NewUserName="renamed")
    iam.create_user(UserName="u")
    assert create(iam)["ServiceUserName"] == f"u+1-at-{ACCOUNT}"


def test_the_user_is_looked_for_before_the_service(iam):
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        create(iam, "nothing.amazonaws.com", user="nobody")
    sentence = "No such service nothing.amazonaws.com is supported for Service Specific Credentials"
    with refused("NoSuchEntity", sentence):
        create(iam, "nothing.amazonaws.com")


def test_all_users_come_in_pages(iam):
    for name in ("a", "b", "c"):
        iam.create_user(UserName=name)
        create(iam, user=name)
    first = iam.list_service_specific_credentials(AllUsers=True, MaxItems=2)
    assert first["IsTruncated"]
    second = iam.list_service_specific_credentials(AllUsers=True, MaxItems=2, Marker=first["Marker"])
    both = first["ServiceSpecificCredentials"] + second["ServiceSpecificCredentials"]
    assert {each["UserName"] for each in both} == {"a", "b", "c"}
    assert listed(iam, AllUsers=True, ServiceName=KEYS) == []
    with refused("ValidationError"):
        listed(iam, AllUsers=True, UserName="u")


def test_another_users_is_not_found_and_a_delete_counts_once(iam):
    made = create(iam)["ServiceSpecificCredentialId"]
    iam.create_user(UserName="other")
    for wanted in (made, UNKNOWN):
        with refused("NoSuchEntity", f"No such credential {wanted} exists"):
            iam.delete_service_specific_credential(UserName="other", ServiceSpecificCredentialId=wanted)
    with refused("DeleteConflict", "Cannot delete entity, must remove referenced objects first."):
        iam.delete_user(UserName="u")
    iam.delete_service_specific_credential(UserName="u", ServiceSpecificCredentialId=made)
    with refused("NoSuchEntity", f"No such credential {made} exists"):
        iam.delete_service_specific_credential(UserName="u", ServiceSpecificCredentialId=made)


def test_the_service_and_the_days_are_condition_keys(server, iam):
    only_git = {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": GIT}}
    week = {"NumericLessThanEquals": {"iam:ServiceSpecificCredentialAgeDays": "7"}}
    git = server.user("git", allow("iam:*ServiceSpecificCredential", Condition=only_git)).iam
    short = server.user("short", allow("iam:CreateServiceSpecificCredential", Condition=week)).iam
    made, key = create(git), create(iam, KEYS)
    git.reset_service_specific_credential(UserName="u", ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"])
    with refused("AccessDenied"):
        create(git, KEYS)
    with refused("AccessDenied"):
        git.delete_service_specific_credential(
            UserName="u", ServiceSpecificCredentialId=key["ServiceSpecificCredentialId"]
        )
    create(short, KEYS, CredentialAgeDays=7)
    for more in ({"CredentialAgeDays": 8}, {}):
        with refused("AccessDenied"):
            create(short, KEYS, **more)


def test_all_users_need_the_permission_on_all(server, iam):
    own = server.user("own", allow("iam:ListServiceSpecificCredentials", f"arn:aws:iam::{ACCOUNT}:user/own")).iam
    users = server.user("users", allow("iam:ListServiceSpecificCredentials", f"arn:aws:iam::{ACCOUNT}:user/*")).iam
    assert listed(own) == []
    with refused("AccessDenied"):
        listed(own, AllUsers=True)
    assert listed(users, AllUsers=True) == []


def test_no_secret_rests_or_is_told(server, iam):
    secrets = [create(iam)["ServicePassword"], create(iam, KEYS)["ServiceCredentialSecret"]]
    kept = msgspec.msgpack.encode(server.view.begin().all(ServiceSpecificCredential, ACCOUNT))
    events = b"".join(event.encode() for _, event in look_up(server.log.rows, Filter()))
    assert b"CreateServiceSpecificCredential" in events
    assert not [secret for secret in secrets if secret.encode() in kept + events]
