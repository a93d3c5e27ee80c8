"""Every refusal has its whole account, for those of the caller's own account who may read it."""

import json
from hashlib import sha256

import pytest

from harness import ACCOUNT, OTHER, allow, refused, text, trusting

HEADER = "x-keyreeve-encoded-authorization-message"
DECODE = "sts:DecodeAuthorizationMessage"


def message(server):
    """The message that came with the last answer, None if there was none."""
    return dict(server.answers[-1].headers).get(HEADER)


@pytest.fixture
def decoded(root):
    return lambda text: json.loads(root.sts.decode_authorization_message(EncodedMessage=text)["DecodedMessage"])


def deny(action, **more):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Never", "Effect": "Deny", "Action": action, "Resource": "*", **more}],
    }


def test_it_tells_the_request_as_aws_does(server, decoded):
    user = server.user("u")
    with refused("AccessDenied"):
        user.iam.get_role(RoleName="r")
    found = decoded(message(server))
    assert (found["allowed"], found["explicitDeny"]) == (False, False)
    assert found["matchedStatements"] == found["failures"] == {"items": []}
    context = found["context"]
    assert context["action"] == "iam:GetRole"
    assert context["resource"] == f"arn:aws:iam::{ACCOUNT}:role/r"
    assert context["principal"]["name"] == "u"
    assert context["principal"]["id"].startswith("AIDA")
    keys = {each["key"]: each["values"]["items"] for each in context["conditions"]["items"]}
    assert keys["aws:sourceip"] == [{"value": "127.0.0.1"}]


def test_it_tells_the_statement_that_denied(server, decoded):
    user = server.user("u", allow("iam:*"), deny("iam:ListUsers"))
    with refused("AccessDenied"):
        user.iam.list_users()
    found = decoded(message(server))
    assert found["explicitDeny"]
    (statement,) = found["matchedStatements"]["items"]
    assert (statement["statementId"], statement["effect"]) == ("Never", "DENY")
    assert statement["actions"] == {"items": [{"value": "iam:ListUsers"}]}
    assert found["explanation"]["because"][0]["policy"] == "p1"
    assert found["explanation"]["sentence"].endswith("with an explicit deny in an identity-based policy")


def test_it_tells_the_condition_that_failed(server, decoded):
    user = server.user("u", allow("iam:ListUsers", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    with refused("AccessDenied"):
        user.iam.list_users()
    explanation = decoded(message(server))["explanation"]
    (condition,) = explanation["statements"][0]["conditions"]
    assert (condition["key"], condition["given"], condition["holds"]) == ("aws:MultiFactorAuthPresent", None, False)
    assert explanation["missing_keys"] == ["aws:MultiFactorAuthPresent"]


def test_statements_about_other_actions_are_left_out(server, decoded):
    user = server.user("u", allow("s3:*"))
    with refused("AccessDenied"):
        user.iam.list_users()
    assert decoded(message(server))["explanation"]["statements"] == []


def test_only_those_who_may_can_read_it(server):
    user = server.user("u")
    with refused("AccessDenied"):
        user.iam.list_users()
    sealed = message(server)
    with refused("AccessDenied"):
        user.sts.decode_authorization_message(EncodedMessage=sealed)
    assert server.user("auditor", allow(DECODE)).sts.decode_authorization_message(EncodedMessage=sealed)


def test_it_opens_in_the_callers_account_alone(server):
    with refused("AccessDenied"):
        server.user("u").iam.list_users()
    sealed = message(server)
    with refused("InvalidAuthorizationMessageException", "Message is not valid"):
        server.root(OTHER).sts.decode_authorization_message(EncodedMessage=sealed)


def altered(sealed):
    yield sealed[:-1] + ("A" if sealed[-1] != "A" else "B")
    yield sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:]
    yield sealed + "="
    yield sealed + "AAAA"
    yield "x"
    yield "-"
    yield "\N{SNOWMAN}"


def test_what_is_altered_is_no_message(server, root):
    with refused("AccessDenied"):
        server.user("u").iam.list_users()
    for wrong in altered(message(server)):
        with refused("InvalidAuthorizationMessageException"):
            root.sts.decode_authorization_message(EncodedMessage=wrong)


def test_a_session_token_is_no_message(server, root):
    token = root.sts.get_session_token()["Credentials"]["SessionToken"]
    with refused("InvalidAuthorizationMessageException"):
        root.sts.decode_authorization_message(EncodedMessage=token)


def test_across_accounts_it_says_nothing_of_the_other_side(server):
    other = server.root(OTHER)
    secret = {"StringEquals": {"sts:ExternalId": "their secret"}}
    other.iam.create_role(
        RoleName="there",
        AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT}, Condition=secret)),
        Tags=[{"Key": "colour", "Value": "blue"}],
    )
    user = server.user("u", allow("sts:AssumeRole"))
    auditor = server.user("auditor", allow(DECODE))
    told = []
    for name in ("there", "none"):
        with refused("AccessDenied"):
            user.sts.assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/{name}", RoleSessionName="session")
        answered = auditor.sts.decode_authorization_message(EncodedMessage=message(server))["DecodedMessage"]
        assert "their secret" not in answered
        assert "blue" not in answered
        found = json.loads(answered)
        assert found["context"].pop("resource").endswith(name)
        found["context"]["conditions"]["items"] = [
            each for each in found["context"]["conditions"]["items"] if "time" not in each["key"]
        ]
        told.append(found)
    assert told[0] == told[1]


def in_condition(_):
    return {"Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/colour": "blue"}}}


def in_value(_):
    return {"Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "${iam:ResourceTag/colour}"}}}


def in_resource(arn):
    return {"Resource": [f"{arn}*", f"{arn}${{aws:ResourceTag/colour}}"]}


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("place", [in_condition, in_value, in_resource])
def test_a_statement_of_ones_own_does_not_tell_the_tags_of_anothers_role(server, decoded, effect, place):
    server.root(OTHER).iam.create_role(
        RoleName="there",
        AssumeRolePolicyDocument=text(trusting({"AWS": OTHER})),
        Tags=[{"Key": "colour", "Value": "blue"}],
    )
    arn = f"arn:aws:iam::{OTHER}:role/there"
    statement = {"Effect": effect, "Action": "sts:AssumeRole", **place(arn)}
    user = server.user("u", {"Version": "2012-10-17", "Statement": [statement]})
    with refused("AccessDenied"):
        user.sts.assume_role(RoleArn=arn, RoleSessionName="session")
    found = decoded(message(server))
    assert found["explanation"]["statements"] == found["explanation"]["because"] == []
    assert found["matchedStatements"] == {"items": []}
    assert not found["explicitDeny"]


def test_a_refusal_that_is_too_long_to_explain_is_told_without_its_explanation(server, decoded):
    statements = [
        {
            "Effect": "Allow",
            "Action": "iam:ListUsers",
            "Resource": "*",
            "Condition": {"StringEquals": {f"aws:PrincipalTag/{n}": "x"}},
        }
        for n in range(14)
    ]
    user = server.user("u")
    for number in range(10):
        arn = server.root().iam.create_policy(
            PolicyName=f"m{number}", PolicyDocument=text({"Version": "2012-10-17", "Statement": statements * 3})
        )["Policy"]["Arn"]
        server.root().iam.attach_user_policy(UserName="u", PolicyArn=arn)
    with refused("AccessDenied"):
        user.iam.list_users()
    found = decoded(message(server))
    assert found["explanation"] == {"omitted": True}
    assert found["context"]["action"] == "iam:ListUsers"


def test_the_head_of_a_refusal_passes_proxies(server, root, decoded):
    values = [sha256(str(number).encode()).hexdigest() for number in range(60)]
    document = allow("iam:ListUsers", Condition={"StringEquals": {"aws:UserAgent": values}})
    user = server.user("u")
    policy = root.iam.create_policy(PolicyName="p", PolicyDocument=text(document))["Policy"]
    root.iam.attach_user_policy(UserName="u", PolicyArn=policy["Arn"])
    with refused("AccessDenied"):
        user.iam.list_users()
    assert sum(len(f"{name}: {value}\r\n") for name, value in server.answers[-1].headers) < 3500
    assert decoded(message(server))["explanation"] == {"omitted": True}


def test_what_is_allowed_has_no_message(server, root):
    root.iam.list_users()
    assert message(server) is None
    with refused("NoSuchEntity"):
        root.iam.get_user(UserName="none")
    assert message(server) is None
