"""The pages of docs/ are true: their commands are there, and their examples run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stories import clients
from stories import server as servers
from stories.consoles import blocks

TREE = Path(__file__).parents[2]
PAGES = [TREE / "README.md", *sorted((TREE / "docs").rglob("*.md"))]
COMMAND = re.compile(r"\baws (iam|sts|cloudtrail) ([a-z][a-z0-9-]+)")
OPERATIONS = """
import json
from awscli.botocore import xform_name
from awscli.clidriver import create_clidriver
session = create_clidriver().session
models = {each: session.get_service_model(each) for each in ("iam", "sts", "cloudtrail")}
print(json.dumps({each: [xform_name(name, "-") for name in model.operation_names] for each, model in models.items()}))
"""
OF_THE_CLI_ITSELF = {("cloudtrail", "validate-logs")}


@pytest.mark.client("aws")
def test_every_command_of_the_aws_cli_that_a_page_shows_is_one():
    python = Path(clients.awscli()).with_name("python")
    ran = subprocess.run([python, "-c", OPERATIONS], capture_output=True, text=True, timeout=60, check=True)
    operations = {(service, name) for service, names in json.loads(ran.stdout).items() for name in names}
    shown = {found for page in PAGES for found in COMMAND.findall(page.read_text())}
    assert len(shown) > 20
    assert shown <= operations | OF_THE_CLI_ITSELF
    assert ("iam", "acquire-role") not in operations, "docs/templates.md says that it lacks it"


@pytest.mark.client("boto3")
def test_a_role_is_acquired_as_the_page_of_templates_says(tmp_path):
    page = TREE / "docs" / "templates.md"
    (file,) = re.findall(r"^```json\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    (tmp_path / "templates.json").write_text(file)
    (example,), printed = blocks(page, "python"), blocks(page, "text")[0]
    made = servers.made(tmp_path)
    with servers.serving(tmp_path, made, "--templates", str(tmp_path / "templates.json")) as server:
        surroundings = clients.environment(server.endpoint, server.admin, PYTHONPATH=os.pathsep.join(sys.path))
        ran = subprocess.run(
            [sys.executable, "-c", example], env=surroundings, capture_output=True, text=True, check=False
        )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == printed.replace("111122223333", server.account)
