"""Constraint faults in AWS's words. Sentences marked R were recorded."""

import re
import sys
import time
import unicodedata

import pytest

from keyreeve.wire import check, constraints, model, patterns, query

NAME = r"[\w+=,.@-]*"
ROLE_ARN = "arn:aws:iam::123456789012:role/x"


def sentence(service, operation, **params):
    operation = model.service(service).operations[operation]
    fault = check.faults(operation, query.read(operation, {name.replace("__", "."): it for name, it in params.items()}))
    return None if fault is None else fault.message


def test_nothing_wrong_is_none():
    assert sentence("sts", "AssumeRole", RoleArn=ROLE_ARN, RoleSessionName="bob") is None
    assert sentence("sts", "GetCallerIdentity") is None


def test_missing_in_sts():
    assert sentence("sts", "AssumeRole", RoleSessionName="bob") == (
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
    )


def test_pattern_in_sts_quotes_the_value():
    assert sentence("sts", "AssumeRole", RoleArn=ROLE_ARN, RoleSessionName="a b") == (
        "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {NAME}"
    )


def test_one_value_may_break_two_constraints():
    assert sentence("sts", "AssumeRole", RoleArn=ROLE_ARN, RoleSessionName="!") == (
        "2 validation errors detected: Value '!' at 'roleSessionName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 2; Value '!' at 'roleSessionName' failed to satisfy "
        f"constraint: Member must satisfy regular expression pattern: {NAME}"
    )


def test_ranges():
    least = sentence("sts", "AssumeRole", RoleArn=ROLE_ARN, RoleSessionName="bob", DurationSeconds="899")
    most = sentence("sts", "AssumeRole", RoleArn=ROLE_ARN, RoleSessionName="bob", DurationSeconds="43201")
    assert least.endswith("Value '899' at 'durationSeconds' failed to satisfy constraint: "
                          "Member must have value greater than or equal to 900")  # fmt: skip
    assert most.endswith("Member must have value less than or equal to 43200")


def test_no_more_faults_are_told_than_anybody_reads():
    keys = {f"Tags__member__{number}__Key": "k" for number in range(1, 3 * check.MOST_FAULTS)}
    told = sentence("iam", "CreateUser", UserName="u", **keys)
    assert told.startswith(f"{check.MOST_FAULTS} validation errors detected: ")
    assert told.count("; ") == check.MOST_FAULTS - 1


def test_lengths_count_characters_not_bytes():
    assert (
        sentence("iam", "CreateUser", UserName="u", Tags__member__1__Key="ж" * 128, Tags__member__1__Value="") is None
    )


def test_nested_members_have_their_place():
    params = {"Tags__member__1__Key": "a", "Tags__member__1__Value": "b", "Tags__member__2__Value": "b"}
    assert sentence("iam", "CreateUser", UserName="u", **params) == (
        "1 validation error detected: Value at 'tags.2.member.key' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_a_structure_is_parted_from_its_members():
    assert sentence("sts", "AssumeRoot", TargetPrincipal="111122223333", TaskPolicyArn__arn="short") == (
        "1 validation error detected: Value 'short' at 'taskPolicyArn.arn' failed to satisfy constraint: "
        "Member must have length greater than or equal to 20"
    )
    exclusion = {"PolicyExclusionList__member__1__InlinePolicyIdentifier__AttachmentName": "a"}
    given = {"PolicySourceArn": ROLE_ARN, "ActionNames__member__1": "s3:GetObject", **exclusion}
    places = re.findall(r"at '(\S+)'", sentence("iam", "SimulatePrincipalPolicy", **given))
    assert set(places) == {
        f"policyExclusionList.1.member.inlinePolicyIdentifier.{name}" for name in ("policyName", "attachmentType")
    }


def test_iam_never_quotes_and_prints_no_set():
    assert sentence("iam", "UpdateAccessKey", AccessKeyId="AKIA" + "A" * 16, Status="On") == (
        "1 validation error detected: Value at 'status' failed to satisfy constraint: "
        "Member must satisfy enum value set"
    )


def test_iam_counts_tags():
    tags = {f"Tags__member__{i}__{part}": f"{i}" for i in range(1, 52) for part in ("Key", "Value")}
    assert sentence("iam", "TagRole", RoleName="r", **tags) == (
        "1 validation error detected: Value at 'tags' failed to satisfy constraint: "
        "Member must have length less than or equal to 50"
    )


def test_a_faulty_element_of_a_scalar_list_is_the_lists():
    assert sentence("iam", "UntagRole", RoleName="r", TagKeys__member__1="a", TagKeys__member__2="!") == (
        "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1, "
        r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]"
    )


def test_sts_quotes_lists():
    quoted = sentence("sts", "AssumeRole", RoleArn=ROLE_ARN, RoleSessionName="bob", TransitiveTagKeys__member__1="!")
    assert quoted.startswith("1 validation error detected: Value '[!]' at 'transitiveTagKeys' failed")


def test_maps():
    faulty = sentence("iam", "PutAccountProperties", Properties__entry__1__key="/", Properties__entry__1__value="x")
    assert faulty.startswith(
        "1 validation error detected: Value at 'properties' failed to satisfy constraint: "
        "Map keys must satisfy constraint: [Member must have length less than or equal to 50"
    )
    entry = {"ReplacementValues__entry__1__key": "k", "ReplacementValues__entry__1__value__Values": ""}
    deep = sentence("iam", "AcquireRole", TemplateArn="arn:" + "a" * 30, **entry)
    assert "at 'replacementValues.k.member.values' failed" in deep


def test_a_token_is_not_quoted():
    faulty = sentence("sts", "AssumeRoleWithWebIdentity", RoleArn=ROLE_ARN, RoleSessionName="bob", WebIdentityToken="x")
    assert "Value '***' at 'webIdentityToken' failed" in faulty


def test_source_identity_is_longer_than_its_model():
    params = {"RoleArn": ROLE_ARN, "RoleSessionName": "bob"}
    assert sentence("sts", "AssumeRole", SourceIdentity="a" * 256, **params) is None
    faulty = sentence("sts", "AssumeRole", SourceIdentity="a" * 257, **params)
    assert faulty.endswith("Member must have length less than or equal to 256")


NAMES = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATHS = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
ASCII = "It must contain only printable ASCII characters."


@pytest.mark.parametrize(
    ("operation", "params", "member", "rule"),
    [
        ("CreateUser", {"UserName": "a b"}, "userName", NAMES),
        ("UpdateUser", {"UserName": "a", "NewUserName": "ж"}, "newUserName", NAMES),
        ("CreateUser", {"UserName": "a", "Path": "x"}, "path", PATHS),
        ("ListUsers", {"PathPrefix": "x"}, "pathPrefix", PATHS),
        ("PutUserPolicy", {"UserName": "a", "PolicyName": "p", "PolicyDocument": "ж"}, "policyDocument", ASCII),
    ],
)
def test_iam_speaks_of_names_in_its_own_sentences(operation, params, member, rule):
    assert sentence("iam", operation, **params) == f"The specified value for {member} is invalid. {rule}"


def test_the_models_words_come_before_iams_own():
    assert sentence("iam", "CreateUser", UserName="!" * 65) == (
        "1 validation error detected: Value at 'userName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64"
    )


def shapes():
    for service in ("iam", "sts"):
        it = model.service(service)
        for name in it._shapes:
            yield it.shape({"shape": name})


PATTERNS = sorted({shape.pattern for shape in shapes() if shape.pattern is not None})


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_take_linear_time(pattern):
    """Texts of the pattern's own characters that fail at the very end are what makes backtracking explode."""
    matches = patterns.matcher(pattern)
    for unit in ("a", "/", "/a", "a-", "-", "o-aaaaaaaaaa/r-aaaa", "http://a?a#a", "v1.a", "1", "\u00e9", " "):
        start = time.process_time()
        matches(unit * 100_000 + "\u0000")
        assert time.process_time() - start < 2, unit


TEXTS = ["", "a", "!", "/", "arn:aws:iam::123456789012:role/x", "a" * 3000, "ж", "Active", "123456"]
SCALARS = {"integer": [-1, 0, 1, 900, 10**9], "boolean": [True], "blob": [b"", b"x" * 10], "timestamp": [time]}


def samples(shape, depth=0):
    """Values of a shape, of which some keep to its constraints and some do not."""
    if shape.type == "list":
        return [[], *([each] for each in samples(shape.member, depth + 1)), samples(shape.member, depth + 1)[1:2] * 200]
    if shape.type == "map":
        return [{}, *({"a": each} for each in samples(shape.value, depth + 1))]
    if shape.type == "structure" and depth < 4:
        filled = {model.snake(name): samples(member, depth + 1) for name, member in shape.members.items()}
        return [
            {},
            {name: found[-1] for name, found in filled.items()},
            {name: found[0] for name, found in filled.items()},
        ]
    return [{}] if shape.type == "structure" else SCALARS.get(shape.type, TEXTS)


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_a_quick_look_finds_a_fault_where_the_full_one_does(service):
    found = set()
    for operation in model.service(service).operations.values():
        shapes = operation.input.members if operation.input else {}
        plain = {model.snake(name): samples(shape)[-1] for name, shape in shapes.items()}
        for name, shape in shapes.items():
            for sample in samples(shape):
                for values in ({model.snake(name): sample}, {**plain, model.snake(name): sample}):
                    faults = list(check._structure(operation.input, nested=False)(values, ""))
                    sound = not faults and check._misnamed(operation.input, values) is None
                    assert check._sound(operation.input)(values) is sound, (operation, name, sample)
                    found.add(sound)
    assert found == {True, False}


def test_every_constraint_can_be_built():
    assert all(constraints.constraints(shape, nested=True) is not None for shape in shapes())


def test_unicode_categories_are_pythons_and_ours():
    matches = patterns.matcher(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+")
    plain = set("_.:/=+-@")
    wrong = [
        hex(number)
        for number, character in enumerate(map(chr, range(sys.maxunicode + 1)))
        if bool(matches(character)) != (unicodedata.category(character)[0] in "LZN" or character in plain)
    ]
    assert wrong == []


def test_words_and_digits_are_ascii():
    assert not patterns.matcher(r"[\w+=,.@-]+")("ж")
    assert not patterns.matcher(r"\d{12}")("\u0661" * 12)


def test_the_whole_text_must_match():
    assert not patterns.matcher(r"^p-[0-9a-zA-Z_]{8,128}$")("p-12345678\n")


def test_other_categories_are_refused():
    with pytest.raises(ValueError, match=re.escape(r"cannot match \p{Lu}")):
        patterns.matcher(r"\p{Lu}")
