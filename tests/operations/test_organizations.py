"""Centralized root access: without an organization, and with an account that manages the others."""

from datetime import UTC, datetime, timedelta

import pytest

import harness
from harness import ACCOUNT, OTHER, allow, refused
from keyreeve.events import Filter, look_up
from keyreeve.operations import Site

TASK = "arn:aws:iam::aws:policy/root-task/"
AUDIT, DELETE = f"{TASK}IAMAuditRootUserCredentials", f"{TASK}IAMDeleteRootUserCredentials"
PATH = "o-a1b2c3d4e5/r-f6g7h8i9j0example"

FEATURES = [
    "list_organizations_features",
    "enable_organizations_root_credentials_management",
    "enable_organizations_root_sessions",
    "disable_organizations_root_credentials_management",
    "disable_organizations_root_sessions",
]


@pytest.fixture
def organization(tmp_path):
    """A server whose first account manages the second."""
    return harness.made(tmp_path, Site(management_account=ACCOUNT))


@pytest.fixture
def manager(organization):
    """A user of the management account who may do anything; root credentials management is on."""
    organization.root().iam.enable_organizations_root_credentials_management()
    return organization.user("manager", allow("*"))


def assumed(server, person, task=AUDIT, target=OTHER, **more):
    answer = person.sts.assume_root(TargetPrincipal=target, TaskPolicyArn={"arn": task}, **more)
    return server.person(answer["Credentials"])


@pytest.mark.parametrize("name", FEATURES)
def test_without_an_organization_there_are_no_features(root, name):
    with refused("OrganizationNotFoundException"):
        getattr(root.iam, name)()


def test_without_an_organization_there_are_no_reports(root):
    with refused("OrganizationNotFoundException"):
        root.iam.generate_organizations_access_report(EntityPath=PATH)
    with refused("NoSuchEntity"):
        root.iam.get_organizations_access_report(JobId="11111111-1111-4111-8111-111111111111")


def test_without_an_organization_nobody_assumes_root_users(server):
    with refused("AccessDenied"):
        assumed(server, server.user("alice", allow("*")))


@pytest.mark.parametrize("name", FEATURES)
def test_members_do_not_manage(organization, name):
    with refused("AccountNotManagementOrDelegatedAdministratorException"):
        getattr(organization.root(OTHER).iam, name)()


def test_features_are_switched_on_and_off(organization):
    iam = organization.root().iam
    assert iam.list_organizations_features()["EnabledFeatures"] == []
    iam.enable_organizations_root_sessions()
    both = iam.enable_organizations_root_credentials_management()
    assert both["EnabledFeatures"] == ["RootCredentialsManagement", "RootSessions"]
    assert iam.enable_organizations_root_sessions()["EnabledFeatures"] == both["EnabledFeatures"]
    left = iam.disable_organizations_root_credentials_management()
    assert left["EnabledFeatures"] == iam.list_organizations_features()["EnabledFeatures"] == ["RootSessions"]
    assert left["OrganizationId"] == both["OrganizationId"]


def test_a_report_needs_policies_of_the_whole_organization_which_there_are_not(organization):
    with refused("OrganizationNotInAllFeaturesModeException"):
        organization.root().iam.generate_organizations_access_report(EntityPath=PATH)


def test_a_manager_audits_a_members_root_user(organization, manager):
    root = assumed(organization, manager, target=f"arn:aws:iam::{OTHER}:root")
    assert root.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{OTHER}:root"
    assert len(root.iam.list_access_keys()["AccessKeyMetadata"]) == 1
    assert root.iam.get_user()["User"]["Arn"] == f"arn:aws:iam::{OTHER}:root"
    with refused("NoSuchEntity", "Login Profile for User root cannot be found."):
        root.iam.get_login_profile()
    for call in (
        root.iam.list_users,
        lambda: root.iam.create_user(UserName="u"),
        root.iam.create_access_key,
        root.sts.get_session_token,
        lambda: root.iam.list_access_keys(UserName="alice"),
    ):
        with refused("AccessDenied"):
            call()


def test_a_manager_takes_a_root_users_keys_away_at_once(organization, manager):
    theirs = organization.root(OTHER)
    root = assumed(organization, manager, DELETE)
    key = root.iam.list_access_keys()["AccessKeyMetadata"][0]["AccessKeyId"]
    root.iam.delete_access_key(AccessKeyId=key)
    with refused("InvalidClientTokenId"):
        theirs.sts.get_caller_identity()
    with refused("AccessDenied"):
        root.iam.list_account_aliases()


def test_no_password_of_a_root_user_is_made_over_the_network(organization, manager):
    with refused(
        "AccessDenied", "The password of a root user is set on the server's machine, with keyreeve root set-password."
    ):
        assumed(organization, manager, f"{TASK}IAMCreateRootUserPassword").iam.create_login_profile()


def test_only_the_five_tasks_of_features_that_are_on(organization, manager):
    for task in (
        f"{TASK}S3UnlockBucketPolicy",
        f"{TASK}Other",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        f"arn:aws:iam::{ACCOUNT}:policy/own",
    ):
        with refused("AccessDenied"):
            assumed(organization, manager, task)
    organization.root().iam.enable_organizations_root_sessions()
    assumed(organization, manager, f"{TASK}S3UnlockBucketPolicy")
    organization.root().iam.disable_organizations_root_credentials_management()
    with refused("AccessDenied"):
        assumed(organization, manager)


@pytest.mark.parametrize(
    "target",
    [ACCOUNT, "000000000001", f"arn:aws:iam::{OTHER}:user/admin", f"arn:aws:iam::{OTHER}", f"{OTHER}:root"],
)
def test_only_root_users_of_members_are_assumed(organization, manager, target):
    with refused("AccessDenied"):
        assumed(organization, manager, target=target)


def test_members_assume_nobody(organization, manager):
    with refused("AccessDenied"):
        assumed(organization, organization.user("mallory", allow("*"), account=OTHER), target=ACCOUNT)


def test_root_users_assume_nobody(organization, manager):
    with refused("AccessDenied"):
        assumed(organization, organization.root())


def test_the_caller_needs_the_permission_for_the_task_and_the_account(organization, manager):
    condition = {"StringEquals": {"sts:TaskPolicyArn": AUDIT}}
    auditor = organization.user("auditor", allow("sts:AssumeRoot", f"arn:aws:iam::{OTHER}:root", Condition=condition))
    assumed(organization, auditor)
    with refused("AccessDenied"):
        assumed(organization, auditor, DELETE)
    with refused("AccessDenied"):
        assumed(organization, organization.user("elsewhere", allow("sts:AssumeRoot", "arn:aws:iam::999999999999:root")))
    with refused("AccessDenied"):
        assumed(organization, organization.user("nobody"))


def test_a_session_lasts_a_quarter_of_an_hour_at_most(organization, manager):
    whole = manager.sts.assume_root(TargetPrincipal=OTHER, TaskPolicyArn={"arn": AUDIT})["Credentials"]
    assert timedelta(0) < whole["Expiration"] - datetime.now(UTC) <= timedelta(minutes=15)
    short = assumed(organization, manager, DurationSeconds=60)
    organization.offset += timedelta(seconds=61)
    with refused("ExpiredToken"):
        short.sts.get_caller_identity()
    with refused("ValidationError"):
        manager.sts.assume_root(TargetPrincipal=OTHER, TaskPolicyArn={"arn": AUDIT}, DurationSeconds=901)
    with refused("ValidationError"):
        manager.sts.assume_root(TargetPrincipal=OTHER, TaskPolicyArn={})


@pytest.mark.parametrize("target", [OTHER, f"arn:aws:iam::{OTHER}:root"])
def test_the_member_sees_who_came_and_what_was_done(organization, manager, target):
    assumed(organization, manager, target=target).iam.list_access_keys()
    found = {
        (event.event_name, event.recipient_account_id): event
        for _, event in look_up(organization.log.rows, Filter())
        if event.event_name in {"AssumeRoot", "ListAccessKeys"}
    }
    assert found["AssumeRoot", ACCOUNT].user_identity.user_name == "manager"
    assert found["AssumeRoot", OTHER].user_identity.account_id == ACCOUNT
    done = found["ListAccessKeys", OTHER].user_identity
    assert (done.type, done.session_context.assumed_root) == ("Root", "true")
