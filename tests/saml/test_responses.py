"""AssumeRoleWithSAML: which responses are accepted, and what each refusal says."""

from datetime import timedelta

import pytest
from tests.saml.federation import ACTION, IDP, INVALID, NEXT, PROVIDER, ROLE, SIGNATURE, STRANGER
from tests.saml.idp import SIGN_IN, Encrypting

import pki
from harness import ACCOUNT, OTHER, refused, text, trusting


def test_a_signed_assertion_gives_a_session_of_the_role_that_it_names(federation):
    answer = federation.assume()
    assert federation.person(answer).sts.get_caller_identity()["Arn"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/dev/alice@example.org"
    )
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":alice@example.org")
    assert answer["Subject"] == "alice"
    assert answer["SubjectType"] == "persistent"
    assert answer["Issuer"] == "https://idp.example.org/saml"
    assert answer["Audience"] == SIGN_IN
    assert answer["SessionTokenSize"] == len(answer["Credentials"]["SessionToken"])
    assert not {"PackedPolicySize", "SourceIdentity"} & answer.keys()


def test_the_name_qualifier_is_the_hash_that_the_api_reference_describes(federation):
    # printf %s https://idp.example.org/saml111122223333/idp | openssl sha1 -binary | base64
    assert federation.assume()["NameQualifier"] == "g5ql2UexfHF4b9T/HHqf0mnf2cI="


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
@pytest.mark.parametrize("pair", ["{role},{provider}", "{provider},{role}", " {role} , {provider} "])
def test_response_or_assertion_is_signed_and_a_pair_stands_in_any_order(federation, sign, pair):
    roles = ("arn:aws:iam::111122223333:role/x,y", pair.format(role=ROLE, provider=PROVIDER))
    assert federation.assume(say=federation.say(roles=roles), sign=sign)


def test_an_assertion_can_be_used_again_until_it_expires(federation):
    response = IDP.made(federation.say())
    first, second = federation.assume(response), federation.assume(response)
    assert first["Credentials"]["AccessKeyId"] != second["Credentials"]["AccessKeyId"]
    federation.server.offset = timedelta(minutes=6)
    with refused("ExpiredTokenException"):
        federation.assume(response)


def test_certificates_roll_over(bare):
    bare.provider(IDP, NEXT)
    bare.role()
    assert bare.assume(idp=IDP)
    assert bare.assume(idp=NEXT)
    bare.root.iam.update_saml_provider(SAMLProviderArn=PROVIDER, SAMLMetadataDocument=NEXT.metadata())
    assert bare.assume(idp=NEXT)
    with refused(*SIGNATURE):
        bare.assume(idp=IDP)


def test_another_key_proves_nothing_whatever_the_document_says_of_it(federation):
    with refused(*SIGNATURE):
        federation.assume(idp=STRANGER)


@pytest.mark.parametrize(
    ("say", "code", "sentence"),
    [
        ({"issuer": "https://other.example"}, "InvalidIdentityToken", "Issuer not present in specified provider"),
        ({"recipient": "https://sp.example/acs"}, "InvalidIdentityToken", "Response is for another recipient"),
        ({"recipient": None}, "InvalidIdentityToken", "Response is for another recipient"),
        ({"destination": "https://sp.example/acs"}, "InvalidIdentityToken", "Response is for another destination"),
        ({"audiences": ()}, "InvalidIdentityToken", "Response does not contain the required audience."),
        (
            {"audiences": ("https://a.example",)},
            "InvalidIdentityToken",
            "Response does not contain the required audience.",
        ),
        ({"confirmation_ends": None}, *INVALID),
        ({"issued": 70}, "InvalidIdentityToken", "Response is not valid yet"),
        ({"not_before": 70}, "InvalidIdentityToken", "Response is not valid yet"),
        ({"issued": -361}, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"),
        ({"not_on_or_after": -61}, "ExpiredTokenException", "Response has expired"),
        ({"confirmation_ends": -61}, "ExpiredTokenException", "Response has expired"),
        ({"session_ends": 0}, "ExpiredTokenException", "Response has expired"),
        ({"session_name": None}, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"),
        (
            {"session_name": "a b"},
            "InvalidIdentityToken",
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
        ),
        (
            {"attributes": {"SourceIdentity": ("a b",)}},
            "InvalidIdentityToken",
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
        ),
        ({"attributes": {"SessionDuration": ("899",)}}, "InvalidIdentityToken", None),
        ({"attributes": {"PrincipalTag:team": ("red", "blue")}}, "InvalidIdentityToken", None),
        ({"attributes": {"PrincipalTag:te*m": ("red",)}}, "InvalidIdentityToken", None),
        ({"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"}, "IDPRejectedClaim", None),
        ({"conditions": "<saml:OneTimeUse/>"}, *INVALID),
        ({"roles": ()}, "AccessDenied", f"Not authorized to perform {ACTION}"),
        ({"roles": (f"{ROLE}x,{PROVIDER}",)}, "AccessDenied", f"Not authorized to perform {ACTION}"),
        ({"roles": (ROLE, PROVIDER)}, "AccessDenied", f"Not authorized to perform {ACTION}"),
    ],
    ids=str,
)
def test_what_is_signed_must_be_for_us_and_for_now(federation, say, code, sentence):
    with refused(code, sentence):
        federation.assume(say=federation.say(**say))


@pytest.mark.parametrize(
    "url",
    [
        SIGN_IN,
        "https://eu-west-1.signin.aws.amazon.com/saml",
        "https://us-east-1.signin.aws.amazon.com/saml/acs/{uuid}",
        "http://127.0.0.1:4566/saml",
    ],
)
def test_the_endpoints_of_aws_and_this_servers_own_are_ours(federation, url):
    uuid = federation.root.iam.get_saml_provider(SAMLProviderArn=PROVIDER)["SAMLProviderUUID"]
    url = url.format(uuid=uuid)
    say = federation.say(recipient=url, destination=url, audiences=("https://b.example", url))
    assert federation.assume(say=say)["Audience"] == url


@pytest.mark.parametrize(
    "url",
    [
        "https://signin.aws.amazon.com/saml/",
        "https://signin.aws.amazon.com.evil.example/saml",
        "https://evil.example/signin.aws.amazon.com/saml",
        "http://signin.aws.amazon.com/saml",
        "https://us-east-1.signin.aws.amazon.com/saml/acs/OTHER",
        "https://signin.aws.amazon.com/saml\n",
    ],
)
def test_look_alikes_of_the_endpoints_are_not(federation, url):
    with refused("InvalidIdentityToken"):
        federation.assume(say=federation.say(recipient=url))


def test_every_audience_restriction_must_hold(federation):
    other = "<saml:AudienceRestriction><saml:Audience>https://x.example</saml:Audience></saml:AudienceRestriction>"
    with refused("InvalidIdentityToken", "Response does not contain the required audience."):
        federation.assume(say=federation.say(conditions=other))
    assert federation.assume(say=federation.say(audiences=("urn:amazon:webservices",)))


@pytest.mark.parametrize(
    ("more", "code", "sentence"),
    [
        ({"PrincipalArn": PROVIDER + "x"}, "InvalidIdentityToken", "Specified provider doesn't exist."),
        (
            {"PrincipalArn": PROVIDER.replace(ACCOUNT, OTHER)},
            "InvalidIdentityToken",
            "Specified provider doesn't exist.",
        ),
        ({"PrincipalArn": ROLE}, "ValidationError", "Request ARN is invalid"),
        ({"RoleArn": PROVIDER}, "ValidationError", "Request ARN is invalid"),
        ({"SAMLAssertion": "not base64!"}, "InvalidIdentityToken", "Invalid base64 SAMLResponse"),
        ({"SAMLAssertion": "bm8geG1s"}, *INVALID),
        ({"SAMLAssertion": "A" * 100_001}, "ValidationError", None),
        ({"DurationSeconds": 3601}, "ValidationError", None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_requests_are_refused_as_on_aws(federation, more, code, sentence):
    with refused(code, sentence):
        federation.assume(**more)


def test_a_role_is_not_told_from_one_that_is_missing_or_trusts_others(federation):
    roles = (f"{ROLE}x,{PROVIDER}", f"arn:aws:iam::{ACCOUNT}:role/elsewhere,{PROVIDER}")
    trust = trusting({"Federated": PROVIDER + "2"}, ACTION)
    federation.root.iam.create_role(RoleName="elsewhere", AssumeRolePolicyDocument=text(trust))
    for pair in roles:
        with refused("AccessDenied", f"Not authorized to perform {ACTION}"):
            federation.assume(say=federation.say(roles=roles), RoleArn=pair.split(",")[0])


def test_encrypted_assertions_are_read_with_the_providers_private_keys(bare):
    old, new = pki.rsa_key("saml old"), pki.rsa_key("saml new")
    bare.provider(AddPrivateKey=pki.private(old), AssertionEncryptionMode="Required")
    bare.role()
    bare.root.iam.update_saml_provider(SAMLProviderArn=PROVIDER, AddPrivateKey=pki.private(new))
    for key in (old, new):
        assert bare.assume(encrypt=Encrypting(key))
        assert bare.assume(encrypt=Encrypting(key, 128, "cbc"), sign="both")
    for wrong in (Encrypting(pki.rsa_key("saml other")), Encrypting(old, 256, "cbc"), Encrypting(old, wrap="pkcs1")):
        with refused(*INVALID):
            bare.assume(encrypt=wrong)
    with refused("InvalidIdentityToken", "The provider requires an encrypted assertion"):
        bare.assume()


def test_a_removed_private_key_opens_nothing_any_more(bare):
    key = pki.rsa_key("saml old")
    bare.provider(AddPrivateKey=pki.private(key))
    bare.role()
    assert bare.assume(encrypt=Encrypting(key))
    (held,) = bare.root.iam.get_saml_provider(SAMLProviderArn=PROVIDER)["PrivateKeyList"]
    bare.root.iam.update_saml_provider(SAMLProviderArn=PROVIDER, RemovePrivateKey=held["KeyId"])
    with refused(*INVALID):
        bare.assume(encrypt=Encrypting(key))
    assert bare.assume()


EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
PREFIXES = " ".join(f"a{number}" for number in range(17))
SEVENTEEN_PREFIXES = f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{PREFIXES}"/>'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<samlp:Response ", "<samlp:Response " + "".join(f'xmlns:a{n}="u" ' for n in range(1001))),
        (
            'xml-exc-c14n#"/><ds:SignatureMethod',
            f'xml-exc-c14n#">{SEVENTEEN_PREFIXES}</ds:CanonicalizationMethod><ds:SignatureMethod',
        ),
        ("<samlp:Response ", '<?xml version="1.1"?><samlp:Response '),
    ],
    ids=["namespaces", "prefixes", "XML 1.1"],
)
def test_what_costs_much_is_refused_before_it_does(federation, old, new):
    response = IDP.made(federation.say())
    assert old in response
    with refused(*INVALID):
        federation.assume(response.replace(old, new, 1))


def test_a_name_has_a_bound(federation):
    assert federation.assume(say=federation.say(subject="x" * 1024))["Subject"] == "x" * 1024
    with refused(*INVALID):
        federation.assume(say=federation.say(subject="x" * 1025))


def test_a_pair_is_of_two(federation):
    with refused("AccessDenied"):
        federation.assume(say=federation.say(roles=(f"{ROLE},{PROVIDER},{ROLE}",)))
