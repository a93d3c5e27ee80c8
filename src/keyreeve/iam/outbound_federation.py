"""Outbound federation: whether the account's principals may have tokens that others verify. It is off at first.

Source: IAM API reference, EnableOutboundWebIdentityFederation and its neighbours.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keyreeve.access import outbound
from keyreeve.entities import OutboundFederation
from keyreeve.faults import FeatureDisabled, FeatureEnabled
from keyreeve.iam.nouns import listed
from keyreeve.logs import logger
from keyreeve.openid import signing
from keyreeve.operations import Call, operation
from keyreeve.wire import identifiers

LOG = logger("outbound")
_OFF = "Outbound identity federation is disabled for your account."


@operation("EnableOutboundWebIdentityFederation", on=listed(), slow=(signing.generate,))
def enable_outbound_web_identity_federation(call: Call) -> dict[str, Any]:
    """Switch it on. The issuer is made the first time, with its keys, and is the same ever after."""
    held = outbound.federation(call.tx, call.account_id)
    if held is not None and held.enabled:
        raise FeatureEnabled("Outbound identity federation is already enabled for your account.")
    for algorithm in signing.ALGORITHMS:
        outbound.signing_key(call, algorithm)
    found = held or OutboundFederation(
        account_id=call.account_id,
        issuer_id=identifiers.uuid(call.chance(identifiers.RANDOM_BYTES)),
        enabled=True,
        create_date=call.moment(),
    )
    call.tx.put(msgspec.structs.replace(found, enabled=True))
    issuer = outbound.issuer(call.public_url, found)
    if outbound.is_local(call.public_url):
        LOG.warning(
            "an issuer of tokens has an address that only this machine can ask: others need public_url to verify them",
            account_id=call.account_id,
            reason=issuer,
        )
    return {"issuer_identifier": issuer}


@operation("DisableOutboundWebIdentityFederation", on=listed())
def disable_outbound_web_identity_federation(call: Call) -> None:
    """Switch it off. Tokens that were made before stay good until they end, and their keys published."""
    call.tx.put(msgspec.structs.replace(_enabled(call), enabled=False))


@operation("GetOutboundWebIdentityFederationInfo", on=listed())
def get_outbound_web_identity_federation_info(call: Call) -> dict[str, Any]:
    """The account's issuer, where the feature is on."""
    return {"issuer_identifier": outbound.issuer(call.public_url, _enabled(call)), "jwt_vending_enabled": True}


def _enabled(call: Call) -> OutboundFederation:
    found = outbound.federation(call.tx, call.account_id)
    if found is None or not found.enabled:
        raise FeatureDisabled(_OFF)
    return found
