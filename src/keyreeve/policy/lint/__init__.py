"""Lint: what is wrong with a policy, what is dangerous in it, and what could be said better.

findings = lint(text, Kind.IDENTITY)
findings[0].code, str(findings[0].place), findings[0].sentence

Findings are grouped as AWS's ValidatePolicy groups them, and have its codes where they say the same thing. Standard
library only: what is known of services (their actions, resources and condition keys) comes in as a `Reference`.
Source: IAM User Guide, "IAM policy validation check reference".
"""

from keyreeve.policy.lint.codes import CODES, Code, Group
from keyreeve.policy.lint.examine import Finding, lint
from keyreeve.policy.lint.knowledge import Action, Key, Reference

__all__ = ["CODES", "Action", "Code", "Finding", "Group", "Key", "Reference", "lint"]
