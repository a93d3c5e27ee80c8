"""Requests for services that this server does not have: real clients read what is wrong."""

import pytest
from botocore.exceptions import ClientError

from harness import allow
from keyreeve.service.foreign import SENTENCE


def asked(person, service, operation, **parameters):
    with pytest.raises(ClientError) as caught:
        getattr(person.server.client(service, person.credentials), operation)(**parameters)
    return caught.value.response, person.server.answers[-1]


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("s3", "list_buckets", {}),
        ("s3", "list_objects_v2", {"Bucket": "audit"}),
        ("s3", "delete_object", {"Bucket": "audit", "Key": "a"}),
        ("kms", "list_keys", {}),
        ("organizations", "describe_organization", {}),
        ("dynamodb", "list_tables", {}),
        ("sns", "list_topics", {}),
        ("autoscaling", "describe_auto_scaling_groups", {}),
    ],
)
def test_it_is_told_in_the_protocol_that_the_client_reads(root, service, operation, parameters):
    response, answer = asked(root, service, operation, **parameters)
    assert response["Error"]["Code"] == "UnknownService"
    assert response["Error"]["Message"] == SENTENCE
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["ResponseMetadata"]["RequestId"] == dict(answer.headers)["x-amzn-requestid"]


@pytest.mark.parametrize(("service", "operation"), [("ec2", "describe_instances"), ("lambda", "list_functions")])
def test_clients_of_other_protocols_show_the_sentence_all_the_same(root, service, operation):
    response, _ = asked(root, service, operation)
    assert SENTENCE in str(response)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_nothing_else_of_the_signature_is_looked_at_and_nothing_waited_for(root):
    unknown = root.server.person({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "wrong"})
    response, answer = asked(unknown, "s3", "list_buckets")
    assert response["Error"]["Code"] == "UnknownService"
    assert (answer.proven, answer.revision) == (False, 0)


@pytest.mark.parametrize("scope", ["iam", "s3", "execute-api"])
def test_a_wrong_scope_of_a_request_for_us_is_told_as_aws_tells_it(server, scope):
    alice = server.user("alice", allow("*"))
    client = server.client("sts", alice.credentials)
    client.meta.config.signature_version = "v4"
    client.meta.events.register("choose-signer.*", lambda **_: "v4")
    client.meta.events.register(
        "before-sign.*", lambda request, **_: request.context.update(signing={"signing_name": scope})
    )
    with pytest.raises(ClientError, match="Credential should be scoped to correct service: 'sts'"):
        client.get_caller_identity()
