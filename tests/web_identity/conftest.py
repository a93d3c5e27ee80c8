"""A server, an issuer on the loopback that it may ask, and somebody without credentials who has the issuer's tokens."""

import pytest
from botocore import UNSIGNED
from botocore.config import Config

import authority
import harness
import issuing
from harness import ACCOUNT, SESSION, text, trusting
from issuing import good
from keyreeve.openid import Client, Issuers

ALL = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("issuer")
    certificate, private, _ = authority.certified(folder)
    with issuing.Issuer(certificate, private) as served:
        served.keys = [issuing.public(), issuing.public("ES256"), issuing.public("ES384"), issuing.public("ES512")]
        served.ca_file = authority.ca_file(folder)
        yield served


@pytest.fixture(autouse=True)
def _as_it_was(issuer):
    issuer.answers = {}
    issuer.asked = []
    keys = issuer.keys
    yield
    issuer.keys = keys


@pytest.fixture(autouse=True)
def _what_is_kept_can_be_read(monkeypatch):
    monkeypatch.setattr("keyreeve.store.records.change", harness.read_back)


@pytest.fixture
def server(tmp_path, issuer):
    return harness.made(tmp_path, issuers=Issuers(Client([issuer.place], issuer.ca_file, seconds=2)))


@pytest.fixture
def provider(root, issuer):
    """The issuer as a provider of the account, for the client `app`."""
    made = root.iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app", "other-app"])
    return made["OpenIDConnectProviderArn"]


@pytest.fixture
def stranger(server):
    """Somebody without any credentials."""
    made = SESSION.client(
        "sts",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:4566",
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}, parameter_validation=False),
    )
    made.meta.events.register("before-send.*", server.send)
    return made


@pytest.fixture
def assume(root, provider, issuer, stranger):
    """Ask for a session with a token of these claims; the role's trust has this condition."""

    def ask(claims=None, condition=None, *, token=None, sign=None, role="job", actions=ALL, **more):
        trust = trusting({"Federated": provider}, actions, **({"Condition": condition} if condition else {}))
        if "job" not in [each["RoleName"] for each in root.iam.list_roles()["Roles"]]:
            root.iam.create_role(RoleName="job", AssumeRolePolicyDocument=text(trust))
        root.iam.update_assume_role_policy(RoleName="job", PolicyDocument=text(trust))
        return stranger.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            RoleSessionName="run-7",
            WebIdentityToken=token or issuing.signed(good(issuer, **(claims or {})), **(sign or {})),
            **more,
        )

    return ask


@pytest.fixture
def root(server):
    """The root user of the first account."""
    return server.root()
