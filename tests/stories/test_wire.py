"""What tools build on the wire itself: presigned identities, requests passed on, JSON, pages, waiters; and refusals."""

import base64
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from botocore import auth
from botocore.exceptions import ClientError

from stories.clients import Boto3, Curl, boto
from stories.words import INVALID, allow, refused, trust

pytestmark = pytest.mark.client("boto3")

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


@pytest.fixture(scope="module")
def client(server):
    return Boto3(server.endpoint)


def sent(url, headers=None, body=None):
    """Status, headers and text of a plain HTTP exchange: GET, or POST with a body."""
    request = urllib.request.Request(url, data=body, headers=headers or {})  # noqa: S310  our own server
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  same
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def signed_at(monkeypatch, moment):
    """Have botocore sign with this time."""
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_: moment.replace(tzinfo=None))


def caller_of(body):
    """Who an answer to GetCallerIdentity, asked for as JSON, names."""
    return json.loads(body)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["Arn"]


class TestKubernetes:
    """A cluster's token is a presigned GetCallerIdentity with the cluster's name among the signed headers."""

    def token(self, server, credentials, cluster="production", seconds=60):
        sts = boto(server.endpoint, "sts", credentials)

        def name_the_cluster(request, **_):
            request.headers["x-k8s-aws-id"] = cluster

        sts.meta.events.register("before-sign.sts.GetCallerIdentity", name_the_cluster)
        url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=seconds, HttpMethod="GET")
        return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")

    def review(self, token, cluster="production"):
        """What the authenticator in the cluster does: it presents the URL, with its own cluster's name."""
        encoded = token.removeprefix("k8s-aws-v1.")
        url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        status, _, body = sent(url, {"Accept": "application/json", "x-k8s-aws-id": cluster})
        return status, body

    def test_the_cluster_learns_who_it_is(self, server, cast):
        status, body = self.review(self.token(server, server.admin))
        assert (status, caller_of(body)) == (200, cast.arn("user/admin"))

    def test_a_role_is_known_to_the_cluster_too(self, server, cast):
        cast.user("node-user")
        role = {"RoleName": "node", "AssumeRolePolicyDocument": trust(cast.arn("user/node-user"))}
        arn = cast.admin("iam", "CreateRole", **role)["Role"]["Arn"]
        key = cast.admin("iam", "CreateAccessKey", UserName="node-user")["AccessKey"]
        visit = {"RoleArn": arn, "RoleSessionName": "i-0123456789"}
        session = cast.acting(key)("sts", "AssumeRole", **visit)["Credentials"]
        status, body = self.review(self.token(server, session))
        assert status == 200
        assert caller_of(body) == f"arn:aws:sts::{cast.account}:assumed-role/node/i-0123456789"

    def test_another_clusters_token_is_refused(self, server):
        status, body = self.review(self.token(server, server.admin), cluster="staging")
        assert status == 403
        assert json.loads(body)["Error"] == {"Code": "SignatureDoesNotMatch", "Message": MISMATCH, "Type": "Sender"}

    @pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 403)])
    def test_a_token_is_taken_for_fifteen_minutes(self, server, monkeypatch, minutes, status):
        with monkeypatch.context() as patch:
            signed_at(patch, datetime.now(UTC) - timedelta(minutes=minutes))
            token = self.token(server, server.admin)
        found, body = self.review(token)
        assert found == status
        assert ("Signature expired: " in body) == (status == 403)


class TestVault:
    """A login is a signed GetCallerIdentity that somebody else sends, with the receiver's name signed into it."""

    def login(self, server, credentials, receiver="vault.example.com"):
        sts = boto(server.endpoint, "sts", credentials)
        caught = {}

        def name_the_receiver(request, **_):
            request.headers["X-Vault-AWS-IAM-Server-ID"] = receiver

        def keep(request, **_):
            texts = {name: text if isinstance(text, str) else text.decode() for name, text in request.headers.items()}
            body = request.body if isinstance(request.body, bytes) else request.body.encode()
            caught.update(url=request.url, headers=texts, body=body)

        sts.meta.events.register("before-sign.sts.GetCallerIdentity", name_the_receiver)
        sts.meta.events.register("before-send.sts.GetCallerIdentity", keep)
        sts.get_caller_identity()
        return caught

    def test_the_receiver_learns_who_it_is(self, server, cast):
        login = self.login(server, server.admin)
        status, headers, text = sent(**login)
        assert status == 200
        assert headers["Content-Type"] == "text/xml"
        assert f"<Arn>{cast.arn('user/admin')}</Arn>" in text
        status, _, text = sent(**{**login, "headers": {**login["headers"], "Accept": "application/json"}})
        assert (status, caller_of(text)) == (200, cast.arn("user/admin"))

    def test_a_login_for_somebody_else_is_refused(self, server):
        login = self.login(server, server.admin)
        login["headers"]["X-Vault-AWS-IAM-Server-ID"] = "another.example.com"
        status, _, text = sent(**login)
        assert status == 403
        assert "<Code>SignatureDoesNotMatch</Code>" in text

    def test_a_login_says_nothing_but_who(self, server):
        login = self.login(server, server.admin)
        del login["headers"]["Content-Length"]
        login["body"] = urlencode({"Action": "ListUsers", "Version": "2010-05-08"}).encode()
        status, _, text = sent(**login)
        assert status == 403
        assert "<Code>SignatureDoesNotMatch</Code>" in text


class TestRefusals:
    """Credentials that prove nothing, in AWS's codes and sentences."""

    @pytest.mark.parametrize("service", ["iam", "sts"])
    def test_of_a_wrong_secret(self, server, client, service):
        wrong = {**server.admin, "SecretAccessKey": server.admin["SecretAccessKey"][::-1]}
        operation = {"iam": "ListUsers", "sts": "GetCallerIdentity"}[service]
        with refused("SignatureDoesNotMatch", MISMATCH):
            client.call(wrong, service, operation)

    def test_of_an_unknown_key(self, server, client):
        unknown = {**server.admin, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}
        with refused("InvalidClientTokenId", INVALID):
            client.call(unknown, "sts", "GetCallerIdentity")

    def test_of_a_token_that_is_not_the_keys(self, cast, server, client):
        one, two = (cast.admin("sts", "GetSessionToken")["Credentials"] for _ in range(2))
        for wrong in (
            {**one, "SessionToken": two["SessionToken"]},
            {**one, "SessionToken": None},
            {**one, "SessionToken": one["SessionToken"][:-8] + "AAAAAAAA"},
            {**server.admin, "SessionToken": one["SessionToken"]},
        ):
            with refused("InvalidClientTokenId", INVALID):
                client.call(wrong, "sts", "GetCallerIdentity")

    @pytest.mark.parametrize(("minutes", "start"), [(-16, "Signature expired: "), (16, "Signature not yet current: ")])
    def test_of_another_time(self, server, client, monkeypatch, minutes, start):
        signed_at(monkeypatch, datetime.now(UTC) + timedelta(minutes=minutes))
        with pytest.raises(Exception, match=start) as caught:
            client.call(server.admin, "sts", "GetCallerIdentity")
        assert caught.value.code == "SignatureDoesNotMatch"
        assert caught.value.sentence.endswith(" - 15 min.)" if minutes < 0 else " + 15 min.)")

    def test_of_another_service(self, server):
        iam = boto(server.endpoint, "iam", server.admin)
        question = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
        iam.meta.events.register("before-call.*", lambda params, **_: params["body"].update(question))
        with pytest.raises(ClientError) as caught:
            iam.list_users()
        sentence = "Credential should be scoped to correct service: 'sts'. "
        assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
        assert caught.value.response["Error"]["Message"] == sentence

    def test_of_no_signature(self, server):
        form = urlencode({"Action": "GetCallerIdentity", "Version": "2011-06-15"}).encode()
        status, _, text = sent(server.endpoint, {}, form)
        assert status == 403
        assert "<Code>MissingAuthenticationToken</Code>" in text
        assert "<Message>Request is missing Authentication Token</Message>" in text


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1"])
def test_every_region_is_served_and_a_policy_may_name_one(cast, server, region):
    name = f"in-{region}"
    only = {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}
    cast.user(name, allow("iam:GetUser", Condition=only))
    key = cast.admin("iam", "CreateAccessKey", UserName=name)["AccessKey"]
    iam = boto(server.endpoint, "iam", key, region)
    assert boto(server.endpoint, "sts", key, region).get_caller_identity()["Account"] == server.account
    if region == "eu-central-1":
        assert iam.get_user()["User"]["UserName"] == name
    else:
        with pytest.raises(ClientError, match="no identity-based policy allows the iam:GetUser action"):
            iam.get_user()


def test_pages_hold_everything_once(cast, server):
    iam = boto(server.endpoint, "iam", server.admin)
    names = {f"page-{number}" for number in range(7)}
    for name in names:
        cast.admin("iam", "CreateUser", UserName=name, Path="/pages/")
    pages = [*iam.get_paginator("list_users").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 3})]
    assert [len(page["Users"]) for page in pages] == [3, 3, 1]
    assert {user["UserName"] for page in pages for user in page["Users"]} == names
    managed = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 500})
    arns = [policy["Arn"] for page in managed for policy in page["Policies"]]
    assert len(arns) == len(set(arns)) > 1000
    assert "arn:aws:iam::aws:policy/AdministratorAccess" in arns
    details = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2})
    assert names < {user["UserName"] for page in details for user in page["UserDetailList"]}


def test_waiters_wait_for_nothing(cast, server):
    iam = boto(server.endpoint, "iam", server.admin)
    once = {"Delay": 1, "MaxAttempts": 1}
    user = iam.create_user(UserName="awaited")["User"]["UserName"]
    iam.get_waiter("user_exists").wait(UserName=user, WaiterConfig=once)
    iam.create_role(RoleName="awaited", AssumeRolePolicyDocument=trust(cast.account))
    iam.get_waiter("role_exists").wait(RoleName="awaited", WaiterConfig=once)
    arn = iam.create_policy(PolicyName="awaited", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.get_waiter("policy_exists").wait(PolicyArn=arn, WaiterConfig=once)
    iam.create_instance_profile(InstanceProfileName="awaited")
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="awaited", WaiterConfig=once)


@pytest.mark.client("curl")
def test_json_is_answered_to_curl(server):
    curl = Curl(server.endpoint)
    ask = (server.admin, "iam", "GetUser")
    status, body = curl.post(*ask, {"UserName": "admin"}, "Accept: application/json")
    user = json.loads(body)["GetUserResponse"]["GetUserResult"]["User"]
    assert (status, user["UserName"]) == ("200", "admin")
    assert datetime.fromtimestamp(user["CreateDate"], UTC) <= datetime.now(UTC)
    status, body = curl.post(*ask, {"UserName": "nobody"}, "Accept: application/json")
    refusal = {"Code": "NoSuchEntity", "Message": "The user with name nobody cannot be found.", "Type": "Sender"}
    assert (status, json.loads(body)["Error"]) == ("404", refusal)
