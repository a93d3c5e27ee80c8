"""`keyreeve notifications`: the operator hands the exchange token of a delegation request on."""

import json

import pytest

PERMISSIONS = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}}


@pytest.fixture
def templates(tmp_path):
    """A file that registers the partner 444455556666."""
    template = {"PolicyTemplateArn": "arn:aws:iam::444455556666:template/audit", "PolicyDocument": PERMISSIONS}
    partner = {"AccountId": "444455556666", "Name": "Example", "PolicyTemplates": [template]}
    file = tmp_path / "templates.json"
    file.write_text(json.dumps({"DelegationPartners": [partner]}))
    return str(file)


def messages(keyreeve):
    return [json.loads(line) for line in keyreeve("notifications", "list").stdout.splitlines()]


def test_a_token_reaches_its_partner_by_the_operator(admin, told, keyreeve, serve, templates):
    partner = told("accounts", "create", "--account-id", "444455556666")
    server = serve("--templates", templates)
    iam = server.client("iam", admin)
    request = server.client("iam", partner).create_delegation_request(
        Description="to audit",
        Permissions={"PolicyTemplateArn": "arn:aws:iam::444455556666:template/audit"},
        RequestorWorkflowId="audit-1",
        NotificationChannel="arn:aws:sns:us-east-1:444455556666:delegations",
        SessionDuration=900,
    )["DelegationRequestId"]
    iam.associate_delegation_request(DelegationRequestId=request)
    iam.accept_delegation_request(DelegationRequestId=request)
    iam.send_delegation_token(DelegationRequestId=request)
    *steps, sent = messages(keyreeve)
    assert [each["message"]["State"] for each in steps] == ["ASSIGNED", "ACCEPTED", "FINALIZED"]
    assert sent["channel"] == "arn:aws:sns:us-east-1:444455556666:delegations"
    token = sent["message"]["ExchangeToken"]
    given = server.client("sts", partner).get_delegated_access_token(TradeInToken=token)["Credentials"]
    delegated = {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }
    assert server.client("iam", delegated).list_users()["Users"]
    for each in (*steps, sent):
        keyreeve("notifications", "forget", each["notification_id"])
    assert messages(keyreeve) == []
    refusal = keyreeve("notifications", "forget", sent["notification_id"], status=1)
    assert refusal.stderr == f"keyreeve: No notification {sent['notification_id']} waits.\n"
    assert token not in server.stop()


def test_faulty_templates_are_refused_at_the_start(program, data, templates):
    result = program("serve", "--data", str(data), "--templates", templates + "x")
    assert result.returncode == 2
    assert "it must be a JSON file of templates" in result.stderr
