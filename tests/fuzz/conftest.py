"""Worlds to fuzz: a whole service over a memory engine, with callers of every kind and things for them to name."""

import json
import re
from datetime import UTC, datetime
from random import Random

import pytest
from tests.fuzz.drafts import Credentials, Draft
from tests.fuzz.grammar import ACCOUNT, ARN, DOCUMENTS, TRUST, VERSIONS
from tests.fuzz.properties import require

from keyreeve.access.credentials import access_key_id, secret_access_key
from keyreeve.catalogue import Catalogue
from keyreeve.entities import AccessKey, Account, RootUser
from keyreeve.events import EventLog, verify
from keyreeve.operations import Site
from keyreeve.seal import KeyRing
from keyreeve.service import Service
from keyreeve.store import MemoryEngine, View
from keyreeve.templates import Parameter, Partner, PolicyTemplate, RoleTemplate, RoleTemplateVersion, Templates

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CATALOGUE = Catalogue.load()
ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'


TEMPLATE = "arn:aws:iam::aws:role-template/lambda.amazonaws.com/Function:1"
PERMISSIONS = f"{ARN}:delegation-template/reading"
SITE = Site(
    management_account=ACCOUNT,
    templates=Templates(
        delegation_partners=(
            Partner(
                account_id=ACCOUNT,
                name="Example",
                policy_templates=(
                    PolicyTemplate(policy_template_arn=PERMISSIONS, policy_document=json.loads(DOCUMENTS[0])),
                ),
            ),
        ),
        role_templates=(
            RoleTemplate(
                template_arn=TEMPLATE,
                template_name="Function",
                managed_by_value="lambda.amazonaws.com",
                default_minor_version=1,
                versions=(
                    RoleTemplateVersion(
                        minor_version=1,
                        role_name_pattern="Function-@{purpose}",
                        assume_role_policy_document_template=json.loads(TRUST),
                        parameters_definition=(Parameter(name="purpose", type="String", default_value="x"),),
                    ),
                ),
            ),
        ),
    ),
)
"""A partner, a role template and an organization, so that requests about them get deep."""


def _entry(member, key, value):
    """A map of one entry, as the Query protocol writes it."""
    return {f"{member}.entry.1.key": key, f"{member}.entry.1.value": value}


class World:
    """One account, made anew from a seed. Time stands still, chance is the seed's: every request can be seen again."""

    stamp = f"{NOW:%Y%m%dT%H%M%SZ}"

    def __init__(self, folder, seed):
        chance = Random(seed).randbytes  # noqa: S311  a seed gives the same world again
        self.ring = KeyRing.create(folder / f"{seed}.json", NOW, chance)
        self.engine = MemoryEngine()
        self.view = View(self.engine)
        self.log = EventLog(self.view, self.ring, lambda: NOW)
        self.service = Service(self.view, self.ring, self.log, CATALOGUE, now=lambda: NOW, chance=chance, site=SITE)
        self.root = self._root(chance)
        self.names = {"AccessKeyId": (self._populated(),), **self._delegated()}
        self.callers = self._callers()
        self.secrets = [caller.secret.encode() for caller in self.callers]

    def _root(self, chance):
        identifier = access_key_id("AKIA", ACCOUNT, chance)
        secret = secret_access_key(chance)
        transaction = self.view.begin()
        transaction.put(Account(account_id=ACCOUNT, create_date=NOW))
        transaction.put(RootUser(account_id=ACCOUNT, create_date=NOW))
        transaction.put(
            AccessKey(
                account_id=ACCOUNT,
                access_key_id=identifier,
                principal_id=ACCOUNT,
                sealed_secret=self.ring.seal(secret.encode(), identifier),
                create_date=NOW,
            )
        )
        transaction.commit()
        return Credentials(identifier, secret)

    def call(self, service, action, caller=None, **parameters):
        """The answer's text to a request that must succeed."""
        pairs = [("Action", action), ("Version", VERSIONS[service]), *parameters.items()]
        answer = self.service.handle(Draft(service, caller or self.root, self.stamp, pairs).request())
        require(answer.status == 200, answer.body.decode())
        return answer.body.decode()

    def _delegated(self):
        """Delegation requests on their way, and names of what the site has."""
        self.call("iam", "PutAccountProperties", **_entry("Properties", "RoleManager/Enabled", "true"))
        topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"
        asking = {
            "Description": "d",
            "NotificationChannel": topic,
            "SessionDuration": "900",
            "Permissions.PolicyTemplateArn": PERMISSIONS,
        }
        answers = [
            self.call("iam", "CreateDelegationRequest", RequestorWorkflowId=f"workflow{number}", **asking)
            for number in range(2)
        ]
        requests = [re.search("<DelegationRequestId>(.*)</", answer)[1] for answer in answers]
        self.call("iam", "AssociateDelegationRequest", DelegationRequestId=requests[0])
        return {
            "AWSServiceName": ("ecs.amazonaws.com", "autoscaling.amazonaws.com", "nobody.amazonaws.com"),
            "DelegationRequestId": requests,
            "EntityArn": [f"{ARN}:delegation-request/{each}" for each in requests],
            "NotificationChannel": (topic, "here"),
            "PolicyTemplateArn": (PERMISSIONS, "arn:aws:iam::aws:nothing"),
            "TargetPrincipal": (ACCOUNT, f"{ARN}:root", "000000000001"),
            "TemplateArn": (TEMPLATE, "arn:aws:iam::aws:nothing"),
            "TradeInToken": (f"{requests[0]}.secret", requests[1], "."),
            "key": ("purpose", "RoleManager/Enabled"),
            "value": ("true", "false", "x"),
        }

    def _populated(self):
        """Make what the grammar names; the id of a key that nobody holds."""
        for user in ("alice", "bob"):
            self.call("iam", "CreateUser", UserName=user)
        for group in ("devs", "ops"):
            self.call("iam", "CreateGroup", GroupName=group)
        self.call("iam", "AddUserToGroup", GroupName="devs", UserName="alice")
        self.call("iam", "CreatePolicy", PolicyName="reading", PolicyDocument=DOCUMENTS[0])
        self.call("iam", "AttachGroupPolicy", GroupName="devs", PolicyArn=f"{ARN}:policy/reading")
        self.call("iam", "CreateRole", RoleName="worker", AssumeRolePolicyDocument=TRUST)
        self.call("iam", "PutRolePolicy", RoleName="worker", PolicyName="inline", PolicyDocument=DOCUMENTS[1])
        self.call("iam", "CreateInstanceProfile", InstanceProfileName="machine")
        self.call("iam", "AddRoleToInstanceProfile", InstanceProfileName="machine", RoleName="worker")
        return found(self.call("iam", "CreateAccessKey", UserName="bob")).access_key_id

    def _callers(self):
        """The root user, an administrator, one who may do little, and temporary credentials of three kinds."""
        admin, little = self._user("admin", ALL), self._user("little", DOCUMENTS[0])
        self.call("iam", "CreateRole", RoleName="chief", AssumeRolePolicyDocument=TRUST)
        self.call("iam", "PutRolePolicy", RoleName="chief", PolicyName="all", PolicyDocument=ALL)
        chief = {"RoleArn": f"{ARN}:role/chief", "RoleSessionName": "fuzz"}
        sessions = (
            self.call("sts", "AssumeRole", admin, **chief),
            self.call("sts", "GetSessionToken", admin),
            self.call("sts", "GetFederationToken", admin, Name="fed", Policy=ALL),
        )
        chief, *others = map(found, sessions)
        return (*[self.root, admin, chief] * 4, little, *others)

    def _user(self, name, policy):
        self.call("iam", "CreateUser", UserName=name)
        self.call("iam", "PutUserPolicy", UserName=name, PolicyName="own", PolicyDocument=policy)
        return found(self.call("iam", "CreateAccessKey", UserName=name))

    def records(self):
        """Every record there is, by its place."""
        return {
            (kind, account, key): record
            for kind, accounts in self.view._tables.items()
            for account, table in accounts.items()
            for key, record in table.records.items()
        }

    def hold_together(self):
        """What is seen is what is kept, and the log is whole."""
        self.log.flush()
        self.view.save()
        seen = self.records()
        again = World.__new__(World)
        again.view = View(self.engine)
        require(again.records() == seen, "what is kept is not what was seen")
        require(not verify(self.engine, self.ring), "the log is broken")


def found(answer):
    """The credentials in an answer."""
    parts = [re.search(f"<{name}>([^<]+)<", answer) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    return Credentials(*(part and part[1] for part in parts))


@pytest.fixture
def world(tmp_path):
    """Makes a world from a seed."""
    return lambda seed: World(tmp_path, seed)
