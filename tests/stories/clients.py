"""The clients that a story is told through. Each calls an operation as its users do, and tells what was refused.

    client.call(credentials, "iam", "CreateUser", UserName="alice") -> {"User": {...}}

Credentials are as AWS answers them: AccessKeyId, SecretAccessKey and perhaps SessionToken. Where the endpoint has TLS,
`authority` is the file of the certificate authority that vouches for it.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote, unquote, urlencode
from xml.etree import ElementTree as ET

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

JS = Path(__file__).parent / "js"
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
SESSION = boto3.session.Session()
SECONDS = 60


class Refused(Exception):
    """What the server refused: AWS's error code and sentence, as the client showed them."""

    def __init__(self, code, sentence):
        super().__init__(f"{code}: {sentence}")
        self.code, self.sentence = code, sentence


def environment(endpoint, credentials, **more):
    """The environment of a client: these credentials, this endpoint, and nothing of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    made = {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        **more,
    }
    if credentials.get("SessionToken"):
        made["AWS_SESSION_TOKEN"] = credentials["SessionToken"]
    return made


def boto(endpoint, service, credentials, region="us-east-1", authority=None, **settings):
    """A boto3 client."""
    return SESSION.client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}, **settings),
        verify=authority,
    )


class Boto3:
    """boto3, in this process."""

    def __init__(self, endpoint, authority=None):
        self.endpoint, self.authority = endpoint, authority

    def call(self, credentials, service, operation, **parameters):
        client = boto(self.endpoint, service, credentials, authority=self.authority)
        try:
            answer = client._make_api_call(operation, parameters)
        except ClientError as error:
            raise Refused(error.response["Error"]["Code"], error.response["Error"]["Message"]) from error
        del answer["ResponseMetadata"]
        return answer


class AwsCli:
    """The AWS CLI: one process a call, parameters as flags."""

    REFUSAL = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation: (.*)", re.DOTALL)

    def __init__(self, endpoint, authority=None):
        self.program = awscli()
        self.endpoint, self.authority = endpoint, authority

    def call(self, credentials, service, operation, **parameters):
        trusting = {"AWS_CA_BUNDLE": str(self.authority)} if self.authority else {}
        done = subprocess.run(
            [self.program, service, kebab(operation), *flags(parameters), "--output", "json"],
            env=environment(self.endpoint, credentials, **trusting),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        refusal = self.REFUSAL.search(done.stderr)
        if refusal:
            raise Refused(refusal[1], refusal[2].strip())
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")


def awscli():
    """The AWS CLI's path; the test is skipped when it is not installed."""
    folder = os.environ.get("KEYREEVE_CLIENTS_BIN")
    program = shutil.which("aws", path=folder) if folder else None
    if program is None:
        pytest.skip("the AWS CLI is not installed: `make clients` does, into the folder KEYREEVE_CLIENTS_BIN names")
    return program


def kebab(name):
    """CreateOpenIDConnectProvider as the AWS CLI writes it: create-open-id-connect-provider."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def flags(parameters):
    for name, value in parameters.items():
        if isinstance(value, bool):
            yield f"--{'' if value else 'no-'}{kebab(name)}"
        else:
            yield f"--{kebab(name)}"
            yield value if isinstance(value, str) else json.dumps(value)


class Curl:
    """curl --aws-sigv4: the Query protocol by hand, and the XML of the answer read by hand."""

    def __init__(self, endpoint, authority=None):
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed")
        self.endpoint, self.authority = endpoint, authority

    def call(self, credentials, service, operation, **parameters):
        status, body = self.post(credentials, service, operation, parameters)
        found = readable(ET.fromstring(body))  # noqa: S314  our own server's answer
        if status != "200":
            raise Refused(found["Error"]["Code"], found["Error"].get("Message", ""))
        return found.get(f"{operation}Result") or {}

    def post(self, credentials, service, operation, parameters, *headers):
        """The status and the body of one POST."""
        form = urlencode({"Action": operation, "Version": VERSIONS[service], **flat(parameters)}, quote_via=quote)
        token = credentials.get("SessionToken")
        sent = [*headers, *([f"X-Amz-Security-Token: {token}"] if token else [])]
        settings = {
            "user": f"{credentials['AccessKeyId']}:{credentials['SecretAccessKey']}",
            "aws-sigv4": f"aws:amz:us-east-1:{service}",
            "data": form,
            "write-out": r"\n%{http_code}",
        }
        if self.authority:
            settings["cacert"] = self.authority
        lines = [*settings.items(), *(("header", header) for header in sent)]
        # Through standard input: what stands on a command line is seen by everybody on the machine.
        config = "".join(f'{name} = "{value}"\n' for name, value in lines)
        done = subprocess.run(
            ["curl", "--disable", "--silent", "--show-error", "--noproxy", "*", "--config", "-", self.endpoint],
            input=config,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        body, _, status = done.stdout.rpartition("\n")
        return status, body


def flat(value, name=""):
    """Parameters as the Query protocol spells them: Tags.member.1.Key."""
    if isinstance(value, dict):
        dot = f"{name}." if name else ""
        return {key: text for member, inner in value.items() for key, text in flat(inner, f"{dot}{member}").items()}
    if isinstance(value, list):
        return {
            k: text
            for number, inner in enumerate(value, 1)
            for k, text in flat(inner, f"{name}.member.{number}").items()
        }
    return {name: str(value).lower() if isinstance(value, bool) else str(value)}


def readable(element):
    """An answer's XML as what the SDKs make of it: lists, text, truth; URL-encoded policies as JSON."""
    children = list(element)
    name = element.tag.rpartition("}")[2]
    if not children:
        text = element.text or ""
        if name in {"PolicyDocument", "AssumeRolePolicyDocument", "Document"}:
            return json.loads(unquote(text))
        return {"true": True, "false": False}.get(text, text)
    names = [child.tag.rpartition("}")[2] for child in children]
    if set(names) == {"member"}:
        return [readable(child) for child in children]
    return dict(zip(names, map(readable, children), strict=True))


class JavaScript:
    """The AWS SDK for JavaScript v3, in one node process for the whole story."""

    def __init__(self, endpoint, authority=None):
        if shutil.which("node") is None:
            pytest.skip("node is not installed")
        if not (JS / "node_modules").is_dir():
            pytest.skip("the AWS SDK for JavaScript is not installed: `make clients` does, with npm")
        self.endpoint, self.authority = endpoint, authority
        surroundings = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority)} if authority else None
        self.process = subprocess.Popen(
            ["node", str(JS / "lines.mjs")],
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, credentials, service, operation, **parameters):
        asked = {
            "service": service,
            "operation": operation,
            "parameters": parameters,
            "endpoint": self.endpoint,
            "credentials": {name: value for name, value in credentials.items() if isinstance(value, str)},
        }
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "code" in answer:
            raise Refused(answer["code"], answer["sentence"])
        return answer["result"]

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait(SECONDS)
        self.process.stdout.close()
