"""Explanations as JSON, and those of the acting statements alone."""

import json

from keyreeve import policy


def explained(say, **more):
    condition = {"StringEquals": {"aws:TagKeys": ["red", "blue"]}}
    held = say.identity(say.statement(Sid="a", condition=condition), say.statement("Deny", action="ec2:*", Sid="b"))
    grant = say.resource(say.statement(principal={"AWS": say.HERE}))
    request = say.ask(say.user(), context={"aws:tagkeys": ("red",)})
    return policy.explain(request, policy.Policies(identity=(held,), resource=grant), **more)


def test_an_explanation_is_told_as_json(say):
    told = policy.told(explained(say))
    assert json.loads(json.dumps(told)) == told
    assert (told["verdict"], told["layer"], told["because"], told["missing_keys"]) == (
        "implicit_deny",
        "identity",
        [],
        [],
    )
    assert told["sentence"].endswith("because no identity-based policy allows the s3:GetObject action")
    named, first, second = told["statements"]
    assert (named["layer"], named["principal"], named["conditions"]) == ("resource", "account", [])
    assert first["conditions"] == [
        {"operator": "StringEquals", "key": "aws:TagKeys", "values": ["red", "blue"], "given": ["red"], "holds": False}
    ]
    assert (first["sid"], first["applies"], first["action"], first["resource"]) == ("a", False, True, True)
    assert (second["sid"], second["effect"], second["action"]) == ("b", "Deny", False)
    assert (second["path"], second["line"] > 0, second["column"] > 0) == ("Statement[1]", True, True)


def test_what_allows_is_told_without_a_sentence(say):
    held = say.identity(say.statement())
    told = policy.told(policy.explain(say.ask(say.user()), policy.Policies(identity=(held,))))
    assert (told["verdict"], told["sentence"]) == ("allowed", None)
    assert [each["policy"] for each in told["because"]] == ["the-identity"]


def test_statements_about_other_actions_can_be_left_out(say):
    everything, acting = explained(say), explained(say, acting=True)
    assert [traced.match.statement.sid for traced in everything.trace] == ["", "a", "b"]
    assert [traced.match.statement.sid for traced in acting.trace] == ["", "a"]
    assert acting.decision.verdict == everything.decision.verdict
