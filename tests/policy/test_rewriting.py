import json

import pytest

from keyreeve import policy
from keyreeve.policy import Kind

HERE = "111122223333"
USER, ROLE = f"arn:aws:iam::{HERE}:user/alice", f"arn:aws:iam::{HERE}:role/r"
TRUST = f"""{{ "Version":"2012-10-17",
  "Statement": [ {{"Effect":"Allow", "Principal": {{"AWS": ["{USER}", "{HERE}"], "Service": "x.amazonaws.com"}},
    "Action":"sts:AssumeRole", "Condition": {{"StringEquals": {{"AWS": "{USER}", "n": [1.50, true, ""]}}}} }},
    {{"Effect":"Deny", "Principal": {{"AWS":"{ROLE}"}}, "Action": [ "sts:*" ]}} ]}}\n"""


def test_principals_become_ids_and_names_again():
    ids = {USER: "AIDA1", ROLE: "AROA1"}
    bound = policy.rewrite_principals(TRUST, ids.get)
    assert bound == TRUST.replace(f'["{USER}"', '["AIDA1"').replace(f'{{"AWS":"{ROLE}"', '{"AWS":"AROA1"')
    names = {found: name for name, found in ids.items()}
    assert policy.rewrite_principals(bound, names.get) == TRUST


def test_a_text_without_change_stays_itself():
    asked = []
    assert policy.rewrite_principals(TRUST, asked.append) == TRUST
    assert asked == [USER, HERE, ROLE]
    assert policy.rewrite_principals(TRUST, str) == TRUST


def test_a_single_statement_and_escapes():
    text = '{"Statement":{"Effect":"Allow","Principal":{"AWS":"\\u0061"},"Action":"sts:x"}}'
    assert policy.rewrite_principals(text, {"a": "b"}.get) == text.replace('"\\u0061"', '"b"')


def test_a_mapping_may_refuse():
    def refuse(name):
        raise LookupError(name)

    with pytest.raises(LookupError, match="alice"):
        policy.rewrite_principals(TRUST, refuse)


def test_principals_of_a_document():
    statement = {"Effect": "Deny", "Action": "sts:*", "Principal": {"AWS": "*", "Federated": "accounts.google.com"}}
    document = policy.stored(json.dumps({"Statement": [*json.loads(TRUST)["Statement"][1:], statement]}), Kind.TRUST)
    assert policy.principals(document) == (("AWS", "*"), ("AWS", ROLE), ("Federated", "accounts.google.com"))
    names = policy.principals(policy.stored(TRUST, Kind.TRUST))
    assert names == (("AWS", HERE), ("AWS", ROLE), ("AWS", USER), ("Service", "x.amazonaws.com"))
    assert policy.principals(policy.NOTHING) == ()


def test_context_keys_of_a_document():
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "NotResource": "arn:aws:s3:::b/${aws:username}${*}",
        "Condition": {"StringEquals": {"aws:PrincipalTag/Team": ["${aws:UserName}", "${saml:sub, 'x'}"]}},
    }
    document = policy.stored(json.dumps({"Version": "2012-10-17", "Statement": statement}), Kind.IDENTITY)
    assert policy.context_keys(document) == ("aws:PrincipalTag/Team", "aws:username", "saml:sub")
    old = policy.stored(json.dumps({"Statement": statement}), Kind.IDENTITY)
    assert policy.context_keys(old) == ("aws:PrincipalTag/Team",)


def test_white_space_does_not_count():
    assert policy.size_without_white_space('{ "a b":\r\n\t1 }') == len('{"ab":1}')


def test_identity_policies_name_nobody():
    document = policy.stored('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', Kind.IDENTITY)
    assert policy.principals(document) == ()
