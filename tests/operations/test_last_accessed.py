"""Access advisor: which services an entity's policies allow, and when each was last used, from the event log."""

from datetime import timedelta

import pytest

from harness import ACCOUNT, allow, refused, text, trusting

USER = f"arn:aws:iam::{ACCOUNT}:user/u"


def generated(person, arn, level="SERVICE_LEVEL"):
    return person.iam.generate_service_last_accessed_details(Arn=arn, Granularity=level)["JobId"]


def services(person, arn, level="SERVICE_LEVEL", **more):
    answered = person.iam.get_service_last_accessed_details(JobId=generated(person, arn, level), **more)
    assert (answered["JobStatus"], answered["JobType"]) == ("COMPLETED", level)
    return {each["ServiceNamespace"]: each for each in answered["ServicesLastAccessed"]}


def entities(person, arn, service):
    answered = person.iam.get_service_last_accessed_details_with_entities(
        JobId=generated(person, arn), ServiceNamespace=service
    )
    return [(each["EntityInfo"]["Name"], "LastAuthenticated" in each) for each in answered["EntityDetailsList"]]


def test_allowed_services_are_listed_even_if_never_used(root, server):
    server.user("u", allow(["sqs:SendMessage", "iam:Get*"]), {**allow("s3:*"), "Version": "2012-10-17"})
    found = services(root, USER)
    assert list(found) == ["iam", "s3", "sqs"]
    assert found["sqs"] == {"ServiceName": "Amazon SQS", "ServiceNamespace": "sqs", "TotalAuthenticatedEntities": 0}


def test_a_use_says_who_when_and_where(root, server):
    user = server.user("u", allow("iam:GetUser"))
    user.iam.get_user()
    found = services(root, USER)["iam"]
    assert found["LastAuthenticatedEntity"] == USER
    assert found["LastAuthenticatedRegion"] == "us-east-1"
    assert found["TotalAuthenticatedEntities"] == 1
    assert "LastAuthenticated" in found
    assert "TrackedActionsLastAccessed" not in found


def test_a_denied_attempt_counts_and_actions_are_told_when_asked_for(root, server):
    user = server.user("u", allow("iam:GetUser"))
    user.iam.get_user()
    with refused("AccessDenied"):
        user.iam.list_users()
    found = services(root, USER, "ACTION_LEVEL")["iam"]
    assert [each["ActionName"] for each in found["TrackedActionsLastAccessed"]] == ["GetUser", "ListUsers"]
    assert {each["LastAccessedEntity"] for each in found["TrackedActionsLastAccessed"]} == {USER}


def test_what_is_used_without_being_allowed_is_not_listed(root, server):
    user = server.user("u", allow("s3:*"))
    user.sts.get_caller_identity()
    assert list(services(root, USER)) == ["s3"]


def test_a_group_is_used_by_its_members(root, server):
    root.iam.create_group(GroupName="g")
    root.iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=text(allow("iam:GetUser")))
    for name in ("a", "b", "c"):
        person = server.user(name)
        if name != "c":
            root.iam.add_user_to_group(GroupName="g", UserName=name)
        if name == "b":
            person.iam.get_user()
        if name == "c":
            with refused("AccessDenied"):
                person.iam.get_user()
    group = f"arn:aws:iam::{ACCOUNT}:group/g"
    found = services(root, group)["iam"]
    assert found["LastAuthenticatedEntity"] == f"arn:aws:iam::{ACCOUNT}:user/b"
    assert found["TotalAuthenticatedEntities"] == 1
    assert entities(root, group, "iam") == [("b", True), ("a", False)]
    assert entities(root, group, "s3") == []


def test_a_policy_is_used_by_whom_it_is_attached_to(root, server, travel):
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=text(allow("sts:*")))["Policy"]["Arn"]
    user = server.user("u")
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": USER})))
    root.iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    root.iam.attach_user_policy(UserName="u", PolicyArn=arn)
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    session = server.person(user.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"])
    travel(timedelta(seconds=2))
    session.sts.get_caller_identity()
    found = services(root, arn)
    assert list(found) == ["sts"]
    assert found["sts"]["LastAuthenticatedEntity"] == role
    assert found["sts"]["TotalAuthenticatedEntities"] == 2
    assert entities(root, arn, "sts") == [("r", True), ("u", True)]


def test_a_report_is_what_was_known_when_it_was_made(root, server):
    user = server.user("u", allow("iam:GetUser"))
    job = generated(root, USER)
    user.iam.get_user()
    (found,) = root.iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    assert found["TotalAuthenticatedEntities"] == 0


def test_uses_of_more_than_400_days_ago_are_forgotten(root, server, travel):
    server.user("u", allow("iam:GetUser")).iam.get_user()
    travel(timedelta(days=401))
    assert services(root, USER)["iam"]["TotalAuthenticatedEntities"] == 0


def test_a_report_is_for_its_maker_and_for_a_day(root, server, travel):
    other = server.user("u", allow("iam:*"))
    job = generated(root, USER)
    with refused("NoSuchEntity"):
        other.iam.get_service_last_accessed_details(JobId=job)
    travel(timedelta(days=1, seconds=2))
    with refused("NoSuchEntity"):
        root.iam.get_service_last_accessed_details(JobId=job)


def test_services_come_in_pages(root, server):
    server.user("u", allow(["iam:*", "s3:*", "sqs:*"]))
    job, found, more = generated(root, USER), [], {}
    while True:
        answered = root.iam.get_service_last_accessed_details(JobId=job, MaxItems=1, **more)
        found += [each["ServiceNamespace"] for each in answered["ServicesLastAccessed"]]
        if not answered["IsTruncated"]:
            break
        more = {"Marker": answered["Marker"]}
    assert found == ["iam", "s3", "sqs"]


def test_entities_come_in_pages(root, server):
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=text(allow("iam:*")))["Policy"]["Arn"]
    for name in ("a", "b", "c"):
        server.user(name)
        root.iam.attach_user_policy(UserName=name, PolicyArn=arn)
    job, found, more = generated(root, arn), [], {}
    while True:
        answered = root.iam.get_service_last_accessed_details_with_entities(
            JobId=job, ServiceNamespace="iam", MaxItems=2, **more
        )
        found += [each["EntityInfo"]["Name"] for each in answered["EntityDetailsList"]]
        if not answered["IsTruncated"]:
            break
        more = {"Marker": answered["Marker"]}
    assert found == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (USER, "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:policy/nope", "NoSuchEntity"),
        ("arn:aws:iam::aws:policy/NoSuchPolicyAtAll", "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:root", "InvalidInput"),
    ],
)
def test_what_does_not_exist_has_no_report(root, arn, code):
    with refused(code):
        root.iam.generate_service_last_accessed_details(Arn=arn)


@pytest.mark.parametrize(("bound", "value"), [("KEPT_PER_ACCOUNT", 2), ("KEPT_BYTES", 170)])
def test_the_oldest_report_goes_when_there_are_too_many_or_they_are_too_large(
    root, server, monkeypatch, travel, bound, value
):
    monkeypatch.setattr(f"keyreeve.iam.last_accessed.{bound}", value)
    server.user("u")
    jobs = []
    for second in range(3):
        travel(timedelta(seconds=second * 2))
        jobs.append(generated(root, USER))
    with refused("NoSuchEntity"):
        root.iam.get_service_last_accessed_details(JobId=jobs[0])
    for job in jobs[1:]:
        root.iam.get_service_last_accessed_details(JobId=job)
