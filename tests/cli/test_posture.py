"""`keyreeve audit` and `keyreeve advise`, beside a server and at rest."""

import json

from keyreeve.posture import CHECKS


def test_an_audit_is_a_table_json_or_sarif(admin, keyreeve, told):
    shown = keyreeve("audit", status=1).stdout
    assert "password-length" in shown
    assert f"{len(CHECKS) - 3} of {len(CHECKS)} practices are kept; 3 findings." in shown
    checks = {each["check"]: each for each in told("audit", status=1)["checks"]}
    assert list(checks) == list(CHECKS)
    assert checks["root-access-key"]["state"] == "pass"
    assert checks["password-length"]["findings"][0]["found"] == "there is no password policy"
    sarif = json.loads(keyreeve("audit", "--sarif", status=1).stdout)
    results = sarif["runs"][0]["results"]
    assert {each["ruleId"] for each in results} == {"password-length", "password-reuse", "support-role"}
    assert len(sarif["runs"][0]["tool"]["driver"]["rules"]) == len(CHECKS)


def test_the_status_follows_the_gravest_finding(admin, keyreeve):
    keyreeve("audit", "--fail-on", "high")
    keyreeve("audit", "--fail-on", "never")
    keyreeve("audit", "--check", "root-access-key", "--fail-on", "low")
    keyreeve("audit", "--check", "support-role")
    keyreeve("audit", "--check", "support-role", "--fail-on", "low", status=1)
    assert "no-such" in keyreeve("audit", "--check", "no-such", status=2).output


def test_the_checks_are_listed(keyreeve):
    shown = keyreeve("audit", "--list").stdout
    assert all(name in shown for name in CHECKS)


def test_an_account_is_named_where_there_are_several(admin, keyreeve, told):
    other = told("accounts", "create")["account_id"]
    assert other in keyreeve("audit", status=2).output
    assert told("audit", "--account", other, status=1)["account_id"] == other


def test_advice_is_written_and_replayed_beside_a_server(admin, serve, keyreeve, told, tmp_path):
    running = serve()
    running.client("iam", admin).list_users()
    running.client("iam", admin).get_user()
    running.stop()
    written = keyreeve("advise", "user/admin", "--policy").stdout
    actions = [statement["Action"] for statement in json.loads(written)["Statement"]]
    assert actions == ["iam:GetUser", "iam:ListUsers"]
    file = tmp_path / "policy.json"
    file.write_text(written)
    assert "Nothing of 2 questions" in keyreeve("advise", "user/admin", "--replay", str(file)).stdout
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": {**json.loads(written)["Statement"][0]}}))
    found = told("advise", "user/admin", "--replay", str(file), status=1)
    assert [each["action"] for each in found["denied"]] == ["iam:ListUsers"]
    assert "iam:ListUsers" in keyreeve("advise", "user/admin", "--replay", str(file), status=1).stdout
    assert told("advise", "user/admin")["calls"] == 2
    assert "This would take" in keyreeve("advise", "user/admin").stdout
    assert "made 2 calls in 1 day.\n" in keyreeve("advise", "user/admin", "--days", "1").stdout


def test_advice_needs_somebody(admin, keyreeve):
    assert "There is no user/none" in keyreeve("advise", "user/none", status=1).output
    assert "There is no user/ops/admin" in keyreeve("advise", "user/ops/admin", status=1).output
    assert ":user/admin made 0 calls" in keyreeve("advise", f"arn:aws:iam::{admin['account_id']}:user/admin").stdout
    keyreeve("advise", "group/Administrators", status=2)
    assert "used nothing" in keyreeve("advise", "user/admin", "--policy", status=1).output


def test_there_must_be_data(keyreeve, data):
    for command in (["audit"], ["advise", "user/admin"]):
        assert "holds no data of Keyreeve" in keyreeve(*command, status=1).stderr
    assert not data.exists()
