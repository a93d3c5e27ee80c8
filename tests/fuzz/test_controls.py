"""The properties can fail: faults planted in the service are found by them."""

from dataclasses import replace

import pytest
from tests.fuzz.grammar import ACCOUNT
from tests.fuzz.properties import Violation, fuzz

from keyreeve.entities import Membership
from keyreeve.faults import NoSuchEntity
from keyreeve.operations import REGISTRY
from keyreeve.service import answering
from keyreeve.wire import sigv4, xml

REQUESTS = 60
GET_USER = ("iam", "GetUser")


@pytest.fixture
def plant(monkeypatch):
    """Put another handler in the place of GetUser's."""
    return lambda handler: monkeypatch.setitem(REGISTRY, GET_USER, replace(REGISTRY[GET_USER], handler=handler))


def test_an_exception_is_found(world, plant):
    def get_user(call, user_name=None):
        return {}[user_name]

    plant(get_user)
    with pytest.raises(Violation, match="status 500"):
        fuzz(world("planted"), "planted", REQUESTS, [GET_USER])


def test_a_change_that_outlives_its_refusal_is_found(world, plant):
    made = world("planted")

    def get_user(call, user_name=None):
        call.tx.delete(call.tx.all(Membership, ACCOUNT)[0])
        call.tx.commit()
        raise NoSuchEntity("It was a lie.")

    plant(get_user)
    with pytest.raises(Violation, match="the store changed"):
        fuzz(made, "planted", REQUESTS, [GET_USER])


def test_a_change_past_the_engine_is_found(world, plant):
    made = world("planted")

    def get_user(call, user_name=None):
        made.view._tables[Membership][ACCOUNT].records.clear()
        return {"user": call.caller.identity}

    plant(get_user)
    with pytest.raises(Violation, match="what is kept is not what was seen"):
        fuzz(made, "planted", REQUESTS, [GET_USER])


def test_a_signature_that_is_not_checked_is_found(world, monkeypatch):
    monkeypatch.setattr(sigv4, "verify", lambda *_: None)
    with pytest.raises(Violation, match="proves nothing"):
        fuzz(world("planted"), "planted", 500, [("sts", "GetCallerIdentity")])


def test_a_document_that_is_not_well_formed_is_found(world, monkeypatch):
    whole = xml.error
    monkeypatch.setattr(xml, "error", lambda *known: whole(*known).replace(b"</Error>", b""))
    with pytest.raises(Violation, match="cannot be read"):
        fuzz(world("planted"), "planted", REQUESTS)


def test_a_request_without_an_id_is_found(world, monkeypatch):
    made = world("planted")
    monkeypatch.setattr(answering.Exchange, "answer", lambda *_: answering.Answer(400, b"<html/>", ()))
    with pytest.raises(Violation, match="cannot be read"):
        fuzz(made, "planted", REQUESTS)
