import pytest

from keyreeve import policy

HERE, THERE = "111122223333", "999988887777"
USER = f"arn:aws:iam::{HERE}:user/alice"
ROLE = f"arn:aws:iam::{HERE}:role/path/worker"
SESSION = f"arn:aws:sts::{HERE}:assumed-role/worker/shift"
FEDERATED = f"arn:aws:sts::{HERE}:federated-user/bob"
ROOT = f"arn:aws:iam::{HERE}:root"
IS_ROLE = {"ArnEquals": {"aws:PrincipalArn": ROLE}}


def outcome(request, **policies):
    decision = policy.decide(request, policy.Policies(**policies))
    return (decision.verdict, str(decision.layer))


ALLOWED_BY_RESOURCE = ("allowed", "resource")
NO_IDENTITY = ("implicit_deny", "identity")
NO_BOUNDARY = ("implicit_deny", "boundary")
NO_SESSION = ("implicit_deny", "session")


def bucket(say, principal, **more):
    return say.resource(say.statement(principal=principal, **more))


# caller, whom the resource's policy names, what it says about: no identity allow, a boundary, a session policy
TABLE = [
    ("user", {"AWS": USER}, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE, None),
    ("user", {"AWS": "AIDAALICEALICEALICE1"}, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE, None),
    ("user", {"AWS": HERE}, NO_IDENTITY, NO_BOUNDARY, None),
    ("user", {"AWS": ROOT}, NO_IDENTITY, NO_BOUNDARY, None),
    ("user", "*", ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE, None),
    ("user", {"AWS": "*"}, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE, None),
    ("session", {"AWS": ROLE}, ALLOWED_BY_RESOURCE, NO_BOUNDARY, NO_SESSION),
    ("session", {"AWS": "AROAWORKERWORKERWRK1"}, ALLOWED_BY_RESOURCE, NO_BOUNDARY, NO_SESSION),
    ("session", {"AWS": SESSION}, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE),
    ("session", "*", ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE),
    ("session", {"AWS": HERE}, NO_IDENTITY, NO_BOUNDARY, NO_SESSION),
    ("federated", {"AWS": FEDERATED}, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE),
    ("federated", {"AWS": USER}, NO_SESSION, NO_BOUNDARY, NO_SESSION),
    ("federated", "*", ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE, ALLOWED_BY_RESOURCE),
    ("federated", {"AWS": HERE}, NO_IDENTITY, NO_BOUNDARY, NO_SESSION),
]


@pytest.mark.parametrize(("caller", "principal", "alone", "bounded", "in_session"), TABLE)
def test_what_a_resource_grant_bypasses(say, caller, principal, alone, bounded, in_session):
    request, grant = say.ask(getattr(say, caller)()), bucket(say, principal)
    admin, narrow = say.identity(say.ADMIN), say.identity(say.NO_S3)
    assert outcome(request, resource=grant) == alone
    assert outcome(request, resource=grant, identity=(admin,), boundary=narrow)[0] == bounded[0]
    assert bounded[1] in ("resource", outcome(request, resource=grant, identity=(admin,), boundary=narrow)[1])
    if in_session:
        assert outcome(request, resource=grant, identity=(admin,), session=(narrow,))[0] == in_session[0]
        assert in_session[1] in ("resource", outcome(request, resource=grant, identity=(admin,), session=(narrow,))[1])


def test_worked_vectors_within_an_account(say):
    admin, narrow = say.identity(say.ADMIN), say.identity(say.NO_S3)
    as_role = bucket(say, "*", condition=IS_ROLE)
    request = say.ask(say.session(), context={"aws:principalarn": ROLE})
    assert outcome(request, resource=as_role, session=(narrow,)) == ALLOWED_BY_RESOURCE
    assert outcome(say.ask(say.federated()), identity=(admin,)) == NO_SESSION
    assert outcome(say.ask(say.federated()), identity=(admin,), session=(admin,)) == ("allowed", "identity")
    assert outcome(say.ask(say.user())) == NO_IDENTITY
    assert outcome(say.ask(say.user()), identity=(narrow, admin)) == ("allowed", "identity")
    assert outcome(say.ask(say.session()), identity=(admin,), session=()) == NO_SESSION
    assert outcome(say.ask(say.session()), identity=(admin,), session=(narrow, admin)) == ("allowed", "identity")


def test_the_strongest_grant_counts(say):
    grant = say.resource(say.statement(principal={"AWS": HERE}), say.statement(principal={"AWS": [SESSION, ROLE]}))
    narrow = say.identity(say.NO_S3)
    assert outcome(say.ask(say.session()), resource=grant, boundary=narrow) == ALLOWED_BY_RESOURCE


@pytest.mark.parametrize("layer", ["identity", "boundary", "session", "resource", "endpoint"])
def test_an_explicit_deny_wins_wherever_it_stands(say, layer):
    opened = say.resource(say.statement(principal="*"))
    allowing = {
        "identity": (say.identity(say.ADMIN),),
        "boundary": say.identity(say.ADMIN),
        "session": (say.identity(say.ADMIN),),
        "resource": opened,
        "endpoint": opened,
    }
    assert outcome(say.ask(say.session()), **allowing)[0] == "allowed"
    deny = say.statement("Deny", action="s3:Get*")
    denying = say.resource({**deny, "Principal": "*"}) if layer in ("resource", "endpoint") else say.identity(deny)
    held = (denying,) if layer in ("identity", "session") else denying
    assert outcome(say.ask(say.session()), **{**allowing, layer: held}) == ("explicit_deny", layer)


def test_root_is_bound_by_ceilings_only(say):
    scp = say.named(policy.Kind.SCP, say.NO_S3)
    full = say.named(policy.Kind.SCP, say.ADMIN)
    endpoint = say.resource(say.statement(action="ec2:*", principal="*"))
    assert outcome(say.ask(say.root())) == ("allowed", "root")
    assert outcome(say.ask(say.root()), service_control=((full,), (scp,))) == ("implicit_deny", "service_control")
    assert outcome(say.ask(say.root()), endpoint=endpoint) == ("implicit_deny", "endpoint")
    assert outcome(say.ask(say.root()), session=(say.identity(say.NO_S3),)) == NO_SESSION
    deny = bucket(say, {"AWS": HERE}, effect="Deny")
    assert outcome(say.ask(say.root()), resource=deny) == ("explicit_deny", "resource")


def test_every_scp_level_has_to_allow(say):
    full, ec2 = say.named(policy.Kind.SCP, say.ADMIN), say.named(policy.Kind.SCP, say.NO_S3)
    admin = (say.identity(say.ADMIN),)
    request = say.ask(say.user())
    assert outcome(request, identity=admin, service_control=((full,), (ec2,), (full,)))[1] == "service_control"
    assert outcome(request, identity=admin, service_control=((full,), (ec2, full), (full,)))[0] == "allowed"
    assert outcome(request, identity=admin, service_control=((full,), ()))[0] == "implicit_deny"
    deny = say.named(policy.Kind.SCP, say.statement("Deny"))
    assert outcome(request, identity=admin, service_control=((full, deny),)) == ("explicit_deny", "service_control")


def test_service_linked_roles_are_free_of_control_policies(say):
    deny = say.named(policy.Kind.SCP, say.statement("Deny"))
    rcp = say.named(policy.Kind.RCP, say.statement("Deny", principal="*"))
    request = say.ask(say.session(service_linked=True))
    admin = (say.identity(say.ADMIN),)
    assert outcome(request, identity=admin, service_control=((deny,),), resource_control=((rcp,),))[0] == "allowed"


def test_rcps_bind_everyone_who_comes(say):
    full = say.named(policy.Kind.RCP, say.statement(action="*", principal="*"))
    deny = say.named(policy.Kind.RCP, say.statement("Deny", principal="*"))
    opened = bucket(say, "*")
    for caller in (say.root(), say.user(THERE), say.ANONYMOUS, say.SERVICE):
        more = {"identity": (say.identity(say.ADMIN),), "resource": opened}
        assert outcome(say.ask(caller), **more, resource_control=((full,), (full,)))[0] == "allowed"
        assert outcome(say.ask(caller), **more, resource_control=((full, deny),)) == (
            "explicit_deny",
            "resource_control",
        )
        assert outcome(say.ask(caller), **more, resource_control=((full,), ()))[1] == "resource_control"


def test_two_accounts_both_allow(say):
    admin = (say.identity(say.ADMIN),)
    for name in (HERE, USER, "*"):
        grant = bucket(say, {"AWS": name})
        request = say.ask(say.user(), owner=THERE)
        assert outcome(request, resource=grant) == NO_IDENTITY
        assert outcome(request, resource=grant, identity=admin)[0] == "allowed"
        assert outcome(request, resource=grant, identity=admin, boundary=say.identity(say.NO_S3)) == NO_BOUNDARY
    assert outcome(say.ask(say.user(), owner=THERE), identity=admin) == ("implicit_deny", "resource")
    named = bucket(say, {"AWS": SESSION})
    request = say.ask(say.session(), owner=THERE)
    assert outcome(request, resource=named, identity=admin, session=(say.identity(say.NO_S3),)) == NO_SESSION
    assert outcome(say.ask(say.root(), owner=THERE), resource=bucket(say, {"AWS": ROOT})) == ("allowed", "root")
    assert outcome(say.ask(say.root(), owner=THERE)) == ("implicit_deny", "resource")


def test_the_account_of_an_arn_counts_where_none_is_given(say):
    admin = (say.identity(say.ADMIN),)
    foreign = say.ask(say.user(), "iam:GetRole", f"arn:aws:iam::{THERE}:role/x", owner=None)
    assert outcome(foreign, identity=admin) == ("implicit_deny", "resource")
    for on in ("*", "arn:aws:iam::aws:policy/x", "arn:aws:s3:::b", f"arn:aws:iam::{HERE}:role/x"):
        assert outcome(say.ask(say.user(), "iam:GetRole", on, owner=None), identity=admin)[0] == "allowed"


def test_federated_users_of_root_have_what_root_has_within_their_session(say):
    bob = policy.Principal("federated_user", HERE, FEDERATED, of_root=True)
    assert outcome(say.ask(bob)) == NO_SESSION
    assert outcome(say.ask(bob), session=(say.identity(say.ADMIN),)) == ("allowed", "root")


@pytest.mark.parametrize(
    ("caller", "principal", "expected"),
    [
        ("SERVICE", {"Service": "lambda.amazonaws.com"}, "allowed"),
        ("SERVICE", {"Service": "ec2.amazonaws.com"}, "implicit_deny"),
        ("SERVICE", "*", "allowed"),
        ("SERVICE", {"AWS": "*"}, "implicit_deny"),
        ("SERVICE", {"AWS": "*", "Service": "lambda.amazonaws.com"}, "allowed"),
        ("ANONYMOUS", "*", "allowed"),
        ("ANONYMOUS", {"AWS": "*"}, "allowed"),
        ("ANONYMOUS", {"AWS": HERE}, "implicit_deny"),
        ("WEB", {"Federated": "accounts.google.com"}, "allowed"),
        ("WEB", {"Federated": "www.amazon.com"}, "implicit_deny"),
        ("WEB", "*", "implicit_deny"),
    ],
)
def test_strangers_need_the_resources_policy(say, caller, principal, expected):
    stranger = say.ask(getattr(say, caller))
    assert outcome(stranger, resource=bucket(say, principal))[0] == expected
    assert outcome(stranger, resource=bucket(say, "*", effect="Deny"))[0] == "explicit_deny"
    assert outcome(stranger, identity=(say.identity(say.ADMIN),))[0] == "implicit_deny"


def test_a_canonical_user_is_its_account(say):
    grant = bucket(say, {"CanonicalUser": "a" * 64})
    alice = policy.Principal("user", HERE, USER, canonical_id="a" * 64)
    assert outcome(say.ask(alice), resource=grant, identity=(say.identity(say.ADMIN),))[0] == "allowed"
    assert outcome(say.ask(alice), resource=grant) == NO_IDENTITY


KEY = f"arn:aws:kms:us-east-1:{HERE}:key/1"


@pytest.mark.parametrize(
    ("caller", "principal", "identity", "expected"),
    [
        ("user", None, True, "implicit_deny"),
        ("root", None, False, "implicit_deny"),
        ("root", {"AWS": ROOT}, False, "allowed"),
        ("user", {"AWS": ROOT}, True, "allowed"),
        ("user", {"AWS": ROOT}, False, "implicit_deny"),
        ("user", {"AWS": USER}, False, "allowed"),
    ],
)
def test_a_key_lets_the_account_in_first(say, caller, principal, identity, expected):
    request = say.ask(getattr(say, caller)(), "kms:Decrypt", KEY)
    held = (say.identity(say.ADMIN),) if identity else ()
    grant = bucket(say, principal, action="kms:*") if principal else None
    assert outcome(request, identity=held, resource=grant, resource_must_allow=True)[0] == expected


@pytest.mark.parametrize(
    ("caller", "listed", "expected"),
    [
        ("user", [USER, HERE], "allowed"),
        ("user", [USER], "explicit_deny"),
        ("user", [HERE], "explicit_deny"),
        ("session", [SESSION, ROLE, ROOT], "allowed"),
        ("session", [SESSION, HERE], "explicit_deny"),
        ("session", [ROLE, HERE], "explicit_deny"),
        ("federated", [FEDERATED, USER, HERE], "allowed"),
        ("federated", [FEDERATED, HERE], "explicit_deny"),
        ("root", [ROOT], "allowed"),
        ("user", ["*"], "allowed"),
        ("ANONYMOUS", [HERE], "explicit_deny"),
    ],
)
def test_not_principal_spares_who_is_listed_at_every_level(say, caller, listed, expected):
    found = getattr(say, caller)
    deny = say.statement("Deny", NotPrincipal={"AWS": listed})
    grant = say.resource(say.statement(principal="*"), deny)
    request = say.ask(found() if callable(found) else found)
    assert outcome(request, resource=grant)[0] == expected
    bounded = {"resource": grant, "identity": (say.identity(say.ADMIN),), "boundary": say.identity(say.ADMIN)}
    assert outcome(request, **bounded)[0] == "explicit_deny"


@pytest.mark.parametrize(
    ("caller", "element", "expected"),
    [
        ("WEB", "*", "explicit_deny"),
        ("WEB", {"AWS": "*"}, "explicit_deny"),
        ("SERVICE", {"AWS": "*"}, "explicit_deny"),
        ("SERVICE", "*", "allowed"),
    ],
)
def test_not_principal_spares_as_everyone_only_who_surely_is(say, caller, element, expected):
    found = getattr(say, caller)
    grants = [say.statement(principal={kind: found.arn}) for kind in ("Service", "Federated")]
    policies = say.resource(*grants, say.statement("Deny", NotPrincipal=element))
    assert outcome(say.ask(found), resource=policies)[0] == expected


@pytest.mark.parametrize(
    ("caller", "action", "expected"),
    [("user", "s3:GetObject", "endpoint"), ("user", "sqs:SendMessage", "identity"), ("root", "s3:GetObject", "root")],
)
def test_an_account_in_a_gateway_endpoints_allow_is_its_root_user(say, caller, action, expected):
    endpoint = say.named(policy.Kind.ENDPOINT, say.statement(action="*", principal={"AWS": HERE}))
    request = say.ask(getattr(say, caller)(), action=action)
    assert outcome(request, identity=(say.identity(say.statement(action="*")),), endpoint=endpoint)[1] == expected


def test_not_principal_in_an_allow_grants_nothing(say):
    grant = say.resource(say.statement(NotPrincipal={"AWS": THERE}))
    assert outcome(say.ask(say.user()), resource=grant) == NO_IDENTITY


def test_what_has_fewer_fields_than_an_arn_belongs_to_no_other_account(say):
    held = (say.identity(say.statement(action="*")),)
    assert outcome(say.ask(say.user(), on=f"arn:aws:s3::{THERE}", owner=None), identity=held)[0] == "allowed"
    assert outcome(say.ask(say.user(), on=f"arn:aws:s3::{THERE}:b", owner=None), identity=held)[0] == "implicit_deny"


def test_a_decision_is_neither_true_nor_false(say):
    decision = policy.decide(say.ask(say.user()), policy.Policies())
    with pytest.raises(TypeError, match=r"^ask decision\.verdict: a Decision is neither true nor false$"):
        bool(decision)


def test_a_decision_names_its_statements(say):
    first, second = say.statement("Deny", Sid="one"), say.statement("Deny", action="s3:Get*", Sid="two")
    held = say.identity(say.ADMIN, first, second)
    decision = policy.decide(say.ask(say.user()), policy.Policies(identity=(held,)))
    assert [match.statement.sid for match in decision.because] == ["one", "two"]
    assert decision.because[1].place.path == "Statement[2]"
    assert decision.because[1].policy is held
    assert decision.because[1].statement.place == "Statement[2]"


def test_the_default_rcp_lets_token_bearers_through(say):
    full = say.named(policy.Kind.RCP, say.statement(action="*", principal="*"))
    narrow = say.named(policy.Kind.RCP, say.statement(action="*", resource="arn:aws:s3:::*", principal="*"))
    grant = bucket(say, {"Federated": "accounts.google.com"})
    for level in (full, narrow):
        assert outcome(say.ask(say.WEB), resource=grant, resource_control=((level,),)) == ALLOWED_BY_RESOURCE
    named = say.resource(say.statement(principal={"AWS": HERE}))
    assert outcome(say.ask(say.WEB), resource=grant, endpoint=named) == ("implicit_deny", "endpoint")


def test_naming_the_root_user_names_its_account_and_lifts_no_session_policy(say):
    grant = say.resource(say.statement(principal={"AWS": say.root().arn}))
    held = policy.Policies(resource=grant, session=(say.named(policy.Kind.SESSION, say.NO_S3),))
    decision = policy.decide(say.ask(say.root()), held)
    assert (decision.verdict, decision.layer) == ("implicit_deny", "session")


def test_an_allow_that_names_principals_grants_nothing_as_an_identity_policy(say):
    misplaced = say.resource(say.statement(principal="*"))
    assert policy.decide(say.ask(say.user()), policy.Policies(identity=(misplaced,))).verdict == "implicit_deny"


def test_a_stored_trust_policy_with_a_resource_is_about_that_resource(say):
    other = say.named(
        policy.Kind.TRUST,
        say.statement(
            action="sts:AssumeRole", resource="arn:aws:iam::111122223333:role/other", principal={"AWS": say.HERE}
        ),
    )
    held = policy.Policies(identity=(say.identity(say.ADMIN),), resource=other)
    assert policy.decide(say.assume(say.user()), held).verdict == "implicit_deny"
