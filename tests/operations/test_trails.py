"""Trails: made, changed, found by name and ARN, tagged, started and stopped; their selectors and status."""

import re

import pytest

import harness
from harness import ACCOUNT, OTHER, allow, refused
from keyreeve.cloudtrail.deliveries import Deliveries

BUCKET = "audit-logs"
HOME = "us-east-1"


@pytest.fixture
def server(tmp_path):
    made = harness.made(tmp_path)
    made.service._deliveries = Deliveries([(BUCKET, tmp_path)])
    return made


@pytest.fixture
def trails(root):
    return root.cloudtrail


def arn(name, region=HOME, account=ACCOUNT):
    return f"arn:aws:cloudtrail:{region}:{account}:trail/{name}"


def test_a_trail_is_made_found_changed_and_deleted(trails):
    made = trails.create_trail(Name="main", S3BucketName=BUCKET, S3KeyPrefix="a/b")
    made.pop("ResponseMetadata")
    assert made == {
        "Name": "main",
        "S3BucketName": BUCKET,
        "S3KeyPrefix": "a/b",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "TrailARN": arn("main"),
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
    } | {key: made[key] for key in made if key == "HasInsightSelectors"}
    found = trails.get_trail(Name="main")["Trail"]
    assert (found["HomeRegion"], found["HasCustomEventSelectors"], found["HasInsightSelectors"]) == (HOME, False, False)
    assert trails.get_trail(Name=arn("main"))["Trail"] == found
    assert trails.describe_trails()["trailList"] == [found]
    changed = trails.update_trail(Name="main", IsMultiRegionTrail=True, S3KeyPrefix="")
    assert changed["IsMultiRegionTrail"]
    assert "S3KeyPrefix" not in changed
    assert trails.list_trails()["Trails"] == [{"TrailARN": arn("main"), "Name": "main", "HomeRegion": HOME}]
    trails.delete_trail(Name=arn("main"))
    assert not trails.list_trails()["Trails"]
    with refused("TrailNotFoundException", f"Unknown trail: main for the user: {ACCOUNT}"):
        trails.get_trail(Name="main")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Name": "ab"}, "InvalidTrailNameException"),
        ({"Name": "a" * 129}, "InvalidTrailNameException"),
        ({"Name": "-abc"}, "InvalidTrailNameException"),
        ({"Name": "abc-"}, "InvalidTrailNameException"),
        ({"Name": "a b c"}, "InvalidTrailNameException"),
        ({"Name": "../../etc"}, "InvalidTrailNameException"),
        ({"Name": "my-_trail"}, "InvalidTrailNameException"),
        ({"Name": "192.168.5.4"}, "InvalidTrailNameException"),
        ({"Name": ""}, "InvalidTrailNameException"),
        ({"Name": None}, "ValidationException"),
        ({"S3BucketName": "elsewhere"}, "S3BucketDoesNotExistException"),
        ({"S3BucketName": "No"}, "InvalidS3BucketNameException"),
        ({"S3BucketName": "../x"}, "InvalidS3BucketNameException"),
        ({"S3KeyPrefix": "a/../b"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "/etc"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "a//b"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "a\\b"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "a\0b"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "x/AWSLogs/444455556666"}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "a" * 201}, "InvalidS3PrefixException"),
        ({"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False}, "InvalidParameterCombinationException"),
        ({"SnsTopicName": "topic"}, "UnsupportedOperationException"),
        ({"KmsKeyId": "alias/x"}, "UnsupportedOperationException"),
        ({"CloudWatchLogsLogGroupArn": "arn:aws:logs:x"}, "UnsupportedOperationException"),
        ({"IsOrganizationTrail": True}, "UnsupportedOperationException"),
        ({"TagsList": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "InvalidTagParameterException"),
        ({"TagsList": [{"Key": "aws:x", "Value": "1"}]}, "InvalidTagParameterException"),
        ({"TagsList": [{"Key": str(n)} for n in range(51)]}, "TagsLimitExceededException"),
        ({"TagsList": [{"Value": "x"}]}, "ValidationException"),
    ],
)
def test_what_cannot_be_made_is_refused(trails, asked, code):
    with refused(code):
        trails.create_trail(**{"Name": "main", "S3BucketName": BUCKET, **asked})
    assert not trails.list_trails()["Trails"]


def test_names_are_taken_once_and_a_region_has_five_trails(server, root, trails):
    for number in range(5):
        trails.create_trail(Name=f"trail{number}", S3BucketName=BUCKET)
    with refused("TrailAlreadyExistsException", f"Trail trail1 already exists for customer: {ACCOUNT}"):
        trails.create_trail(Name="trail1", S3BucketName=BUCKET)
    with refused("MaximumNumberOfTrailsExceededException", f"User: {ACCOUNT} already has 5 trails in {HOME}."):
        trails.create_trail(Name="trail5", S3BucketName=BUCKET)
    abroad = server.client("cloudtrail", root.credentials, "eu-west-1")
    assert abroad.create_trail(Name="trail1", S3BucketName=BUCKET)["TrailARN"] == arn("trail1", "eu-west-1")


def test_a_trail_of_all_regions_counts_in_each(server, root, trails, monkeypatch):
    abroad = server.client("cloudtrail", root.credentials, "eu-west-1")
    for number in range(4):
        trails.create_trail(Name=f"here{number}", S3BucketName=BUCKET)
        abroad.create_trail(Name=f"abroad{number}", S3BucketName=BUCKET)
    trails.create_trail(Name="everywhere", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    for client in (trails, abroad):
        with refused("MaximumNumberOfTrailsExceededException"):
            client.create_trail(Name="more", S3BucketName=BUCKET)
    with refused("InvalidParameterCombinationException", f"User: {ACCOUNT} already has 5 trails in eu-west-1."):
        trails.update_trail(Name="here0", IsMultiRegionTrail=True)
    trails.update_trail(Name="everywhere", S3KeyPrefix="p", IsMultiRegionTrail=True)
    for number in range(4):
        abroad.delete_trail(Name=f"abroad{number}")
    trails.update_trail(Name="here0", IsMultiRegionTrail=True)
    monkeypatch.setattr("keyreeve.cloudtrail.trails.TRAILS_PER_ACCOUNT", 6)
    abroad.create_trail(Name="last", S3BucketName=BUCKET)
    with refused("MaximumNumberOfTrailsExceededException", f"User: {ACCOUNT} already has 6 trails."):
        server.client("cloudtrail", root.credentials, "zz-nowhere-9").create_trail(Name="more", S3BucketName=BUCKET)


def test_a_trail_of_all_regions_is_seen_everywhere_and_changed_at_home(server, root, trails):
    trails.create_trail(Name="all", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    trails.create_trail(Name="here", S3BucketName=BUCKET)
    abroad = server.client("cloudtrail", root.credentials, "eu-west-1")
    assert [trail["Name"] for trail in abroad.describe_trails()["trailList"]] == ["all"]
    assert not abroad.describe_trails(includeShadowTrails=False)["trailList"]
    assert abroad.get_trail(Name="all")["Trail"]["HomeRegion"] == HOME
    with refused("TrailNotFoundException"):
        abroad.get_trail(Name="here")
    for change in (abroad.update_trail, abroad.delete_trail, abroad.start_logging, abroad.stop_logging):
        with refused("InvalidHomeRegionException"):
            change(Name="all")
    with refused("TrailAlreadyExistsException"):
        abroad.create_trail(Name="all", S3BucketName=BUCKET)


def test_trails_are_described_by_name_and_arn(trails):
    for name in ("one", "two"):
        trails.create_trail(Name=name, S3BucketName=BUCKET)
    found = trails.describe_trails(trailNameList=["one", arn("two"), "six", arn("six")])["trailList"]
    assert [trail["Name"] for trail in found] == ["one", "two"]
    with refused("CloudTrailARNInvalidException"):
        trails.describe_trails(trailNameList=["arn:aws:iam::1:user/x"])


def test_logging_starts_and_stops_and_the_status_tells_when(trails):
    trails.create_trail(Name="main", S3BucketName=BUCKET)
    assert not trails.get_trail_status(Name="main")["IsLogging"]
    trails.start_logging(Name="main")
    started = trails.get_trail_status(Name=arn("main"))
    assert started["IsLogging"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", started["TimeLoggingStarted"])
    assert started["StartLoggingTime"]
    assert "LatestDeliveryTime" not in started
    trails.start_logging(Name="main")
    assert trails.get_trail_status(Name="main")["StartLoggingTime"] == started["StartLoggingTime"]
    trails.stop_logging(Name="main")
    stopped = trails.get_trail_status(Name="main")
    assert not stopped["IsLogging"]
    assert stopped["StopLoggingTime"]


def tags(trails, *names):
    listed = trails.list_tags(ResourceIdList=[arn(name) for name in names])["ResourceTagList"]
    return [{tag["Key"]: tag["Value"] for tag in each["TagsList"]} for each in listed]


def test_tags_are_added_listed_and_removed(trails):
    trails.create_trail(Name="main", S3BucketName=BUCKET, TagsList=[{"Key": "team", "Value": "red"}])
    trails.create_trail(Name="other", S3BucketName=BUCKET)
    trails.add_tags(ResourceId=arn("main"), TagsList=[{"Key": "team", "Value": "blue"}, {"Key": "Team", "Value": "x"}])
    assert tags(trails, "main", "other") == [{"team": "blue", "Team": "x"}, {}]
    trails.remove_tags(ResourceId=arn("main"), TagsList=[{"Key": "Team"}, {"Key": "none"}])
    assert tags(trails, "main") == [{"team": "blue"}]
    for given, code in (
        (arn("none"), "ResourceNotFoundException"),
        ("main", "CloudTrailARNInvalidException"),
        (f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:eventdatastore/x", "ResourceTypeNotSupportedException"),
    ):
        with refused(code):
            trails.add_tags(ResourceId=given, TagsList=[{"Key": "a"}])


def advanced(*fields):
    return {"AdvancedEventSelectors": [{"FieldSelectors": [*fields]}]}


def equals(field, *values):
    return {"Field": field, "Equals": [*values]}


MANAGEMENT = equals("eventCategory", "Management")
DATA = equals("eventCategory", "Data")
S3 = equals("resources.type", "AWS::S3::Object")


def basic(**selector):
    return {"EventSelectors": [selector]}


def test_selectors_are_put_in_either_form_and_shown_in_it(trails):
    trails.create_trail(Name="main", S3BucketName=BUCKET)
    default = trails.get_event_selectors(TrailName="main")["EventSelectors"]
    assert default == [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }
    ]
    data = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::b/"]}]
    trails.put_event_selectors(TrailName="main", **basic(ReadWriteType="WriteOnly", DataResources=data))
    (shown,) = trails.get_event_selectors(TrailName="main")["EventSelectors"]
    assert (shown["ReadWriteType"], shown["DataResources"]) == ("WriteOnly", data)
    assert trails.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"]
    selectors = advanced(MANAGEMENT, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]})
    put = trails.put_event_selectors(TrailName="main", **selectors)
    assert put["AdvancedEventSelectors"] == selectors["AdvancedEventSelectors"]
    shown = trails.get_event_selectors(TrailName="main")
    assert "EventSelectors" not in shown
    assert shown["AdvancedEventSelectors"] == selectors["AdvancedEventSelectors"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {**basic(), **advanced(MANAGEMENT)},
        {"EventSelectors": [{}] * 6},
        basic(IncludeManagementEvents=False),
        basic(ExcludeManagementEventSources=["iam.amazonaws.com"]),
        basic(DataResources=[{"Type": "AWS::SNS::Topic", "Values": ["arn:aws:sns:x"]}]),
        basic(DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:lambda"]}]),
        basic(DataResources=[{"Type": "AWS::S3::Object", "Values": []}]),
        basic(DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::b/"] * 251}]),
        advanced(equals("readOnly", "true")),
        advanced(equals("eventCategory", "Insight")),
        advanced(equals("eventCategory", "Management", "Data")),
        advanced(MANAGEMENT, MANAGEMENT),
        advanced(MANAGEMENT, equals("readOnly", "maybe")),
        advanced(MANAGEMENT, S3),
        advanced(MANAGEMENT, {"Field": "eventName"}),
        advanced(MANAGEMENT, {"Field": "readOnly", "NotEquals": ["true"]}),
        advanced(DATA),
        advanced(DATA, equals("resources.type", "AWS::S3::Object", "AWS::Lambda::Function")),
        advanced(DATA, S3, equals("resources.ARN", *["arn:aws:s3:::b/k"] * 500)),
        advanced(equals("eventCategory", "NetworkActivity")),
    ],
)
def test_selectors_that_break_the_rules_are_refused(trails, asked):
    trails.create_trail(Name="main", S3BucketName=BUCKET)
    with refused("InvalidEventSelectorsException"):
        trails.put_event_selectors(TrailName="main", **asked)
    assert not trails.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"]


def test_what_a_trail_is_about_decides_who_may_change_it(server, trails):
    for name, team in (("red", "red"), ("blue", "blue")):
        trails.create_trail(Name=name, S3BucketName=BUCKET, TagsList=[{"Key": "team", "Value": team}])
    mine = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    person = server.user("u", allow("cloudtrail:*", Condition=mine)).cloudtrail
    person.start_logging(Name="red")
    for trail in ("blue", arn("blue"), "none"):
        with refused("AccessDeniedException"):
            person.start_logging(Name=trail)
    by_arn = server.user("v", allow("cloudtrail:GetTrail", arn("red"))).cloudtrail
    by_arn.get_trail(Name="red")
    with refused("AccessDeniedException"):
        by_arn.get_trail(Name="blue")


def test_tags_on_create_need_their_own_permission_and_can_be_asked_for(server):
    tagged = {"Name": "main", "S3BucketName": BUCKET, "TagsList": [{"Key": "team", "Value": "red"}]}
    with refused("AccessDeniedException"):
        server.user("u", allow("cloudtrail:CreateTrail")).cloudtrail.create_trail(**tagged)
    needed = {"StringEquals": {"aws:RequestTag/team": "red"}}
    person = server.user("v", allow(["cloudtrail:CreateTrail", "cloudtrail:AddTags"], Condition=needed)).cloudtrail
    with refused("AccessDeniedException"):
        person.create_trail(Name="main", S3BucketName=BUCKET)
    person.create_trail(**tagged)


def test_another_accounts_trails_are_out_of_reach(server, trails):
    trails.create_trail(Name="main", S3BucketName=BUCKET)
    stranger = server.root(OTHER).cloudtrail
    assert not stranger.list_trails()["Trails"]
    for name in (arn("main"), "main"):
        with refused("AccessDeniedException" if name.startswith("arn") else "TrailNotFoundException"):
            stranger.get_trail(Name=name)
    with refused("AccessDeniedException"):
        stranger.stop_logging(Name=arn("main"))


def test_the_keys_of_digests_are_public_and_their_secret_is_not(server, trails):
    assert not trails.list_public_keys()["PublicKeyList"]
    trails.create_trail(Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True)
    trails.create_trail(Name="other", S3BucketName=BUCKET, EnableLogFileValidation=True)
    (key,) = trails.list_public_keys()["PublicKeyList"]
    assert re.fullmatch("[0-9a-f]{32}", key["Fingerprint"])
    assert trails.list_public_keys(StartTime=key["ValidityStartTime"])["PublicKeyList"] == [key]
    assert not trails.list_public_keys(EndTime=key["ValidityStartTime"].replace(year=2000))["PublicKeyList"]
    with refused("InvalidTimeRangeException"):
        trails.list_public_keys(StartTime=key["ValidityEndTime"], EndTime=key["ValidityStartTime"])
    assert not server.root(OTHER).cloudtrail.list_public_keys()["PublicKeyList"]
