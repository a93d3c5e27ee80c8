"""Condition keys of web identity: which claims of a token a trust policy can ask about, by provider.

A key is the provider's URL without its scheme, a colon and the claim's name.
Sources: IAM User Guide, "Available keys for AWS OIDC federation"; Service Authorization Reference, AWS STS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from keyreeve.operations import Context

LONGEST = 1024
"""Characters of a claim that becomes a condition key."""

_GITHUB = (
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
)
_BUILDKITE = (
    "build_branch",
    "cluster_id",
    "cluster_name",
    "organization_id",
    "organization_slug",
    "pipeline_id",
    "pipeline_slug",
)
_GITLAB = (
    "namespace_id",
    "pipeline_source",
    "project_id",
    "ref_protected",
    "runner_environment",
    "user_access_level",
    "user_email",
    "user_id",
    "user_login",
)
_LABEL = r"[a-z0-9-]+"

PROVIDERS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), names)
    for pattern, names in (
        (r"token\.actions\.githubusercontent\.com(?:/[^/]+)?", _GITHUB),
        (rf"token\.actions\.{_LABEL}\.ghe\.com", _GITHUB),
        (r"github\.com/enterprises/[^/]+", _GITHUB),
        (r"agent\.buildkite\.com", _BUILDKITE),
        (rf"agent\.{_LABEL}\.buildkite\.(?:dev|site)", _BUILDKITE),
        (r"gitlab\.com", _GITLAB),
        (r"oidc\.circleci\.com/org/[^/]+", ("oidc.circleci.com/project-id",)),
        (rf"idcs-{_LABEL}\.identity\.oraclecloud\.com", ("rpst_id",)),
    )
)
"""Providers whose tokens have more claims that can be asked about, by their URL without its scheme."""


def of_token(url: str, audience: str, audiences: tuple[str, ...], claims: Mapping[str, Any]) -> tuple[Context, Context]:
    """The keys for the trust policy, and those of them that the session keeps."""
    kept: Context = {_key(url, "aud"): audience, _key(url, "sub"): claims["sub"]}
    methods = claims.get("amr")
    if isinstance(methods, list) and methods and all(isinstance(each, str) for each in methods):
        kept[_key(url, "amr")] = tuple(methods)
    keys: Context = {**kept, _key(url, "oaud"): audiences[0] if len(audiences) == 1 else audiences}
    for name in ("email", *_more(url)):
        value = _text(claims.get(name))
        if value is not None:
            keys[_key(url, name)] = value
    return keys, kept


def _key(url: str, name: str) -> str:
    return f"{url}:{name}".lower()


def _more(url: str) -> Iterator[str]:
    for pattern, names in PROVIDERS:
        if pattern.fullmatch(url):
            yield from names


def _text(value: Any) -> str | None:
    """A claim as a condition compares it. One that is neither text, number nor truth is no key, and matches nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) and len(value) <= LONGEST else None
