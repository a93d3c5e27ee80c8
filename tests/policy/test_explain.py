from keyreeve import policy


def test_an_explanation_shows_what_failed_and_what_was_missing(say):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}, "Bool": {"aws:SecureTransport": "true"}}
    held = say.identity(
        say.statement(condition=condition), say.statement(action="ec2:*", condition={"Null": {"other": "true"}})
    )
    request = say.ask(say.user(), context={"aws:securetransport": "false"})
    explanation = policy.explain(request, policy.Policies(identity=(held,)))
    assert explanation.decision.verdict == "implicit_deny"
    first, second = explanation.trace
    assert (first.action, first.resource, first.applies, first.principal) == (True, True, False, None)
    assert [(each.condition.key, each.condition.values, each.given) for each in first.failed] == [
        ("aws:PrincipalTag/team", ("red",), None),
        ("aws:SecureTransport", ("true",), "false"),
    ]
    assert explanation.missing_keys == ("aws:PrincipalTag/team",)
    assert not second.action


def test_an_explanation_shows_how_the_caller_is_named(say):
    grant = say.resource(say.statement(principal={"AWS": say.HERE}))
    (traced,) = policy.explain(say.ask(say.user()), policy.Policies(resource=grant)).trace[:1]
    assert traced.principal == "account"
    assert traced.match.layer == "resource"
    assert traced.applies


def test_an_explanation_tells_every_form_of_naming_a_caller(say):
    session = say.session()
    forms = {
        "direct": {"AWS": session.arn},
        "parent": {"AWS": session.role_arn},
        "account": {"AWS": say.HERE},
        "wildcard": "*",
    }
    for form, principal in forms.items():
        grant = say.resource(say.statement(principal=principal))
        (traced,) = policy.explain(say.ask(session), policy.Policies(resource=grant)).trace
        assert traced.principal == form


def test_who_is_named_beside_everyone_is_named_directly(say):
    grant = say.resource(say.statement(principal={"AWS": ["*", say.user().arn]}))
    (traced,) = policy.explain(say.ask(say.user()), policy.Policies(resource=grant)).trace
    assert traced.principal == "direct"


def test_everyone_is_not_the_bearer_of_a_token_also_in_the_explanation(say):
    grant = say.resource(say.statement(principal="*"))
    (traced,) = policy.explain(say.ask(say.WEB), policy.Policies(resource=grant)).trace
    assert (traced.applies, traced.principal) == (False, None)
