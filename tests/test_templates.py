"""Templates: the operator's file is read strictly, and blanks are filled without leaving their texts."""

import json

import pytest

from keyreeve.config import ConfigError, load
from keyreeve.templates import UnfilledBlank, filled, filled_text

PARTNER = {
    "AccountId": "111122223333",
    "Name": "Example",
    "PolicyTemplates": [{"PolicyTemplateArn": "arn:aws:iam:::template/a", "PolicyDocument": {"Statement": []}}],
}


def configured(tmp_path, content):
    file = tmp_path / "templates.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return load({"templates": str(file)}).templates


def test_a_file_is_read(tmp_path):
    templates = configured(tmp_path, {"DelegationPartners": [PARTNER]})
    partner = templates.partner("111122223333")
    assert partner.template("arn:aws:iam:::template/a").policy_document == {"Statement": []}
    assert partner.template("arn:aws:iam:::template/b") is None
    assert templates.partner("444455556666") is None


@pytest.mark.parametrize(
    "content",
    ["{", {"Partners": []}, {"DelegationPartners": [{**PARTNER, "Colour": "red"}]}, {"DelegationPartners": [{}]}],
)
def test_a_file_with_anything_else_in_it_is_refused(tmp_path, content):
    with pytest.raises(ConfigError, match="it must be a JSON file of templates"):
        configured(tmp_path, content)


def test_blanks_are_filled_in_texts_names_and_lists():
    document = {"@{name}": ["x", "@{many}", "<@{name}>", 1, True, None, {"deep": "@{name}"}]}
    values = {"name": ("n",), "many": ("1", "@{name}")}
    assert filled(document, values) == {"n": ["x", "1", "@{name}", "<n>", 1, True, None, {"deep": "n"}]}


@pytest.mark.parametrize("text", ["@{other}", "@{many}", "@{}"])
def test_a_text_takes_one_value(text):
    with pytest.raises(UnfilledBlank):
        filled_text(text, {"many": ("1", "2"), "none": ()})
