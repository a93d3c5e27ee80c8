"""The policy simulator: recorded answers, and what the API reference says of every input."""

import json
from time import process_time

import pytest

from harness import ACCOUNT, OTHER, allow, refused, text

BUCKET = "arn:aws:s3:::bucket"
USER = f"arn:aws:iam::{ACCOUNT}:user/u"


def deny(action, resource="*", **more):
    policy = allow(action, resource, **more)
    policy["Statement"][0]["Effect"] = "Deny"
    return policy


def granting(principal, action="s3:GetObject", resource=BUCKET, **more):
    return allow(action, resource, Principal=principal, **more)


@pytest.fixture
def custom(root):
    """Results of SimulateCustomPolicy for these policies and one action."""

    def results(*policies, action="s3:GetObject", **more):
        given = [policy if isinstance(policy, str) else text(policy) for policy in policies]
        names = [action] if isinstance(action, str) else action
        return root.iam.simulate_custom_policy(PolicyInputList=given, ActionNames=names, **more)["EvaluationResults"]

    return results


def sources(result):
    return [statement["SourcePolicyId"] for statement in result["MatchedStatements"]]


def test_the_recorded_answer_for_one_resource(custom):
    recorded = (
        '{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", '
        '"Resource": "*"}}'
    )
    matched = [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 1, "Column": 41},
            "EndPosition": {"Line": 1, "Column": 113},
        }
    ]
    assert custom(recorded, action="s3:PutObject", ResourceArns=[BUCKET]) == [
        {
            "EvalActionName": "s3:PutObject",
            "EvalResourceName": BUCKET,
            "EvalDecision": "allowed",
            "MatchedStatements": matched,
            "MissingContextValues": [],
            "EvalDecisionDetails": {},
            "ResourceSpecificResults": [
                {
                    "EvalResourceName": BUCKET,
                    "EvalResourceDecision": "allowed",
                    "MatchedStatements": matched,
                    "MissingContextValues": [],
                    "EvalDecisionDetails": {},
                }
            ],
        }
    ]


def test_without_resources_nothing_is_said_of_them(custom):
    (result,) = custom(allow("s3:*"))
    assert (result["EvalResourceName"], result["EvalDecision"]) == ("*", "allowed")
    assert result["MissingContextValues"] == []
    assert not result.keys() & {"ResourceSpecificResults", "EvalDecisionDetails", "PermissionsBoundaryDecisionDetail"}
    assert custom(allow("s3:*"), ResourceArns=["*"]) == [result]


def positions(result):
    return [
        tuple(statement[end][part] for end in ("StartPosition", "EndPosition") for part in ("Line", "Column"))
        for statement in result["MatchedStatements"]
    ]


def test_positions_stand_behind_the_tokens(custom):
    compact = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},'
    listed = f'{compact}\n {{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}]}}'
    (result,) = custom(listed)
    first_end = len(compact)
    assert positions(result) == [(1, 38, 1, first_end), (1, first_end, 2, 54)]
    indented = json.dumps(allow("*"), indent=2)  # like the recorded AdministratorAccess
    assert positions(custom(indented)[0]) == [(3, 17, 8, 6)]


def test_an_explicit_deny_shows_the_denying_statements_alone(custom):
    (result,) = custom(allow("s3:*"), deny("s3:Get*"), deny("s3:GetObject"))
    assert result["EvalDecision"] == "explicitDeny"
    assert sources(result) == ["PolicyInputList.2", "PolicyInputList.3"]
    (result,) = custom(allow("sqs:*"))
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])


def test_every_allowing_statement_is_shown(custom):
    (result,) = custom(allow("s3:*"), allow("sqs:*"), allow("s3:GetObject"))
    assert sources(result) == ["PolicyInputList.1", "PolicyInputList.3"]


def test_an_action_has_one_result_however_many_resources(custom):
    arns = [f"{BUCKET}/{name}" for name in "abc"]
    (result,) = custom(allow("s3:*", arns[:2]), deny("s3:*", arns[1]), ResourceArns=arns)
    assert result["EvalDecision"] == "explicitDeny"
    assert sources(result) == ["PolicyInputList.2"]
    each = [(one["EvalResourceName"], one["EvalResourceDecision"]) for one in result["ResourceSpecificResults"]]
    assert each == list(zip(arns, ["allowed", "explicitDeny", "implicitDeny"], strict=True))
    assert [sources(one) for one in result["ResourceSpecificResults"]] == [
        ["PolicyInputList.1"],
        ["PolicyInputList.2"],
        [],
    ]


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_missing_keys_are_those_of_statements_that_could_matter(custom):
    home = allow("s3:*", f"{BUCKET}/${{aws:username}}/${{aws:PrincipalTag/team, 'x'}}", Condition=MFA)
    other = allow("s3:*", "arn:aws:s3:::elsewhere", Condition={"Bool": {"aws:SecureTransport": "true"}})
    unasked = allow("sqs:*", Condition={"Bool": {"aws:ViaAWSService": "true"}})
    (result,) = custom(home, other, unasked, ResourceArns=[f"{BUCKET}/u/x", "arn:aws:s3:::elsewhere"])
    assert result["MissingContextValues"] == ["aws:MultiFactorAuthPresent", "aws:username", "aws:SecureTransport"]
    assert [one["MissingContextValues"] for one in result["ResourceSpecificResults"]] == [
        ["aws:MultiFactorAuthPresent", "aws:username"],
        ["aws:SecureTransport"],
    ]
    entries = [
        {"ContextKeyName": "AWS:username", "ContextKeyValues": ["u"], "ContextKeyType": "string"},
        {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
    ]
    (result,) = custom(home, ResourceArns=[f"{BUCKET}/u/x"], ContextEntries=entries)
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


@pytest.mark.parametrize(
    ("operator", "wanted", "kind", "given"),
    [
        ("StringLike", "a*", "string", ["abc"]),
        ("ForAnyValue:StringEquals", "b", "stringList", ["a", "b"]),
        ("NumericLessThan", "5", "numeric", ["4"]),
        ("ForAllValues:NumericLessThan", "5", "numericList", ["4", "3"]),
        ("Bool", "true", "boolean", ["TRUE"]),
        ("IpAddress", "10.0.0.0/8", "ip", ["10.1.2.3"]),
        ("BinaryEquals", "YQ==", "binary", ["YQ=="]),
        ("DateLessThan", "2030-01-01T00:00:00Z", "date", ["2026-01-01T00:00:00Z"]),
    ],
)
def test_context_entries_have_types(custom, operator, wanted, kind, given):
    policy = allow("s3:*", Condition={operator: {"x:key": wanted}})
    entry = {"ContextKeyName": "x:key", "ContextKeyValues": given, "ContextKeyType": kind}
    assert custom(policy, ContextEntries=[entry])[0]["EvalDecision"] == "allowed"


def test_a_list_type_makes_a_key_multivalued(custom):
    policy = allow("s3:*", Condition={"StringEquals": {"x:key": "a"}})
    entry = {"ContextKeyName": "x:key", "ContextKeyValues": ["a"], "ContextKeyType": "stringList"}
    assert custom(policy, ContextEntries=[entry])[0]["EvalDecision"] == "implicitDeny"


@pytest.mark.parametrize(
    "entries",
    [
        [{"ContextKeyName": "x:key", "ContextKeyValues": ["many"], "ContextKeyType": "numeric"}],
        [{"ContextKeyName": "x:key", "ContextKeyValues": ["a", "b"], "ContextKeyType": "string"}],
        [{"ContextKeyName": "x:key", "ContextKeyValues": ["a"]}, {"ContextKeyName": "X:Key", "ContextKeyValues": []}],
        [{"ContextKeyValues": ["a"]}],
    ],
)
def test_context_entries_that_say_nothing_certain_are_refused(custom, entries):
    with refused("InvalidInput"):
        custom(allow("s3:*"), ContextEntries=entries)


@pytest.mark.parametrize("action", ["s3:*", "*:*", "GetObject", "s3:", "s3:Get?bject", "s3:Get:Object"])
def test_an_action_is_one_action_of_a_service(custom, action):
    with refused("InvalidInput", f"Invalid Input Actions: [{action}]"):
        custom(allow("s3:*"), action=[action, "s3:GetObject"])


def test_resources_are_arns(custom):
    with refused("InvalidInput", "ResourceNames are not in a valid ARN format: bucket."):
        custom(allow("s3:*"), ResourceArns=["bucket"])


def test_policies_that_may_not_stand_are_refused(custom):
    with refused("InvalidInput", "PolicyInputList.2: Syntax errors in policy."):
        custom(allow("s3:*"), "{")
    with refused("InvalidInput", "PolicyInputList.1: Policy document should not specify a principal."):
        custom(granting("*"))
    with refused("InvalidInput"):
        custom(allow("s3:*"), CallerArn=USER, ResourcePolicy=text(allow("s3:*")))
    with refused("InvalidInput", "PermissionsBoundaryPolicyInputList can contain only one policy."):
        custom(allow("s3:*"), PermissionsBoundaryPolicyInputList=[text(allow("s3:*"))] * 2)


def test_a_boundary_of_the_request_caps(custom):
    within, outside = ([text(allow(action))] for action in ("s3:*", "sqs:*"))
    (result,) = custom(allow("*"), PermissionsBoundaryPolicyInputList=outside, ResourceArns=[BUCKET])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    (one,) = result["ResourceSpecificResults"]
    assert one["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    (result,) = custom(allow("*"), PermissionsBoundaryPolicyInputList=within)
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    assert sources(result) == ["PolicyInputList.1", "PermissionsBoundaryPolicyInputList.1"]
    types = [statement["SourcePolicyType"] for statement in result["MatchedStatements"]]
    assert types == ["IAM Policy", "Permissions Boundary Policy"]


def levels(*policies):
    return [{"ServiceControlPolicyInputList": [text(each) for each in level]} for level in policies]


def test_every_level_of_an_organization_must_allow(custom):
    everything = allow("*")
    (result,) = custom(allow("s3:*"), OrderedOrganizationPolicyInputList=levels([everything], [allow("s3:*")]))
    assert (result["EvalDecision"], result["OrganizationsDecisionDetail"]) == (
        "allowed",
        {"AllowedByOrganizations": True},
    )
    assert sources(result) == ["PolicyInputList.1"]
    (result,) = custom(allow("s3:*"), OrderedOrganizationPolicyInputList=levels([everything], [allow("sqs:*")]))
    assert result["EvalDecision"] == "implicitDeny"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    denying = levels([everything, deny("s3:*", Condition=MFA)])
    entry = {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}
    (result,) = custom(allow("s3:*"), OrderedOrganizationPolicyInputList=denying, ContextEntries=[entry])
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("explicitDeny", [])
    (result,) = custom(allow("s3:*"), OrderedOrganizationPolicyInputList=denying)
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


def test_a_resource_policy_grants_its_caller(custom):
    policy = text(granting({"AWS": USER}))
    (result,) = custom(allow("sqs:*"), CallerArn=USER, ResourcePolicy=policy, ResourceArns=[BUCKET])
    assert (result["EvalDecision"], sources(result)) == ("allowed", ["ResourcePolicy"])
    assert result["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"
    assert result["EvalDecisionDetails"] == {}
    stranger = f"arn:aws:iam::{ACCOUNT}:user/v"
    (result,) = custom(allow("sqs:*"), CallerArn=stranger, ResourcePolicy=policy, ResourceArns=[BUCKET])
    assert result["EvalDecision"] == "implicitDeny"
    with refused("InvalidInput", "CallerArn is required with ResourcePolicy."):
        custom(allow("s3:*"), ResourcePolicy=policy, ResourceArns=[BUCKET])


@pytest.mark.parametrize("owner", [OTHER, f"arn:aws:iam::{OTHER}:root"])
def test_across_accounts_both_sides_must_allow(custom, owner):
    policy = text(granting({"AWS": USER}))
    more = {"CallerArn": USER, "ResourcePolicy": policy, "ResourceArns": [BUCKET], "ResourceOwner": owner}
    (result,) = custom(allow("sqs:*"), **more)
    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    (result,) = custom(allow("s3:*"), **more)
    assert result["EvalDecision"] == "allowed"
    assert sources(result) == ["ResourcePolicy", "PolicyInputList.1"]
    (one,) = result["ResourceSpecificResults"]
    assert one["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}


def test_an_owner_is_an_account(custom):
    with refused("InvalidInput"):
        custom(allow("s3:*"), ResourceOwner=USER)


@pytest.mark.parametrize("caller", [f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", f"arn:aws:iam::{ACCOUNT}:root", "x:y"])
def test_a_caller_is_a_user_group_or_role(custom, caller):
    with refused("InvalidInput", f"Invalid Entity Arn: {caller} does not clearly define entity type and name."):
        custom(allow("s3:*"), CallerArn=caller)


def test_a_role_as_caller_stays_within_its_boundary(custom):
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    policy = text(granting({"AWS": role}))
    more = {"CallerArn": role, "ResourcePolicy": policy, "ResourceArns": [BUCKET]}
    assert custom(allow("sqs:*"), **more)[0]["EvalDecision"] == "allowed"
    bounded = custom(allow("sqs:*"), **more, PermissionsBoundaryPolicyInputList=[text(allow("sqs:*"))])
    assert bounded[0]["EvalDecision"] == "implicitDeny"


def test_a_trust_policy_decides_who_assumes_a_role(custom):
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    more = {"CallerArn": USER, "ResourcePolicy": text({"Version": "2012-10-17", "Statement": trust})}
    results = custom(allow("*"), action=["sts:AssumeRole", "iam:GetRole"], ResourceArns=[role], **more)
    assert [result["EvalDecision"] for result in results] == ["implicitDeny", "allowed"]


def test_scenarios_of_ec2_need_their_resources(custom):
    def named(*kinds):
        return [f"arn:aws:ec2:us-east-1:{ACCOUNT}:{kind}/*" for kind in kinds]

    more = {"action": "ec2:RunInstances", "ResourceHandlingOption": "EC2-Classic-EBS"}
    arns = named("instance", "image", "security-group", "volume")
    assert custom(allow("ec2:*"), ResourceArns=arns, **more)[0]["EvalDecision"] == "allowed"
    with refused("InvalidInput"):
        custom(allow("ec2:*"), ResourceArns=arns[:3], **more)
    with refused("InvalidInput"):
        custom(allow("s3:*"), ResourceHandlingOption="EC2-Nothing")


def test_results_come_in_pages(root):
    actions = [f"s3:Get{number}" for number in range(5)]
    asked = {"PolicyInputList": [text(allow("s3:*"))], "ActionNames": actions}
    first = root.iam.simulate_custom_policy(**asked, MaxItems=2)
    assert first["IsTruncated"]
    pages = root.iam.get_paginator("simulate_custom_policy").paginate(**asked, PaginationConfig={"PageSize": 2})
    assert [result["EvalActionName"] for page in pages for result in page["EvaluationResults"]] == actions
    for marker in ("nonsense", root.iam.list_policies(MaxItems=1)["Marker"]):
        with refused("ValidationError", "Invalid Marker."):
            root.iam.simulate_custom_policy(**asked, Marker=marker)


def test_a_page_costs_no_more_than_it_may(root):
    policy = {"Version": "2012-10-17", "Statement": [allow("s3:*")["Statement"][0]] * 100}
    asked = {"PolicyInputList": [text(policy)], "ResourceArns": [f"{BUCKET}/{number}" for number in range(30)]}
    actions = [f"s3:Get{number}" for number in range(3)]
    page = root.iam.simulate_custom_policy(**asked, ActionNames=actions)
    assert (len(page["EvaluationResults"]), page["IsTruncated"]) == (2, True)
    with refused("InvalidInput"):
        root.iam.simulate_custom_policy(**{**asked, "PolicyInputList": [text(policy)] * 4}, ActionNames=actions)


@pytest.mark.parametrize(
    "written",
    [
        {"Resource": f"{BUCKET}/?{'*' * 15_000}"},
        {"Resource": [f"{BUCKET}/{'?*' * 400}{number}" for number in range(60)]},
        {"Resource": [f"{BUCKET}/${{aws:PrincipalTag/x}}?{number}*" for number in range(700)]},
        {"Action": [f"s3:{'?*' * 60}{number}" for number in range(300)]},
        {"Condition": {"StringLike": {"aws:PrincipalTag/x": [f"{'?*' * 400}{number}" for number in range(60)]}}},
    ],
)
def test_what_was_written_to_take_long_makes_pages_shorter(root, written):
    document = text({"Version": "2012-10-17", "Statement": {**allow("*")["Statement"][0], **written}})
    entry = {"ContextKeyName": "aws:PrincipalTag/x", "ContextKeyType": "string", "ContextKeyValues": ["a" * 500]}
    asked = {
        "PolicyInputList": [document],
        "ActionNames": [f"s3:Get{'a' * 100}{number}" for number in range(200)],
        "ResourceArns": [f"{BUCKET}/{'a' * 500}{number}" for number in range(5)],
        "ContextEntries": [entry],
    }
    root.iam.simulate_custom_policy(**asked, MaxItems=1)
    started = process_time()
    page = root.iam.simulate_custom_policy(**asked)
    assert process_time() - started < 2, "a page is meant to take a fifth of a second"
    assert page["EvaluationResults"]
