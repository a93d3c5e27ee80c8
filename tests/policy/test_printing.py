"""Documents printed back from what they were compiled to; AWS's own are in test_aws_managed.py."""

import json

from keyreeve import policy

HERE = "111122223333"
FULL_ACCESS = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def test_a_document_of_every_element_is_printed_back():
    account = {"AWS": [HERE, f"arn:aws:iam::{HERE}:user/alice"], "Service": "ec2.amazonaws.com"}
    document = {
        "Version": "2008-10-17",
        "Id": "an-id",
        "Statement": [
            {"Sid": "a", "Effect": "Deny", "NotPrincipal": account, "NotAction": "s3:*", "NotResource": ["a", "b"]},
            {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Principal": {"Federated": "accounts.google.com", "CanonicalUser": "0123"},
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"NumericLessThan": {"a": "1", "b": ["2", "3"]}, "Bool": {"aws:SecureTransport": "true"}},
            },
        ],
    }
    assert json.loads(policy.printed(policy.stored(json.dumps(document), policy.Kind.RESOURCE))) == document


def test_an_accounts_root_and_its_id_are_printed_alike():
    both = [
        policy.stored(json.dumps({"Statement": {**FULL_ACCESS, "Principal": {"AWS": name}}}), policy.Kind.RESOURCE)
        for name in (HERE, f"arn:aws:iam::{HERE}:root")
    ]
    assert policy.printed(both[0]) == policy.printed(both[1])


def test_what_is_left_out_is_not_printed():
    document = {"Version": "2012-10-17", "Statement": [FULL_ACCESS]}
    assert json.loads(policy.printed(policy.stored(json.dumps(document), policy.Kind.INLINE))) == document
