"""Service and resource control policies: what the operator attaches binds accounts from the next request on."""

import json
import secrets
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

import harness
from harness import ACCOUNT, OTHER, allow, refused, trusting
from keyreeve.access.control_policies import RCP, SCP
from keyreeve.access.service_roles import Desk, assume_as_service
from keyreeve.entities import Role
from keyreeve.faults import (
    AccessDenied,
    EntityAlreadyExists,
    LimitExceeded,
    MalformedPolicyDocument,
    NoSuchEntity,
    ValidationError,
)
from keyreeve.operations import Site
from keyreeve.service import administration

NO_USERS = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}]}
ONLY_STS = allow("sts:*")
NO_SESSIONS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}],
}


class Operator:
    """The operator's commands on a server."""

    def __init__(self, server, management_account=None):
        self.node = SimpleNamespace(
            view=server.view,
            log=server.log,
            now=lambda: datetime.now(UTC),
            chance=secrets.token_bytes,
            config=SimpleNamespace(management_account=management_account),
        )

    def does(self, verb, **arguments):
        return administration.run(self.node, f"organizations.{verb}", arguments).result

    def attaches(self, content, policy_type=SCP, name="Mine", target_id=ACCOUNT, **more):
        text = content if isinstance(content, str) else json.dumps(content)
        self.does("attach-policy", target_id=target_id, policy_type=policy_type, name=name, content=text, **more)

    def detaches(self, name="Mine", policy_type=SCP, target_id=ACCOUNT, **more):
        self.does("detach-policy", target_id=target_id, policy_type=policy_type, name=name, **more)

    def listed(self):
        return [(each["type"], each["level"], each["name"]) for each in self.does("list-policies")]


@pytest.fixture
def operator(server):
    return Operator(server)


def denied(person, kind="service control policy"):
    with refused("AccessDenied") as found:
        person.iam.list_users()
    return found.error.response["Error"]["Message"].endswith(f"with an explicit deny in a {kind}")


def test_a_service_control_policy_binds_from_the_next_request_and_no_longer_than_it_is_attached(server, operator):
    alice = server.user("alice", allow("*"))
    assert alice.iam.list_users()
    operator.attaches(NO_USERS)
    assert denied(alice)
    assert alice.iam.list_roles()
    operator.detaches()
    assert alice.iam.list_users()


def test_the_root_user_is_bound_too(server, operator):
    root = server.root()
    assert root.iam.list_users()
    operator.attaches(NO_USERS)
    assert denied(root)


def test_role_sessions_are_bound(server, operator):
    alice = server.user("alice", allow("*"))
    server.root().iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps(trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    )
    server.root().iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(allow("*")))
    role = alice.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="work")
    session = server.person(role["Credentials"])
    assert session.iam.list_users()
    operator.attaches(NO_USERS)
    assert denied(session)


def as_service(server, service, name):
    """A session of a role for a service that it trusts."""
    tx = server.view.begin()
    desk = Desk(server.ring, server.log, datetime.now(UTC), secrets.token_bytes)
    assumed = assume_as_service(desk, tx, service, tx.find(Role, ACCOUNT, "name", name.lower()), session_name="work")
    keys = assumed.session
    return server.person(
        {
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
            "SessionToken": assumed.token,
        }
    )


def test_service_linked_roles_are_not_bound(server, operator):
    root, service = server.root(), "fis.amazonaws.com"
    name = root.iam.create_service_linked_role(AWSServiceName=service)["Role"]["RoleName"]
    linked = as_service(server, service, name)
    operator.attaches(allow("s3:*"), name="OnlyS3")
    operator.detaches("FullAWSAccess")
    with refused("AccessDenied") as found:
        root.iam.list_users()
    assert "because no service control policy allows the iam:ListUsers action" in str(found.error)
    assert linked.iam.list_users()["Users"] == []


def test_a_service_assumes_no_role_that_a_resource_control_policy_closes(server, operator):
    server.root().iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps(trusting({"Service": "ec2.amazonaws.com"}))
    )
    assert as_service(server, "ec2.amazonaws.com", "r")
    operator.attaches(NO_SESSIONS, RCP)
    with pytest.raises(AccessDenied):
        as_service(server, "ec2.amazonaws.com", "r")


def test_other_accounts_are_not_bound(server, operator):
    operator.attaches(NO_USERS)
    assert server.root(OTHER).iam.list_users()


def test_every_level_has_to_allow(server, operator):
    alice = server.user("alice", allow("*"))
    operator.attaches(allow("iam:*"), name="OnlyIAM", level="root")
    operator.detaches("FullAWSAccess", level="root")
    assert alice.iam.list_users()
    operator.attaches(ONLY_STS, name="OnlySTS", level="ou1")
    assert alice.iam.list_users()
    operator.detaches("FullAWSAccess", level="ou1")
    with refused(
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/ because no service control policy allows the iam:ListUsers action",
    ):
        alice.iam.list_users()


def test_a_policy_of_several_is_updated_without_a_gap(server, operator):
    alice = server.user("alice", allow("*"))
    operator.attaches(NO_USERS)
    operator.does(
        "update-policy",
        target_id=ACCOUNT,
        policy_type=SCP,
        name="Mine",
        content=json.dumps(NO_USERS).replace("iam:ListUsers", "iam:ListRoles"),
    )
    assert alice.iam.list_users()
    with refused("AccessDenied"):
        alice.iam.list_roles()


def role_of(server, account, trusted):
    root = server.root(account)
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trusting({"AWS": trusted})))
    return f"arn:aws:iam::{account}:role/r"


@pytest.mark.parametrize("caller", [ACCOUNT, OTHER])
def test_a_resource_control_policy_binds_whoever_asks_for_what_the_account_owns(server, operator, caller):
    person = server.user("alice", allow("*"), account=caller)
    role = role_of(server, OTHER, caller)
    assert person.sts.assume_role(RoleArn=role, RoleSessionName="work")
    operator.attaches(NO_SESSIONS, RCP, target_id=ACCOUNT)
    assert person.sts.assume_role(RoleArn=role, RoleSessionName="work")
    operator.attaches(NO_SESSIONS, RCP, target_id=OTHER)
    with refused("AccessDenied"):
        person.sts.assume_role(RoleArn=role, RoleSessionName="work")
    operator.detaches(policy_type=RCP, target_id=OTHER)
    assert person.sts.assume_role(RoleArn=role, RoleSessionName="work")


def test_a_denial_names_the_resource_control_policy(server, operator):
    alice = server.user("alice", allow("*"))
    statement = {"Effect": "Deny", "Principal": "*", "Action": "iam:ListUsers", "Resource": "*"}
    operator.attaches({"Version": "2012-10-17", "Statement": [statement]}, RCP)
    assert denied(alice, "resource control policy")


def test_the_management_account_is_not_bound(tmp_path):
    server = harness.made(tmp_path, Site(management_account=ACCOUNT))
    before, after = Operator(server), Operator(server, ACCOUNT)
    before.attaches(NO_USERS)  # when another account managed, or none
    statement = {"Effect": "Deny", "Principal": "*", "Action": "iam:ListUsers", "Resource": "*"}
    before.attaches({"Version": "2012-10-17", "Statement": [statement]}, RCP)
    assert server.root().iam.list_users()
    with pytest.raises(ValidationError, match="do not bind the management account"):
        after.attaches(NO_USERS, name="Another")
    after.detaches()


def test_a_simulated_user_is_bound_as_the_real_one_is(server, operator):
    alice = server.user("alice", allow("*"))
    operator.attaches(NO_USERS)
    found = alice.iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/alice", ActionNames=["iam:ListUsers", "iam:ListRoles"]
    )["EvaluationResults"]
    assert [each["EvalDecision"] for each in found] == ["explicitDeny", "allowed"]
    assert [each["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for each in found] == [False, True]


def test_what_is_done_is_an_event_of_the_account(server, operator):
    operator.attaches(NO_USERS, level="root")
    operator.detaches(level="root")
    found = server.root().cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "organizations.amazonaws.com"}]
    )["Events"]
    records = [json.loads(each["CloudTrailEvent"]) for each in reversed(found)]
    assert [each["eventName"] for each in records] == ["AttachPolicy", "DetachPolicy"]
    assert records[0]["requestParameters"] == {
        "targetId": ACCOUNT,
        "type": SCP,
        "level": "root",
        "name": "Mine",
        "content": json.dumps(NO_USERS),
    }
    assert records[0]["additionalEventData"]["command"] == "keyreeve organizations attach-policy"


def test_with_the_first_policy_of_a_level_comes_the_one_that_allows_everything(operator):
    operator.attaches(NO_USERS, level="ou2")
    operator.attaches(NO_SESSIONS, RCP)
    assert operator.listed() == [
        (RCP, "account", "Mine"),
        (RCP, "account", "RCPFullAWSAccess"),
        (SCP, "ou2", "FullAWSAccess"),
        (SCP, "ou2", "Mine"),
    ]


def test_the_last_policy_of_a_level_stays(operator):
    operator.attaches(NO_USERS)
    operator.detaches("FullAWSAccess")
    with pytest.raises(LimitExceeded, match="Every level has a policy"):
        operator.detaches()


def test_the_resource_control_policy_of_aws_stays(operator):
    operator.attaches(NO_SESSIONS, RCP)
    with pytest.raises(ValidationError, match="cannot be detached"):
        operator.detaches("RCPFullAWSAccess", RCP)


@pytest.mark.parametrize(("policy_type", "content", "most"), [(SCP, NO_USERS, 10), (RCP, NO_SESSIONS, 5)])
def test_a_level_holds_as_many_policies_of_a_type_as_in_aws(operator, policy_type, content, most):
    for number in range(most - 1):
        operator.attaches(content, policy_type, name=f"Number{number}")
    with pytest.raises(LimitExceeded, match=f"at most {most}"):
        operator.attaches(content, policy_type, name="More")
    operator.attaches(content, policy_type, name="More", level="root")


@pytest.mark.parametrize(("policy_type", "content", "longest"), [(SCP, NO_USERS, 10_240), (RCP, NO_SESSIONS, 5_120)])
def test_a_policy_is_as_long_as_in_aws_white_space_included(operator, policy_type, content, longest):
    text = json.dumps(content).ljust(longest)
    with pytest.raises(LimitExceeded, match=f"at most {longest} characters"):
        operator.attaches(text + " ", policy_type)
    operator.attaches(text, policy_type)


WRONG = {
    "another account": (NoSuchEntity, {"target_id": "999999999999"}),
    "another type": (ValidationError, {"policy_type": "TAG_POLICY"}),
    "another level": (ValidationError, {"level": "ou6"}),
    "a name with a break": (ValidationError, {"name": "a\nb"}),
    "no JSON": (MalformedPolicyDocument, {"content": "{"}),
    "a principal in an SCP": (MalformedPolicyDocument, {"content": json.dumps(NO_SESSIONS)}),
    "an Allow in an RCP": (MalformedPolicyDocument, {"content": json.dumps(ONLY_STS), "policy_type": RCP}),
    "too long a policy": (LimitExceeded, {"content": json.dumps(NO_USERS) + " " * 10_240}),
    "another's content under AWS's name": (ValidationError, {"name": "FullAWSAccess"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_attached_is_refused(operator, name):
    fault, change = WRONG[name]
    with pytest.raises(fault):
        operator.attaches(**{"content": NO_USERS, **change})
    assert operator.listed() == []


def test_a_policy_is_attached_once_and_detached_once(operator):
    operator.attaches(NO_USERS)
    with pytest.raises(EntityAlreadyExists, match="already attached to the specified target"):
        operator.attaches(NO_USERS)
    operator.detaches()
    for verb in ("detach-policy", "update-policy"):
        content = {"content": json.dumps(NO_USERS)} if verb == "update-policy" else {}
        with pytest.raises(NoSuchEntity, match="isn't attached"):
            operator.does(verb, target_id=ACCOUNT, policy_type=SCP, name="Mine", **content)
