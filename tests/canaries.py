"""Canaries: secrets that are recognised wherever they turn up, planted through every operation that takes or makes one.

    planted = Planted(endpoint, partner)
    planted.through_everything(admin)
    planted.secrets -> the bytes of each secret, by where it came from

What any answer says is kept apart: `planted.told` has the bodies of all answers but those that give a secret out.
"""

import re
from base64 import b32decode, b64decode, b64encode, urlsafe_b64decode
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.saml.idp import Idp, Say

from authenticator import Authenticator
from harness import text, trusting
from pki import certificate, private, rsa_key

FIRST, SECOND, THIRD = "Canary-one/+%26Zq7", "Canary-two/+%26Zq7", "Canary-three/+%26Zq7"
WEAK = "canaryweakpassword"
GIVE_OUT = {
    "CreateAccessKey",
    "CreateVirtualMFADevice",
    "CreateServiceSpecificCredential",
    "ResetServiceSpecificCredential",
    "GetSessionToken",
    "GetFederationToken",
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoot",
    "GetDelegatedAccessToken",
    "GetWebIdentityToken",
}
"""Operations whose answer is the one place where a secret is told."""

TEMPLATE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]}
"""What the partner asks for."""

_ASSERTED = re.compile(r"SignatureValue>([^<]+)<")
_SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})")


def metadata():
    """An identity provider's metadata."""
    der = b64encode(x509.load_pem_x509_certificate(certificate(rsa_key()).encode()).public_bytes(Encoding.DER)).decode()
    return (
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
        'entityID="https://idp.example/metadata"><md:IDPSSODescriptor '
        'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo>'
        f"<ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/"/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )


@dataclass(frozen=True)
class Partner:
    """Another account of the server, which may ask for delegation, with its administrator's credentials."""

    account: str
    credentials: dict[str, str]

    @property
    def template(self):
        return f"arn:aws:iam::{self.account}:delegation-template/canary"

    @property
    def templates(self):
        """What the operator registers of it."""
        asking = {"PolicyTemplateArn": self.template, "PolicyDocument": TEMPLATE}
        partner = {"AccountId": self.account, "Name": "Example", "PolicyTemplates": [asking]}
        return {"DelegationPartners": [partner]}


class Planted:
    """The canaries that were planted at a server, and what it told of them."""

    def __init__(self, endpoint, partner):
        self.endpoint, self.partner = endpoint, partner
        self.secrets = {}
        self.told = []
        self.called = set()

    def plant(self, name, secret):
        """Remember a secret by where it came from, and give it back."""
        self.secrets[name] = secret if isinstance(secret, bytes) else secret.encode()
        return secret

    def client(self, service, credentials):
        """A client that keeps what it is told, and each signature that it makes."""
        made = boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),
        )
        made.meta.events.register("before-send.*", self._sent)
        made.meta.events.register("before-parse.*", self._answered)
        return made

    def _sent(self, request, event_name, **_):
        self.called.add(event_name.rsplit(".", 1)[1])
        head = request.headers.get("Authorization")
        if head is None:
            return
        text = head.decode() if isinstance(head, bytes) else head
        self.plant(f"a signature ({len(self.called)})", _SIGNATURE.search(text)[1])

    def _answered(self, operation_model, response_dict, **_):
        if response_dict["status_code"] != HTTPStatus.OK or operation_model.name not in GIVE_OUT:
            self.told.append((f"the answer to {operation_model.name}", response_dict["body"]))

    @contextmanager
    def refused(self):
        """Something that the server is to refuse."""
        try:
            yield
        except ClientError:
            return
        raise AssertionError("it was not refused")

    # Everything that takes or makes a secret.

    def through_everything(self, admin):
        """Plant through each operation that is built, also where it refuses."""
        iam, sts = self.client("iam", admin), self.client("sts", admin)
        iam.create_user(UserName="alice")
        self.keys(iam)
        self.passwords(iam)
        self.devices(iam)
        self.certificates(iam)
        self.providers(iam)
        self.service_credentials(iam)
        self.sessions(iam, sts)
        self.proofs(iam, sts)
        self.roots(iam, sts)
        self.tokens(iam, sts)
        self.refusal(sts)
        self.read_all(iam)

    def keys(self, iam):
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        self.plant("CreateAccessKey", key["SecretAccessKey"])
        self.alice = {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}

    def passwords(self, iam):
        self.plant("CreateLoginProfile", FIRST)
        self.plant("UpdateLoginProfile", SECOND)
        self.plant("ChangePassword", THIRD)
        self.plant("a refused password", WEAK)
        iam.create_login_profile(UserName="alice", Password=FIRST)
        iam.update_login_profile(UserName="alice", Password=SECOND)
        iam.update_account_password_policy(AllowUsersToChangePassword=True, PasswordReusePrevention=3)
        own = self.client("iam", self.alice)
        own.change_password(OldPassword=SECOND, NewPassword=THIRD)
        for wrong in ({"OldPassword": WEAK, "NewPassword": FIRST}, {"OldPassword": THIRD, "NewPassword": WEAK * 8}):
            with self.refused():
                own.change_password(**wrong)
        with self.refused():
            iam.create_login_profile(UserName="nobody", Password=WEAK)
        with self.refused():
            own.create_login_profile(UserName="admin", Password=WEAK)

    def devices(self, iam):
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
        self.plant("CreateVirtualMFADevice seed", made["Base32StringSeed"])
        self.plant("CreateVirtualMFADevice seed, decoded", b32decode(made["Base32StringSeed"]))
        self.plant("CreateVirtualMFADevice QR code", made["QRCodePNG"])
        self.phone = Authenticator(made)
        iam.enable_mfa_device(UserName="alice", SerialNumber=self.phone.serial, **self.phone.two())

    def private_key(self, name, key_name):
        """A private key as PEM, planted as text and as bytes."""
        key = rsa_key(key_name)
        self.plant(f"{name} DER", key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        return self.plant(name, private(key))

    def certificates(self, iam):
        key = self.private_key("UploadServerCertificate", "canary of a certificate")
        body = certificate(rsa_key("canary of a certificate"))
        named = {"ServerCertificateName": "web", "CertificateBody": body}
        iam.upload_server_certificate(**named, PrivateKey=key)
        other = self.private_key("a refused private key", "canary of nothing")
        with self.refused():
            iam.upload_server_certificate(**{**named, "ServerCertificateName": "other"}, PrivateKey=other)
        for misplaced in (other + body, body + other):
            with self.refused():
                iam.upload_signing_certificate(UserName="alice", CertificateBody=misplaced)
            with self.refused():
                iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=misplaced)

    def providers(self, iam):
        one = self.private_key("CreateSAMLProvider", "canary of a provider")
        two = self.private_key("UpdateSAMLProvider", "another canary of a provider")
        arn = iam.create_saml_provider(
            Name="idp", SAMLMetadataDocument=metadata(), AddPrivateKey=one, AssertionEncryptionMode="Required"
        )["SAMLProviderArn"]
        iam.update_saml_provider(SAMLProviderArn=arn, AddPrivateKey=two)
        with self.refused():
            iam.create_saml_provider(Name="idp", SAMLMetadataDocument=metadata(), AddPrivateKey=two)

    def service_credentials(self, iam):
        git = {"UserName": "alice", "ServiceName": "codecommit.amazonaws.com"}
        made = iam.create_service_specific_credential(**git)["ServiceSpecificCredential"]
        self.plant("CreateServiceSpecificCredential", made["ServicePassword"])
        identifier = {"UserName": "alice", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        again = iam.reset_service_specific_credential(**identifier)["ServiceSpecificCredential"]
        self.plant("ResetServiceSpecificCredential", again["ServicePassword"])
        api = {"UserName": "alice", "ServiceName": "bedrock.amazonaws.com"}
        made = iam.create_service_specific_credential(**api)["ServiceSpecificCredential"]
        self.plant("CreateServiceSpecificCredential, an API key", made["ServiceCredentialSecret"])

    def sessions(self, iam, sts):
        self.session("GetSessionToken", sts.get_session_token())
        self.session("GetFederationToken", sts.get_federation_token(Name="fed"))
        account = sts.get_caller_identity()["Account"]
        trust = text(trusting({"AWS": account}))
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        held = self.session("AssumeRole", sts.assume_role(RoleArn=role, RoleSessionName="nest"))
        with self.refused():
            self.client("iam", held).list_users()
        with self.refused():
            self.client("sts", {**held, "SecretAccessKey": self.alice["SecretAccessKey"]}).get_caller_identity()
        alice = self.client("sts", self.alice)
        with self.refused():
            alice.get_session_token(SerialNumber=self.phone.serial, TokenCode="000000")

    def proofs(self, iam, sts):
        """What somebody brings in the place of a signature: it is a credential for as long as it is valid."""
        idp = Idp("canary")
        provider = iam.create_saml_provider(Name="canary", SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]
        trust = text(trusting({"Federated": provider}, "sts:AssumeRoleWithSAML"))
        role = iam.create_role(RoleName="federated", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        assertion = idp.made(Say(roles=(f"{role},{provider}",)))
        self.plant("AssumeRoleWithSAML assertion", b64decode(_ASSERTED.search(assertion)[1]))
        given = {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": b64encode(assertion.encode()).decode()}
        self.session("AssumeRoleWithSAML", sts.assume_role_with_saml(**given))
        with self.refused():
            sts.assume_role_with_saml(**{**given, "RoleArn": role + "-other"})
        token = self.plant("a refused web identity token", "eyJhbGciOiJSUzI1NiJ9." + "Canary_web_identity-" * 9)
        with self.refused():
            sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="nest", WebIdentityToken=token)

    def roots(self, iam, sts):
        """The root user of an account that this one manages."""
        iam.enable_organizations_root_credentials_management()
        task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
        self.session("AssumeRoot", sts.assume_root(TargetPrincipal=self.partner.account, TaskPolicyArn=task))

    def tokens(self, iam, sts):
        """Tokens of the account's own issuer, by which its principals prove themselves to others."""
        iam.enable_outbound_web_identity_federation()
        given = sts.get_web_identity_token(Audience=["https://shop.example"], SigningAlgorithm="ES384")
        token = self.plant("GetWebIdentityToken", given["WebIdentityToken"])
        self.plant("GetWebIdentityToken signature", urlsafe_b64decode(token.rsplit(".", 1)[1] + "=="))

    def delegation(self, admin, told):
        """A partner asks, somebody releases the token, and the partner trades it in; `told` fetches the token."""
        iam, partner = self.client("iam", admin), self.client("iam", self.partner.credentials)
        asked = partner.create_delegation_request(
            Description="canary",
            RequestMessage="canary",
            Permissions={"PolicyTemplateArn": self.partner.template},
            RequestorWorkflowId="canary",
            NotificationChannel=f"arn:aws:sns:us-east-1:{self.partner.account}:canary",
            SessionDuration=3600,
        )
        request = {"DelegationRequestId": asked["DelegationRequestId"]}
        iam.associate_delegation_request(**request)
        iam.accept_delegation_request(**request)
        iam.send_delegation_token(**request)
        token = self.plant("SendDelegationToken", told())
        self.plant("SendDelegationToken, its secret part", token.split(".")[1])
        trading = self.client("sts", self.partner.credentials)
        self.session("GetDelegatedAccessToken", trading.get_delegated_access_token(TradeInToken=token))
        with self.refused():
            trading.get_delegated_access_token(TradeInToken=token[:-1])
        iam.list_delegation_requests()
        iam.get_delegation_request(**request)

    def refusal(self, sts):
        """The account of a refusal, sealed for who may read it."""
        try:
            self.client("iam", self.alice).list_roles()
        except ClientError as error:
            sealed = error.response["ResponseMetadata"]["HTTPHeaders"]["x-keyreeve-encoded-authorization-message"]
        self.plant("DecodeAuthorizationMessage", sealed)
        sts.decode_authorization_message(EncodedMessage=sealed)
        with self.refused():
            sts.decode_authorization_message(EncodedMessage=sealed[:-1])

    def session(self, name, answer):
        held = answer["Credentials"]
        self.plant(name, held["SecretAccessKey"])
        self.plant(f"{name} token", held["SessionToken"])
        return {part: held[part] for part in ("AccessKeyId", "SecretAccessKey", "SessionToken")}

    def read_all(self, iam):
        """Everything that lists or shows what was planted."""
        alice = {"UserName": "alice"}
        for call in (
            iam.list_users,
            iam.list_virtual_mfa_devices,
            iam.list_server_certificates,
            iam.list_saml_providers,
            iam.get_account_summary,
            iam.get_account_password_policy,
            iam.get_account_authorization_details,
        ):
            call()
        for call in (
            iam.get_user,
            iam.get_login_profile,
            iam.list_access_keys,
            iam.list_mfa_devices,
            iam.list_service_specific_credentials,
        ):
            call(**alice)
        iam.get_server_certificate(ServerCertificateName="web")
        iam.get_saml_provider(SAMLProviderArn=iam.list_saml_providers()["SAMLProviderList"][0]["Arn"])


def of_key_ring(text):
    """The secrets of a key ring, by their key."""
    return {
        f"the key ring's {number}": b64decode(secret)
        for number, secret in enumerate(re.findall(r'"secret":\s*"([^"]+)"', text))
    }
