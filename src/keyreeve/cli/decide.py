"""`keyreeve decide`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from keyreeve import policy
from keyreeve.cli import options, tables, texts, why
from keyreeve.cli.case import Source, named
from keyreeve.cli.problems import told

F = TypeVar("F", bound=Callable[..., Any])

EXAMPLES = options.examples(
    "keyreeve decide case.json",
    "keyreeve decide case.json --identity readers.json     with one more policy of the caller",
    "keyreeve decide case.json --json | jq .missing_keys",
    "jq -n '{request: {…}}' | keyreeve decide - --identity readers.json",
    "",
    'A case is {"request": {"principal": {"kind": "user", "account_id": "111122223333",',
    '  "arn": "arn:aws:iam::111122223333:user/alice"}, "action": "s3:GetObject",',
    '  "resource": "arn:aws:s3:::b/k", "context": {"aws:username": "alice"}},',
    '  "policies": {"identity": [{"Version": "2012-10-17", "Statement": …}]}}',
    "docs/decide.md says what else it can have.",
)
LISTED = ("identity", "session")
LEVELS = {"scp": "service_control", "rcp": "resource_control"}
SINGLE = ("resource", "trust", "boundary", "endpoint")


def _file(name: str, sentence: str, *, multiple: bool = False) -> Callable[[F], F]:
    return click.option(f"--{name}", name, metavar="FILE", multiple=multiple, help=sentence)


@click.command("decide", epilog=EXAMPLES)
@click.argument("case", metavar="CASE")
@_file("identity", "A policy of the caller; may be given again.", multiple=True)
@_file("session", "A session policy; may be given again.", multiple=True)
@_file("boundary", "The caller's permissions boundary.")
@_file("resource", "The policy of the resource.")
@_file("trust", "The trust policy, where the resource is a role.")
@_file("endpoint", "The policy of the VPC endpoint.")
@_file("scp", "A service control policy, on a level of its own; may be given again.", multiple=True)
@_file("rcp", "A resource control policy, on a level of its own; may be given again.", multiple=True)
@options.as_json
@told
def command(case: str, as_json: bool, **files: Any) -> None:
    """Decide a request under policies, and say why.

    CASE is a JSON object with the request and its policies; - is standard input. Policies can also be files of their
    own, and are added to the case's. Status 0 if the request is allowed, 1 if it is denied, 2 if the input is bad.
    """
    source = Source(texts.read(case))
    explained = policy.explain(source.request(), _policies(source, files))
    if as_json:
        tables.as_json(policy.told(explained))
    else:
        tables.draw(why.tree(explained))
    if explained.decision.verdict != "allowed":
        click.get_current_context().exit(1)


def _policies(source: Source, files: dict[str, Any]) -> policy.Policies:
    held = source.case.policies
    if held.trust and held.resource is None:
        raise source.bad("trust says that resource is a role's policy, and there is none.", ("policies", "trust"))
    found: dict[str, Any] = {}
    for layer in LISTED:
        given = getattr(held, layer)
        own = (source.document(layer, "policies", layer, index) for index in range(len(given or ())))
        found[layer] = (*own, *(_of_file(layer, name) for name in files[layer]))
        if layer == "session" and given is None and not files[layer]:
            found[layer] = None
    for option, layer in LEVELS.items():
        own_levels = (
            tuple(source.document(layer, "policies", layer, index, at) for at in range(len(level)))
            for index, level in enumerate(getattr(held, layer))
        )
        found[layer] = (*own_levels, *((_of_file(layer, name),) for name in files[option]))
    return policy.Policies(**found, **_single(source, files), resource_must_allow=held.resource_must_allow)


def _single(source: Source, files: dict[str, Any]) -> dict[str, Any]:
    """Policies of which a request has one of a kind."""
    held = source.case.policies
    inline = {"resource": "trust" if held.trust else "resource", "boundary": "boundary", "endpoint": "endpoint"}
    found: dict[str, Any] = {
        place: source.document(layer, "policies", place)
        for place, layer in inline.items()
        if getattr(held, place) is not None
    }
    for option in SINGLE:
        place = "resource" if option == "trust" else option
        if files[option] is not None:
            if place in found:
                raise click.UsageError(f"--{option}: there is such a policy already.")
            found[place] = _of_file(option, files[option])
    return found


def _of_file(layer: str, name: str) -> policy.Policy:
    return named(texts.read(name), layer, "")
