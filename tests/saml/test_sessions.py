"""AssumeRoleWithSAML: what the trust policy sees of an assertion, what the session keeps, and what the events tell."""

import gc
from datetime import UTC, datetime, timedelta

import pytest
from tests.saml.federation import ACTION, IDP, NEXT, PROVIDER, ROLE, SIGNATURE, STRANGER
from tests.saml.idp import ATTRIBUTES, SIGN_IN, sent

from harness import ACCOUNT, allow, refused, text
from keyreeve.access.bearer import Bearer


def test_tags_and_source_identity_come_from_the_assertion(bare):
    bare.provider()
    bare.role((ACTION, "sts:TagSession", "sts:SetSourceIdentity"))
    bare.root.iam.put_role_policy(
        RoleName="dev",
        PolicyName="p",
        PolicyDocument=text(
            allow(
                "iam:ListUsers",
                Condition={"StringEquals": {"aws:PrincipalTag/team": "red", "aws:SourceIdentity": "alice"}},
            )
        ),
    )
    attributes = {"PrincipalTag:team": ("red",), "PrincipalTag:cost": ("",), "TransitiveTagKeys": ("team",)}
    say = bare.say(attributes={**attributes, "SourceIdentity": ("alice",)})
    answer = bare.assume(say=say)
    assert answer["SourceIdentity"] == "alice"
    assert answer["PackedPolicySize"] > 0
    person = bare.person(answer)
    assert person.iam.list_users()
    event = bare.events()[0]
    assert event.request_parameters["principalTags"] == {"team": "red", "cost": ""}
    assert event.request_parameters["transitiveTagKeys"] == ["team"]
    assert event.request_parameters["sourceIdentity"] == "alice"


@pytest.mark.parametrize(
    ("attributes", "action"),
    [({"PrincipalTag:team": ("red",)}, "sts:TagSession"), ({"SourceIdentity": ("alice",)}, "sts:SetSourceIdentity")],
)
def test_tags_and_source_identity_need_their_own_trust(federation, attributes, action):
    with refused("AccessDenied", f"Not authorized to perform {action}"):
        federation.assume(say=federation.say(attributes=attributes))


@pytest.mark.parametrize(
    ("key", "value", "other"),
    [
        ("saml:aud", SIGN_IN, "https://eu-west-1.signin.aws.amazon.com/saml"),
        ("saml:iss", "https://idp.example.org/saml", "https://x.example"),
        ("saml:sub", "alice", "bob"),
        ("saml:sub_type", "persistent", "transient"),
        ("saml:doc", f"{ACCOUNT}/idp", f"{ACCOUNT}/other"),
        ("saml:edupersonorgdn", "o=Example", "o=Other"),
        ("sts:RoleSessionName", "alice@example.org", "bob"),
        ("aws:SourceIp", "127.0.0.1", "192.0.2.1"),
    ],
)
def test_the_trust_policy_sees_the_keys_of_the_assertion(bare, key, value, other):
    bare.provider()
    bare.role(StringEquals={key: value})
    bare.role(name="no", StringEquals={key: other})
    attributes = {"urn:oid:1.3.6.1.4.1.5923.1.1.1.3": ("o=Example",)}
    roles = (f"{ROLE},{PROVIDER}", f"{ROLE[:-3]}no,{PROVIDER}")
    say = bare.say(attributes=attributes, roles=roles)
    assert bare.assume(say=say)
    with refused("AccessDenied"):
        bare.assume(say=say, RoleArn=f"{ROLE[:-3]}no")


def test_multivalued_attributes_are_asked_with_set_operators(bare):
    bare.provider()
    bare.role(**{"ForAnyValue:StringEquals": {"saml:edupersonaffiliation": ["staff"]}})
    affiliation = "urn:oid:1.3.6.1.4.1.5923.1.1.1.1"
    assert bare.assume(say=bare.say(attributes={affiliation: ("member", "staff")}))
    with refused("AccessDenied"):
        bare.assume(say=bare.say(attributes={affiliation: ("member",)}))


def test_the_session_keeps_three_keys_of_the_assertion(federation):
    only = {
        "StringEquals": {"saml:sub": "alice", "saml:sub_type": "persistent"},
        "Null": {"saml:namequalifier": "false"},
    }
    policy = text(allow("iam:ListUsers", Condition=only))
    federation.root.iam.put_role_policy(RoleName="dev", PolicyName="p", PolicyDocument=policy)
    assert federation.person(federation.assume()).iam.list_users()
    with refused("AccessDenied"):
        federation.person(federation.assume(say=federation.say(subject="bob"))).iam.list_users()
    gone = text(allow("iam:ListUsers", Condition={"Null": {"saml:iss": "false"}}))
    federation.root.iam.put_role_policy(RoleName="dev", PolicyName="p", PolicyDocument=gone)
    with refused("AccessDenied"):
        federation.person(federation.assume()).iam.list_users()


def lasts(answer, server):
    return (answer["Credentials"]["Expiration"] - datetime.now(UTC) - server.offset).total_seconds()


@pytest.mark.parametrize(
    ("say", "asked", "seconds"),
    [
        ({}, None, 3600),
        ({}, 7200, 7200),
        ({"session_ends": 1800}, 7200, 1800),
        ({"session_ends": 100}, None, 100),
        ({"session_ends": None}, 900, 900),
        ({"attributes": {"SessionDuration": ("1200",)}}, 7200, 1200),
        ({"attributes": {"SessionDuration": ("43200",)}}, None, 3600),
    ],
)
def test_the_shortest_bound_of_a_session_holds(bare, say, asked, seconds):
    bare.provider()
    bare.role(duration=7200)
    answer = bare.assume(say=bare.say(**say), **({} if asked is None else {"DurationSeconds": asked}))
    assert seconds - 5 < lasts(answer, bare.server) <= seconds


def test_session_policies_limit_the_session(federation):
    federation.root.iam.put_role_policy(RoleName="dev", PolicyName="p", PolicyDocument=text(allow("iam:*")))
    person = federation.person(federation.assume(Policy=text(allow("iam:ListRoles"))))
    assert person.iam.list_roles()
    with refused("AccessDenied"):
        person.iam.list_users()


def test_sessions_end_with_the_role_and_not_with_the_provider(federation):
    person = federation.person(federation.assume())
    federation.root.iam.delete_saml_provider(SAMLProviderArn=PROVIDER)
    assert person.sts.get_caller_identity()
    with refused("InvalidIdentityToken", "Specified provider doesn't exist."):
        federation.assume()
    federation.root.iam.delete_role(RoleName="dev")
    with refused("InvalidClientTokenId"):
        person.sts.get_caller_identity()


def test_metadata_that_has_expired_vouches_for_nobody(bare):
    document = IDP.metadata(valid_until=datetime.now(UTC) + timedelta(days=1))
    bare.root.iam.create_saml_provider(Name="idp", SAMLMetadataDocument=document)
    bare.role()
    assert bare.assume()
    bare.server.offset = timedelta(days=2)
    with refused("InvalidIdentityToken"):
        bare.assume()


def test_the_event_tells_who_came_by_which_assertion_and_keeps_the_assertion_to_itself(federation):
    response = IDP.made(federation.say())
    answer = federation.assume(response)
    (event,) = federation.events()
    who = event.user_identity
    assert (who.type, who.user_name, who.identity_provider) == ("SAMLUser", "alice", answer["NameQualifier"])
    assert who.principal_id == f"{answer['NameQualifier']}:alice"
    assert event.request_parameters["sAMLAssertionID"].startswith("_")
    assert event.request_parameters["roleSessionName"] == "alice@example.org"
    assert event.request_parameters["principalArn"] == PROVIDER
    assert event.response_elements["subject"] == "alice"
    assert sent(response)[:200].encode() not in event.encode()
    assert answer["Credentials"]["SessionToken"].encode() not in event.encode()
    with refused(*SIGNATURE):
        federation.assume(idp=STRANGER)
    assert len(federation.events()) == 1


def test_a_provider_that_changes_while_a_response_is_verified_is_asked_anew(federation):
    server, caught = federation.server, []
    handle = server.service.handle
    server.service = type("Spy", (), {"handle": lambda _, request: caught.append(request) or handle(request)})()
    federation.assume()
    (request,) = caught
    first = handle.__self__.begin(request)
    result = first.work()
    server.service = handle.__self__
    federation.root.iam.update_saml_provider(SAMLProviderArn=PROVIDER, SAMLMetadataDocument=NEXT.metadata())
    second = first.go_on(result)
    assert b"Response signature invalid" in second.go_on(second.work()).body


def test_attributes_of_other_spellings_are_not_awss(federation):
    say = federation.say(session_name=None, attributes={f"{ATTRIBUTES}rolesessionname": ("alice",)})
    with refused("InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"):
        federation.assume(say=say)


@pytest.mark.parametrize(
    "attributes",
    [
        {"PrincipalTag:team": ("red",), "PrincipalTag:Team": ("blue",)},
        {"PrincipalTag:aws:team": ("red",)},
        {"PrincipalTag:team": ("red",), "TransitiveTagKeys": ("cost",)},
    ],
)
def test_tags_of_an_assertion_keep_the_rules_of_session_tags(federation, attributes):
    with refused("InvalidIdentityToken"):
        federation.assume(say=federation.say(attributes=attributes))


def test_nothing_of_a_bearer_is_kept_after_the_answer(federation):
    federation.assume()
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Bearer)]
