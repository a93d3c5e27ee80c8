"""Make the table of service-linked roles: what AWS answered where it was recorded, and what its managed policies name.

    .venv/bin/python tools/service_linked_roles.py            write src/keyreeve/catalogue/service_linked_roles.json
    .venv/bin/python tools/service_linked_roles.py --check    compare it, write nothing

A managed policy names such roles where it lets somebody make or pass them
(`…:role/aws-service-role/SERVICE/AWSServiceRoleForX`). Such a row is taken if one role is named for the service, no
other service has it, and one policy under /aws-service-role/ is named after it.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from keyreeve.catalogue import Catalogue

TARGET = Path(__file__).parents[1] / "src/keyreeve/catalogue/service_linked_roles.json"
DOMAIN = ".amazonaws.com"
START = "AWSServiceRoleFor"

# The service without its domain, the role's name without AWSServiceRoleFor, its policy; `*`: takes a custom suffix.
RECORDED = """
accountdiscovery.ssm AmazonSSM_AccountDiscovery AWSSystemsManagerAccountDiscoveryServicePolicy
acm CertificateManager CertificateManagerServiceRolePolicy
appmesh AppMesh AWSAppMeshServiceRolePolicy
autoscaling AutoScaling AutoScalingServiceRolePolicy *
autoscaling-plans AutoScalingPlans_EC2AutoScaling AWSAutoScalingPlansEC2AutoScalingPolicy
backup Backup AWSBackupServiceLinkedRolePolicyForBackup
batch Batch BatchServiceRolePolicy
cassandra.application-autoscaling ApplicationAutoScaling_CassandraTable AWSApplicationAutoscalingCassandraTablePolicy
cks.kms KeyManagementServiceCustomKeyStores AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy
cloudtrail CloudTrail CloudTrailServiceRolePolicy
codestar-notifications CodeStarNotifications AWSCodeStarNotificationsServiceRolePolicy
config Config AWSConfigServiceRolePolicy
connect AmazonConnect AmazonConnectServiceLinkedRolePolicy *
dms DMSServerless AWSDMSServerlessServiceRolePolicy
dms-fleet-advisor DMSFleetAdvisor AWSDMSFleetAdvisorServiceRolePolicy
docdb-elastic DocDB-Elastic AmazonDocDB-ElasticServiceRolePolicy
ec2-instance-connect Ec2InstanceConnect Ec2InstanceConnectEndpoint
ecr ECRTemplate ECRTemplateServiceRolePolicy
ecs ECS AmazonECSServiceRolePolicy
eks AmazonEKS AmazonEKSServiceRolePolicy
eks-connector AmazonEKSConnector AmazonEKSConnectorServiceRolePolicy
eks-fargate AmazonEKSForFargate AmazonEKSForFargateServiceRolePolicy
eks-nodegroup AmazonEKSNodegroup AWSServiceRoleForAmazonEKSNodegroup
elasticache ElastiCache ElastiCacheServiceRolePolicy
elasticbeanstalk ElasticBeanstalk AWSElasticBeanstalkServiceRolePolicy
elasticfilesystem AmazonElasticFileSystem AmazonElasticFileSystemServiceRolePolicy
elasticloadbalancing ElasticLoadBalancing AWSElasticLoadBalancingServiceRolePolicy
email.cognito-idp AmazonCognitoIdpEmailService AmazonCognitoIdpEmailServiceRolePolicy
emr-containers AmazonEMRContainers AmazonEMRContainersServiceRolePolicy
emrwal EMRWAL EMRDescribeClusterPolicyForEMRWAL
fis FIS AmazonFISServiceRolePolicy
grafana AmazonGrafana AmazonGrafanaServiceLinkedRolePolicy
imagebuilder ImageBuilder AWSServiceRoleForImageBuilder
iotmanagedintegrations IoTManagedIntegrations AWSIoTManagedIntegrationsRolePolicy
kafka Kafka KafkaServiceRolePolicy
kafkaconnect KafkaConnect KafkaConnectServiceRolePolicy
lakeformation LakeFormationDataAccess LakeFormationDataAccessServiceRolePolicy
lexv2 LexV2Bots AmazonLexV2BotPolicy *
lightsail Lightsail LightsailExportAccess
m2 AWSM2 AWSM2ServicePolicy
memorydb MemoryDB MemoryDBServiceRolePolicy
mq AmazonMQ AmazonMQServiceRolePolicy
mrk.kms KeyManagementServiceMultiRegionKeys AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy
notifications AwsUserNotifications AWSUserNotificationsServiceLinkedRolePolicy
observability.aoss AmazonOpenSearchServerless AmazonOpenSearchServerlessServiceRolePolicy
opensearchservice AmazonOpenSearchService AmazonOpenSearchServiceRolePolicy
ops.apigateway APIGateway APIGatewayServiceRolePolicy
ops.emr-serverless AmazonEMRServerless AmazonEMRServerlessServiceRolePolicy
opsdatasync.ssm SystemsManagerOpsDataSync AWSSystemsManagerOpsDataSyncServiceRolePolicy
opsinsights.ssm AmazonSSM_OpsInsights AWSSSMOpsInsightsServiceRolePolicy
pullthroughcache.ecr ECRPullThroughCache AWSECRPullThroughCache_ServiceRolePolicy
ram ResourceAccessManager AWSResourceAccessManagerServiceRolePolicy
rds RDS AmazonRDSServiceRolePolicy
redshift Redshift AmazonRedshiftServiceLinkedRolePolicy
replication.cassandra KeyspacesReplication KeyspacesReplicationServiceRolePolicy
replication.ecr ECRReplication ECRReplicationServiceRolePolicy
repository.sync.codeconnections GitSync AWSGitSyncServiceRolePolicy
resource-explorer-2 ResourceExplorer AWSResourceExplorerServiceRolePolicy
rolesanywhere RolesAnywhere AWSRolesAnywhereServicePolicy
s3-outposts S3OnOutposts AWSS3OnOutpostsServiceRolePolicy
ses AmazonSES AmazonSESServiceRolePolicy
shield AWSShield AWSShieldServiceRolePolicy
sso SSO AWSSSOServiceRolePolicy
ssm AmazonSSM AmazonSSMServiceRolePolicy
ssm-incidents IncidentManager AWSIncidentManagerServiceRolePolicy
ssm-quicksetup SSMQuickSetup SSMQuickSetupRolePolicy
vpcorigin.cloudfront CloudFrontVPCOrigin AWSCloudFrontVPCOriginServiceRolePolicy
waf WAFLogging WAFLoggingServiceRolePolicy
wafv2 WAFV2Logging WAFV2LoggingServiceRolePolicy
"""

NAMED = re.compile(rf"aws-service-role/([a-z0-9.-]+{re.escape(DOMAIN)})/({START}[\w-]+)")
ENDS = ("ServiceRolePolicy", "ServiceLinkedRolePolicy", "Policy", "RolePolicy", "")
STARTS = ("", "AWS", "Amazon", START)

Row = tuple[str, str, str, bool]


def recorded() -> dict[str, Row]:
    """The rows that AWS was seen to answer, by service."""
    split = (line.split() for line in RECORDED.strip().splitlines())
    return {
        service + DOMAIN: (service + DOMAIN, START + name, policy, bool(suffix))
        for service, name, policy, *suffix in split
    }


def named(catalogue: Catalogue) -> dict[str, str]:
    """The role that managed policies name for a service, where it is one and no other service's."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for policy in catalogue:
        for service, name in NAMED.findall(policy.document):
            found[service].add(name.removesuffix("_"))
    single = {service: names.pop() for service, names in found.items() if len(names) == 1}
    shared = Counter(single.values())
    return {service: name for service, name in single.items() if shared[name] == 1}


def policy_of(name: str, policies: frozenset[str]) -> str | None:
    """The one policy that is named after a role, which may differ in case."""
    core = name.removeprefix(START).replace("_", "")
    bare = core.removeprefix("Amazon").removeprefix("AWS")
    candidates = {(start + middle + end).lower() for start in STARTS for middle in (core, bare) for end in ENDS}
    fitting = [policy for policy in policies if policy.lower() in candidates]
    return fitting[0] if len(fitting) == 1 else None


def rows(catalogue: Catalogue) -> list[Row]:
    """All rows in the order of their services."""
    policies = frozenset(policy.policy_name for policy in catalogue if policy.is_for_service_linked_roles)
    found = recorded()
    if missing := sorted({policy for _, _, policy, _ in found.values()} - policies):
        raise SystemExit(f"no such managed policies: {', '.join(missing)}")
    taken = {name for _, name, _, _ in found.values()}
    for service, name in named(catalogue).items():
        policy = policy_of(name, policies)
        if service not in found and name not in taken and policy is not None:
            found[service] = (service, name, policy, False)
    return sorted(found.values())


def main(arguments: list[str]) -> int:
    """Write, or with --check compare; 1 when they differ."""
    lines = ",\n".join(json.dumps(row) for row in rows(Catalogue.load()))
    text = f"[\n{lines}\n]\n"
    if arguments != ["--check"]:
        TARGET.write_text(text)
        return 0
    return int(TARGET.read_text() != text)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
