"""Delegation requests: taken on, accepted or rejected, and a token traded for credentials."""

from datetime import UTC, datetime, timedelta

import pytest

import harness
from delegating import SITE, aged, asked, messages, released, state, told, traded
from harness import ACCOUNT, OTHER, allow, refused, text, trusting
from keyreeve.events import Filter, look_up
from keyreeve.service.answering import ACCOUNT_HEADER


@pytest.fixture
def server(tmp_path):
    return harness.made(tmp_path, SITE)


@pytest.fixture
def partner(server):
    """A user of the partner's account who may do anything."""
    return server.user("robot", allow("*"), account=OTHER)


@pytest.fixture
def alice(server):
    """A user of the customer's account who may do anything."""
    return server.user("alice", allow("*"))


@pytest.fixture
def request_id(partner):
    return asked(partner)


def test_a_request_that_is_forwarded_again_and_again_pushes_no_messages_out(server, partner, alice, request_id):
    alice.iam.associate_delegation_request(DelegationRequestId=request_id)
    for number in range(3):
        alice.iam.update_delegation_request(DelegationRequestId=request_id, Notes=f"{number}")
    assert [each["State"] for each in messages(server)] == ["ASSIGNED", "PENDING_APPROVAL"]


def test_the_refusal_of_a_partner_does_not_tell_the_owner(server, partner, alice, request_id):
    alice.iam.associate_delegation_request(DelegationRequestId=request_id)
    with refused("AccessDenied"):
        partner.iam.get_delegation_request(DelegationRequestId=request_id)
    sealed = dict(server.answers[-1].headers)[ACCOUNT_HEADER]
    assert "alice" not in partner.sts.decode_authorization_message(EncodedMessage=sealed)["DecodedMessage"]


def test_the_whole_way(server, partner, alice, request_id):
    alice.iam.associate_delegation_request(DelegationRequestId=request_id)
    assert state(alice, request_id) == "ASSIGNED"
    alice.iam.update_delegation_request(DelegationRequestId=request_id, Notes="is this fine?")
    assert state(alice, request_id) == "PENDING_APPROVAL"
    boss = server.user("boss", allow("*"))
    boss.iam.accept_delegation_request(DelegationRequestId=request_id)
    found = boss.iam.get_delegation_request(DelegationRequestId=request_id)["DelegationRequest"]
    assert (found["State"], found["Notes"]) == ("ACCEPTED", "is this fine?")
    assert (found["OwnerId"], found["OwnerAccountId"]) == (f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT)
    assert found["ApproverId"] == f"arn:aws:iam::{ACCOUNT}:user/boss"
    alice.iam.send_delegation_token(DelegationRequestId=request_id)
    assert state(alice, request_id) == "FINALIZED"
    answer = partner.sts.get_delegated_access_token(TradeInToken=told(server))
    assert answer["AssumedPrincipal"] == f"arn:aws:iam::{ACCOUNT}:user/boss"
    assert "PackedPolicySize" not in answer
    somebody = server.person(answer["Credentials"])
    assert somebody.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/boss"
    assert len(somebody.iam.list_users()["Users"]) == 2
    kinds = [(each["Type"], each["State"]) for each in messages(server)]
    assert kinds == [
        ("StateChange", "ASSIGNED"),
        ("StateChange", "PENDING_APPROVAL"),
        ("StateChange", "ACCEPTED"),
        ("StateChange", "FINALIZED"),
        ("ExchangeToken", "FINALIZED"),
    ]


def test_the_partner_gets_no_more_than_it_asked_for_and_no_more_than_the_approver_has(server, partner, request_id):
    limited = server.user("limited", allow(["iam:*DelegationRequest", "iam:SendDelegationToken", "iam:ListUsers"]))
    somebody = traded(server, partner, released(server, limited, request_id))
    assert somebody.iam.list_users()["Users"]
    for call in (
        lambda: somebody.iam.get_user(UserName="limited"),
        lambda: somebody.iam.create_user(UserName="u"),
        lambda: somebody.iam.get_delegation_request(DelegationRequestId=request_id),
        somebody.sts.get_session_token,
        lambda: somebody.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="session"),
    ):
        with refused("AccessDenied"):
            call()


def test_what_the_approver_loses_the_partner_loses_at_once(server, partner, alice, request_id):
    token = released(server, alice, request_id)
    somebody = traded(server, partner, token)
    assert somebody.iam.list_users()
    root = server.root()
    root.iam.delete_user_policy(UserName="alice", PolicyName="p0")
    with refused("AccessDenied"):
        somebody.iam.list_users()
    (key,) = root.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    root.iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    root.iam.delete_user(UserName="alice")
    with refused("InvalidClientTokenId"):
        somebody.iam.list_users()
    root.iam.create_user(UserName="alice")
    with refused("AccessDenied"):
        partner.sts.get_delegated_access_token(TradeInToken=token)


def test_a_policy_takes_back_what_was_issued_and_what_the_token_would_give_again(server, partner, alice, request_id):
    token = released(server, alice, request_id)
    somebody = traded(server, partner, token)
    assert somebody.iam.list_users()
    server.offset += timedelta(seconds=60)
    now = f"{datetime.now(UTC) + server.offset:%Y-%m-%dT%H:%M:%SZ}"
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    older = {**deny, "Condition": {"DateLessThan": {"aws:TokenIssueTime": now}}}
    document = text({"Version": "2012-10-17", "Statement": older})
    server.root().iam.put_user_policy(UserName="alice", PolicyName="older", PolicyDocument=document)
    server.offset += timedelta(seconds=60)
    for acting in (somebody, traded(server, partner, token)):
        with refused("AccessDenied"):
            acting.iam.list_users()
    assert alice.iam.list_users()


def test_a_role_that_approves_lends_its_session(server, partner, request_id):
    root = server.root()
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ["sts:AssumeRole", "sts:TagSession"])
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trust))
    deny = {"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}
    tagged = {**deny, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}}
    document = {**allow("*"), "Statement": [*allow("*")["Statement"], tagged]}
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(document))
    caller = server.user("caller", allow("sts:*"))
    arn = f"arn:aws:iam::{ACCOUNT}:role/r"
    tags = [{"Key": "team", "Value": "red"}]
    assumed = caller.sts.assume_role(RoleArn=arn, RoleSessionName="boss", Tags=tags)
    approver = server.person(assumed["Credentials"])
    somebody = traded(server, partner, released(server, approver, request_id))
    assert somebody.sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/boss"
    assert somebody.iam.list_users()
    with refused("AccessDenied"):  # the tag of the approver's session stays
        somebody.iam.get_user(UserName="caller")


def test_a_session_that_policies_limit_approves_nothing(server, alice, request_id):
    server.root().iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    server.root().iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(allow("*")))
    arn = f"arn:aws:iam::{ACCOUNT}:role/r"
    assumed = alice.sts.assume_role(RoleArn=arn, RoleSessionName="session", Policy=text(allow("iam:*")))
    limited = server.person(assumed["Credentials"])
    limited.iam.associate_delegation_request(DelegationRequestId=request_id)
    with refused("AccessDenied"):
        limited.iam.accept_delegation_request(DelegationRequestId=request_id)
    alice.iam.accept_delegation_request(DelegationRequestId=request_id)


def test_a_root_user_approves_four_hours_at_most(server, partner):
    root = server.root()
    long = asked(partner, SessionDuration=4 * 3600 + 1)
    root.iam.associate_delegation_request(DelegationRequestId=long)
    with refused("AccessDenied"):
        root.iam.accept_delegation_request(DelegationRequestId=long)
    short = asked(partner, SessionDuration=4 * 3600, RequestorWorkflowId="workflow-2")
    somebody = traded(server, partner, released(server, root, short))
    assert somebody.iam.list_users()
    with refused("AccessDenied"):
        somebody.iam.list_roles()


def test_credentials_end_with_the_time_that_was_asked_for(server, partner, alice):
    token = released(server, alice, asked(partner, SessionDuration=300))
    server.offset += timedelta(seconds=200)
    late = partner.sts.get_delegated_access_token(TradeInToken=token)["Credentials"]
    server.offset += timedelta(seconds=101)
    with refused("ExpiredToken"):
        server.person(late).sts.get_caller_identity()
    with refused("ExpiredTradeInTokenException"):
        partner.sts.get_delegated_access_token(TradeInToken=token)


def test_only_the_partner_trades_in_and_only_the_token_itself(server, partner, alice, request_id):
    token = released(server, alice, request_id)
    with refused("AccessDenied"):
        alice.sts.get_delegated_access_token(TradeInToken=token)
    with refused("AccessDenied"):
        server.user("nobody", account=OTHER).sts.get_delegated_access_token(TradeInToken=token)
    for wrong in (token[:-1], token + "A", request_id, f"{request_id}.", "x", token.replace(".", ""), "." + token):
        with refused("AccessDenied"):
            partner.sts.get_delegated_access_token(TradeInToken=wrong)
    unsent = asked(partner, RequestorWorkflowId="workflow-2")
    with refused("AccessDenied"):
        partner.sts.get_delegated_access_token(TradeInToken=f"{unsent}.{token.partition('.')[2]}")


def test_each_step_has_its_states(server, partner, alice, request_id):
    named = {"DelegationRequestId": request_id}
    iam = alice.iam
    with refused("ConcurrentModification"):
        iam.accept_delegation_request(**named)
    for call in (iam.update_delegation_request, iam.reject_delegation_request, iam.send_delegation_token):
        with refused("InvalidInput"):
            call(**named)
    iam.associate_delegation_request(**named)
    with refused("InvalidInput"):
        iam.associate_delegation_request(**named)
    iam.accept_delegation_request(**named)
    iam.reject_delegation_request(**named, Notes="on second thoughts")
    found = iam.get_delegation_request(**named)["DelegationRequest"]
    assert (found["State"], found["RejectionReason"]) == ("REJECTED", "on second thoughts")
    for call in (iam.reject_delegation_request, iam.send_delegation_token, iam.update_delegation_request):
        with refused("InvalidInput"):
            call(**named)
    with refused("ConcurrentModification"):
        iam.accept_delegation_request(**named)
    assert not [each for each in messages(server) if each["Type"] == "ExchangeToken"]


def test_requests_expire(server, partner, alice, request_id):
    named = {"DelegationRequestId": request_id}
    other = asked(partner, RequestorWorkflowId="workflow-2")
    aged(server, request_id, hours=23)
    alice.iam.associate_delegation_request(**named)
    aged(server, other, hours=25)
    assert state(alice, other) == "EXPIRED"
    with refused("InvalidInput"):
        alice.iam.associate_delegation_request(DelegationRequestId=other)
    aged(server, request_id, days=6)
    assert state(alice, request_id) == "ASSIGNED"
    aged(server, request_id, days=1)
    assert state(alice, request_id) == "EXPIRED"
    with refused("ConcurrentModification"):
        alice.iam.accept_delegation_request(**named)


def test_only_the_owner_sends_where_the_partner_wants_that(server, partner, alice):
    boss = server.user("boss", allow("*"))
    named = {"DelegationRequestId": asked(partner, OnlySendByOwner=True)}
    alice.iam.associate_delegation_request(**named)
    boss.iam.accept_delegation_request(**named)
    with refused("AccessDenied", "Only the owner of the delegation request can send its token."):
        boss.iam.send_delegation_token(**named)
    alice.iam.send_delegation_token(**named)


def test_events_tell_the_partner_and_keep_the_token(server, partner, alice, request_id):
    token = released(server, alice, request_id)
    traded(server, partner, token).iam.list_users()
    events = [event for _, event in look_up(server.log.rows, Filter())]
    assert not [event for event in events if token.partition(".")[2].encode() in event.encode()]
    (done,) = [event for event in events if event.event_name == "ListUsers"]
    assert done.user_identity.user_name == "alice"
    assert done.user_identity.invoked_by_delegate == {"accountId": OTHER}
