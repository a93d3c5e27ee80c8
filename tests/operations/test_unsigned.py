"""The door for operations that bring another proof than a signature: a planted proof, everything else as it is."""

import base64
import re
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace
from tests.fuzz.drafts import Credentials, Draft

from harness import ACCOUNT, OTHER, allow, text, trusting
from keyreeve.access.bearer import Bearer
from keyreeve.entities import Tag
from keyreeve.events import Filter, look_up
from keyreeve.faults import InvalidIdentityToken
from keyreeve.operations import Operation
from keyreeve.service import missing, routes
from keyreeve.sts import federation
from keyreeve.wire.exchange import Later, Request

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/dev"
ACTION = "sts:AssumeRoleWithSAML"


def verified(assertion):
    """The planted proof: whoever says good."""
    return assertion.decode().partition("good ")[2]


def bearer(call, values):
    name = call.slow(verified, base64.b64decode(values["saml_assertion"]))
    if not name:
        raise InvalidIdentityToken("Response signature invalid")
    tags = (Tag("team", "red"),) if name == "tagged" else ()
    source = "alice" if name == "sourced" else None
    return Bearer(
        "saml",
        ACCOUNT,
        PROVIDER,
        "hash=",
        name,
        keys={"saml:sub": name},
        kept=(("saml:sub", name),),
        tags=tags,
        source_identity=source,
    )


def asks(action, call, values):
    return federation.asks(action, call, values, "jo")


def handler(call, role_arn, principal_arn, saml_assertion, policy=None, policy_arns=None, duration_seconds=None):
    return federation.session(
        call,
        role_arn=role_arn,
        session_name="jo",
        policy=policy,
        policy_arns=policy_arns,
        asked_seconds=duration_seconds,
    )


@pytest.fixture(autouse=True)
def _planted(monkeypatch):
    built = Operation("sts", "AssumeRoleWithSAML", handler, asks, frozenset(), (), (verified,), bearer)
    monkeypatch.setitem(routes.REGISTRY, ("sts", "AssumeRoleWithSAML"), built)
    monkeypatch.setitem(missing.NOT_BUILT, "sts", frozenset())


def request(word="good jo", method="POST", headers=(), **more):
    parameters = {
        "Action": "AssumeRoleWithSAML",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "PrincipalArn": PROVIDER,
        "SAMLAssertion": base64.b64encode(word.encode()).decode(),
        **more,
    }
    form = urlencode(parameters)
    kept = (("host", "localhost"), *headers)
    query, body = (form, b"") if method == "GET" else ("", form.encode())
    return Request(method, "/", query, kept, body, "192.0.2.1")


def told(answer):
    code = re.search(r"<Code>(\w+)</Code>", answer.body.decode())
    sentence = re.search(r"<Message>(.*)</Message>", answer.body.decode())
    return (code and code[1], sentence and sentence[1])


def credentials(answer):
    return {name: re.search(f"<{name}>(.*)</{name}>", answer.body.decode())[1] for name in NAMES}


NAMES = ("AccessKeyId", "SecretAccessKey", "SessionToken")


@pytest.fixture
def role(root):
    trust = trusting({"Federated": PROVIDER}, [ACTION], Condition={"StringEquals": {"saml:sub": ["jo", "tagged"]}})
    root.iam.create_role(RoleName="dev", AssumeRolePolicyDocument=text(trust))
    root.iam.put_role_policy(
        RoleName="dev",
        PolicyName="p",
        PolicyDocument=text(allow("iam:ListUsers", Condition={"StringEquals": {"saml:sub": "jo"}})),
    )


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_who_brings_a_proof_gets_a_session_without_a_signature(server, role, method):
    answer = server.service.handle(request(method=method))
    assert (answer.status, answer.proven, answer.operation) == (200, True, "AssumeRoleWithSAML")
    person = server.person(credentials(answer))
    assert person.sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/dev/jo"
    assert person.iam.list_users()["Users"] == []  # allowed by a key that the session keeps of its token


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
def test_other_methods_need_a_signature(server, role, method):
    assert told(server.service.handle(request(method=method)))[0] == "MissingAuthenticationToken"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_good_signature_makes_no_proof_of_another_method(server, role, method):
    caller = server.user("signer", allow("sts:*"))
    held = Credentials(caller.credentials["AccessKeyId"], caller.credentials["SecretAccessKey"])
    pairs = [("Action", "AssumeRoleWithSAML"), ("Version", "2011-06-15"), ("RoleArn", ROLE), ("PrincipalArn", PROVIDER)]
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    signed = Draft("sts", held, stamp, [*pairs, ("SAMLAssertion", "jojo")], method=method).request()
    assert told(server.service.handle(signed))[0] == "MissingAuthenticationToken"


def test_a_signature_beside_the_proof_is_not_looked_at(server, role):
    header = ("authorization", "AWS4-HMAC-SHA256 Credential=AKIA/1/2/3/4, SignedHeaders=host, Signature=00")
    assert server.service.handle(request(headers=(header,))).status == 200


def test_what_proves_nobody_is_counted_and_not_recorded(server, role):
    answer = server.service.handle(request("bad jo"))
    assert told(answer) == ("InvalidIdentityToken", "Response signature invalid")
    assert not answer.proven
    assert not list(look_up(server.log.rows, Filter(event_name="AssumeRoleWithSAML")))


def test_nothing_is_verified_for_a_request_of_the_wrong_shape(server, role):
    first = server.service.begin(request(DurationSeconds="1"))
    assert told(first)[0] == "ValidationError"
    later = server.service.begin(request())
    assert isinstance(later, Later)
    assert (later.proven, later.operation) == (False, "AssumeRoleWithSAML")


def test_a_body_past_the_bound_is_not_read(server, role):
    assert told(server.service.handle(request(Policy=" " * routes.UNSIGNED_BYTES)))[0] == "MissingAuthenticationToken"


def test_sessions_and_their_bearers_are_in_the_events(server, role):
    server.service.handle(request())
    ((_, event),) = look_up(server.log.rows, Filter(event_name="AssumeRoleWithSAML"))
    who = event.user_identity
    assert (who.type, who.principal_id, who.user_name, who.identity_provider) == ("SAMLUser", "hash=:jo", "jo", "hash=")
    assert (who.account_id, who.arn, event.recipient_account_id) == (None, None, ACCOUNT)
    assert [each.resource_arn for each in event.resources] == [ROLE]
    assert "sAMLAssertion" not in event.request_parameters
    assert b"SessionToken" not in event.encode()


@pytest.mark.parametrize(
    ("word", "more", "action"),
    [
        ("good eve", {}, ACTION),  # the trust policy wants jo
        ("good jo", {"RoleArn": ROLE + "x"}, ACTION),  # no such role
        ("good jo", {"RoleArn": f"arn:aws:iam::{OTHER}:role/dev"}, ACTION),
        ("good tagged", {}, "sts:TagSession"),  # the trust policy does not allow tags
        ("good sourced", {}, "sts:SetSourceIdentity"),
    ],
)
def test_a_proven_bearer_is_refused_in_few_words_and_the_refusal_is_recorded(server, role, word, more, action):
    theirs = server.root(OTHER).iam
    theirs.create_role(RoleName="dev", AssumeRolePolicyDocument=text(trusting({"Federated": PROVIDER}, ACTION)))
    answer = server.service.handle(request(word, **more))
    assert told(answer) == ("AccessDenied", f"Not authorized to perform {action}")
    assert answer.proven
    ((_, event),) = look_up(server.log.rows, Filter(event_name="AssumeRoleWithSAML"))
    assert (event.error_code, event.user_identity.type, event.request_parameters) == ("AccessDenied", "SAMLUser", None)


def test_an_administrators_policy_of_the_role_does_not_replace_its_trust(server, root):
    root.iam.create_role(RoleName="dev", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    root.iam.put_role_policy(RoleName="dev", PolicyName="p", PolicyDocument=text(allow("*")))
    assert told(server.service.handle(request()))[0] == "AccessDenied"


def test_a_session_ends_with_its_role_and_knows_no_second_factor(server, root, role):
    person = server.person(credentials(server.service.handle(request())))
    denied = allow("iam:ListUsers", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})
    root.iam.put_role_policy(RoleName="dev", PolicyName="p", PolicyDocument=text(denied))
    assert person.iam.list_users()  # AWS: federated sessions have no such key, so IfExists holds
    root.iam.delete_role_policy(RoleName="dev", PolicyName="p")
    root.iam.delete_role(RoleName="dev")
    with pytest.raises(Exception, match="InvalidClientTokenId"):
        person.sts.get_caller_identity()


def test_the_region_is_the_one_of_the_endpoint_that_is_named(server, role):
    asked = replace(request(), headers=(("host", "sts.eu-west-1.example.test"),))
    server.service.handle(asked)
    ((_, event),) = look_up(server.log.rows, Filter(event_name="AssumeRoleWithSAML"))
    assert event.aws_region == "eu-west-1"
