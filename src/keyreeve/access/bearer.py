"""Bearers: those whom only an identity provider's token makes known, while they ask for a session of a role.

A token that is verified proves its bearer as a signature proves other callers. What it says stands here; whether a role
trusts it is for the role's trust policy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from keyreeve import policy
from keyreeve.entities import Tag
from keyreeve.operations import Context


@dataclass(frozen=True, slots=True, eq=False)
class Bearer:
    """Somebody for whom a provider vouches.

    `account_id` is the account that has the provider, `arn` the provider as trust policies name it: an ARN or a host
    name. `identity_provider` and `user_name` are what events tell (CloudTrail User Guide, "userIdentity element").
    `keys` are the condition keys that the token brings to the trust policy, `kept` those that the session keeps.
    `shown` is what events tell of the token beside the request's parameters, `token` all that it says, for the handler.
    `audience` is for whom a web identity token was made.
    """

    kind: Literal["saml", "web_identity"]
    account_id: str
    arn: str
    identity_provider: str
    user_name: str
    keys: Context = field(default_factory=dict, repr=False)
    kept: tuple[tuple[str, str | tuple[str, ...]], ...] = field(default=(), repr=False)
    tags: tuple[Tag, ...] = field(default=(), repr=False)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict, repr=False)
    token: Any = field(default=None, repr=False)
    audience: str | None = None

    @property
    def principal(self) -> policy.Principal:
        """As the evaluator knows it: of no account, so that only the role's own policy can let it in."""
        return policy.Principal(self.kind, None, self.arn)

    @property
    def access_key_id(self) -> None:
        """None: no key signed anything, so none is the parent of the session."""
        return

    @property
    def user_id(self) -> str:
        """The principalId of events."""
        for_whom = "" if self.audience is None else f"{self.audience}:"
        return f"{self.identity_provider}:{for_whom}{self.user_name}"
