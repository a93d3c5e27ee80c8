"""A server with a SAML provider and a role, and a client without keys."""

from datetime import UTC, datetime

from botocore import UNSIGNED
from botocore.config import Config
from tests.saml.idp import Idp, Say, sent

from harness import ACCOUNT, SESSION, text, trusting
from keyreeve.events import Filter, look_up

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/dev"
ACTION = "sts:AssumeRoleWithSAML"
IDP, NEXT, STRANGER = Idp(), Idp("next"), Idp("stranger")
SIGNATURE = ("InvalidIdentityToken", "Response signature invalid")
INVALID = ("InvalidIdentityToken", "Your request included an invalid SAML response")


class Federation:
    """A server with a provider and a role, and a client without keys."""

    def __init__(self, server, root):
        self.server, self.root = server, root
        client = SESSION.client(
            "sts",
            region_name="us-east-1",
            endpoint_url="http://127.0.0.1:4566",
            config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}, parameter_validation=False),
        )
        client.meta.events.register("before-send.*", server.send)
        self.sts = client

    def provider(self, *idps, **more):
        document = (idps or (IDP,))[0].metadata(*idps[1:])
        return self.root.iam.create_saml_provider(Name="idp", SAMLMetadataDocument=document, **more)["SAMLProviderArn"]

    def role(self, actions=(ACTION,), name="dev", duration=3600, **condition):
        trust = trusting({"Federated": PROVIDER}, list(actions), **({"Condition": condition} if condition else {}))
        self.root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(trust), MaxSessionDuration=duration)

    def assume(self, response=None, say=None, idp=IDP, sign="assertion", encrypt=None, **more):
        if response is None:
            response = idp.made(say or self.say(), sign, encrypt)
        asked = {"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": sent(response), **more}
        return self.sts.assume_role_with_saml(**asked)

    def say(self, **more):
        return Say(**{"roles": (f"{ROLE},{PROVIDER}",), "now": datetime.now(UTC) + self.server.offset, **more})

    def person(self, answer):
        return self.server.person(answer["Credentials"])

    def events(self):
        return [event for _, event in look_up(self.server.log.rows, Filter(event_name="AssumeRoleWithSAML"))]
