"""ListPoliciesGrantingServiceAccess: which policies let an entity use a service at all."""

import pytest

from harness import ACCOUNT, allow, refused, text, trusting

S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
USER = f"arn:aws:iam::{ACCOUNT}:user/u"


def policies(root, arn, *services):
    listed = root.iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=list(services))
    entries = listed["PoliciesGrantingServiceAccess"]
    assert [entry["ServiceNamespace"] for entry in entries] == list(services)
    return [entry["Policies"] for entry in entries]


def test_a_user_has_its_own_policies_and_its_groups(root):
    root.iam.create_group(GroupName="g")
    root.iam.create_user(UserName="u", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    root.iam.add_user_to_group(GroupName="g", UserName="u")
    root.iam.put_user_policy(UserName="u", PolicyName="own", PolicyDocument=text(allow("s3:Get*")))
    root.iam.put_group_policy(GroupName="g", PolicyName="common", PolicyDocument=text(allow("sqs:*")))
    root.iam.attach_group_policy(GroupName="g", PolicyArn=S3)
    managed = {"PolicyName": "AmazonS3FullAccess", "PolicyType": "MANAGED", "PolicyArn": S3}
    own = {"PolicyName": "own", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "u"}
    common = {"PolicyName": "common", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "g"}
    assert policies(root, USER, "s3", "sqs", "ec2") == [[own, managed], [common], []]
    assert policies(root, f"arn:aws:iam::{ACCOUNT}:group/g", "s3", "sqs") == [[managed], [common]]
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trusting({"AWS": ACCOUNT})))
    root.iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text(allow("s3:*")))
    (found,) = policies(root, f"arn:aws:iam::{ACCOUNT}:role/r", "s3")
    assert found == [{"PolicyName": "p", "PolicyType": "INLINE", "EntityType": "ROLE", "EntityName": "r"}]


@pytest.mark.parametrize(
    ("statement", "granted"),
    [
        ({"Action": "s3:GetObject"}, True),
        ({"Action": "S3:*"}, True),
        ({"Action": "*"}, True),
        ({"Action": "s?:Get*"}, True),
        ({"Action": "s3-outposts:*"}, False),
        ({"Action": ["sqs:*", "s3:Put*"]}, True),
        ({"NotAction": "iam:*"}, True),
        ({"NotAction": "s3:Get*"}, True),
        ({"NotAction": ["iam:*", "s3:*"]}, False),
        ({"NotAction": "*"}, False),
        ({"Action": "s3:*", "Effect": "Deny"}, False),
    ],
)
def test_a_policy_grants_a_service_when_it_allows_something_of_it(root, statement, granted):
    root.iam.create_user(UserName="u")
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", **statement}}
    root.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=text(document))
    (found,) = policies(root, USER, "s3")
    assert bool(found) is granted


def test_services_come_in_pages(root):
    root.iam.create_user(UserName="u")
    services = [f"s{number}" for number in range(150)]
    first = root.iam.list_policies_granting_service_access(Arn=USER, ServiceNamespaces=services)
    assert first["IsTruncated"]
    rest = root.iam.list_policies_granting_service_access(Arn=USER, ServiceNamespaces=services, Marker=first["Marker"])
    assert not rest["IsTruncated"]
    both = (*first["PoliciesGrantingServiceAccess"], *rest["PoliciesGrantingServiceAccess"])
    assert [entry["ServiceNamespace"] for entry in both] == services
    with refused("ValidationError", "Invalid Marker."):
        root.iam.list_policies_granting_service_access(Arn=USER, ServiceNamespaces=services, Marker="x")


def test_it_needs_its_permission_on_the_entity(server, root):
    root.iam.create_user(UserName="u")
    bob = server.user("bob", allow("iam:ListPoliciesGrantingServiceAccess", USER))
    assert bob.iam.list_policies_granting_service_access(Arn=USER, ServiceNamespaces=["s3"])
    with refused("AccessDenied"):
        bob.iam.list_policies_granting_service_access(Arn=f"arn:aws:iam::{ACCOUNT}:user/bob", ServiceNamespaces=["s3"])
