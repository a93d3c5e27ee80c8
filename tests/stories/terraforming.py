"""Terraform with the AWS provider, in a folder of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from stories.clients import environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "terraform"
SECONDS = 300


class Terraform:
    """Terraform in a folder of its own, with a copy of a configuration."""

    def __init__(self, folder, server, configuration):
        ignored = shutil.ignore_patterns(".terraform*")
        self.folder = shutil.copytree(configuration, folder / "configuration", ignore=ignored)
        mirror = {"TF_CLI_CONFIG_FILE": os.environ["TF_CLI_CONFIG_FILE"]}
        quiet = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1", "HOME": str(folder)}
        settings = {"TF_VAR_endpoint": server.endpoint}
        self.environment = environment(server.endpoint, server.admin, **mirror, **quiet, **settings)
        # The configuration itself must say where the server is.
        del self.environment["AWS_ENDPOINT_URL"]

    def run(self, *arguments, expecting=0):
        """What a command prints; its exit status must be the one expected."""
        done = subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == expecting, done.stdout[-8000:]
        return done.stdout

    def apply(self):
        return self.run("apply", "-auto-approve")

    def outputs(self):
        return {name: each["value"] for name, each in self._state()["outputs"].items()}

    def resource(self, kind):
        """The attributes of the only resource of a kind."""
        (found,) = (each for each in self._state()["resources"] if (each["mode"], each["type"]) == ("managed", kind))
        return found["instances"][0]["attributes"]

    def _state(self):
        return json.loads((self.folder / "terraform.tfstate").read_text())

    def forget_and_import(self, imports):
        """Take resources out of the state; the next apply finds them again by their ids."""
        self.run("state", "rm", *imports)
        blocks = (
            f'import {{\n  to = {address}\n  id = "{identifier}"\n}}\n' for address, identifier in imports.items()
        )
        (self.folder / "imports.tf").write_text("".join(blocks))
