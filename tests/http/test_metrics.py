"""The exposition, as Prometheus' own parser reads it."""

import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from keyreeve.config import READERS
from keyreeve.http.metrics import Metrics
from keyreeve.wire.exchange import Answer


def samples(text):
    families = text_string_to_metric_families(text)
    order = ("service", "operation", "class", "code", "le")
    return {
        (sample.name, *(sample.labels[label] for label in order if label in sample.labels)): sample.value
        for family in families
        for sample in family.samples
    }


def test_answers_are_counted_by_operation_and_class():
    metrics = Metrics()
    metrics.count(Answer(200, b"", service="iam", operation="GetUser"), 0.0004)
    metrics.count(Answer(200, b"", service="iam", operation="GetUser"), 2.0)
    metrics.count(Answer(404, b"", service="iam", operation="GetUser", error_code="NoSuchEntity"), 0.0004)
    metrics.count(Answer(403, b"", error_code="SignatureDoesNotMatch"), 0.0001)
    metrics.refused(Answer(431, b"", error_code="RequestEntityTooLarge"))
    found = samples(metrics.text().decode())
    assert found["keyreeve_requests_total", "iam", "GetUser", "2xx"] == 2
    assert found["keyreeve_requests_total", "iam", "GetUser", "4xx"] == 1
    assert found["keyreeve_request_duration_seconds_bucket", "iam", "GetUser", "0.0005"] == 2
    assert found["keyreeve_request_duration_seconds_bucket", "iam", "GetUser", "0.00025"] == 0
    assert found["keyreeve_request_duration_seconds_count", "iam", "GetUser"] == 3
    assert found["keyreeve_request_duration_seconds_sum", "iam", "GetUser"] == pytest.approx(2.0008)
    assert found["keyreeve_authentication_failures_total", "SignatureDoesNotMatch"] == 1
    assert found["keyreeve_refused_connections_total", "RequestEntityTooLarge"] == 1


def test_metrics_have_an_address_of_their_own(serving, door, wire):
    running = serving(metrics=("127.0.0.1", 0))
    door.durable = 12
    with running.connect() as connection:
        connection.sendall(wire.post())
        assert wire.one_answer(connection)[0] == 200
        with urllib.request.urlopen(running.bound.metrics_url, timeout=5) as answer:  # noqa: S310  our own URL
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            found = samples(answer.read().decode())
    assert found["keyreeve_requests_total", "sts", "GetCallerIdentity", "2xx"] == 1
    assert found[("keyreeve_store_durable_revision",)] == 12
    assert found[("keyreeve_store_revisions_behind",)] == 0
    assert found[("keyreeve_answers_waiting",)] == 0
    assert found[("keyreeve_connections",)] == 1


def test_the_metrics_address_has_nothing_else(serving, door):
    running = serving(metrics=("127.0.0.1", 0))
    with pytest.raises(urllib.error.HTTPError, match="404") as told:
        urllib.request.urlopen(running.bound.metrics_url.replace("/metrics", "/"), timeout=5)  # noqa: S310  our own URL
    told.value.close()
    assert door.requests == []


def test_the_api_address_has_no_metrics(serving, door):
    assert serving().talk(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
    assert door.requests[0].path == "/metrics"


def test_the_page_on_running_it_names_metrics_that_are_there(serving, door, wire):
    page = (Path(__file__).parents[2] / "docs/running.md").read_text()
    running = serving(metrics=("127.0.0.1", 0))
    with urllib.request.urlopen(running.bound.metrics_url, timeout=5) as answer:  # noqa: S310  our own URL
        served = {line.split()[2] for line in answer.read().decode().splitlines() if line.startswith("# TYPE")}
    named = {f"keyreeve_{name.removesuffix('_total')}" for name in re.findall(r"`keyreeve_(\w+)", page)}
    assert named
    assert named <= {name.removesuffix("_total") for name in served}
    settings = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", page)
    assert {name for name in settings if not name.startswith("keyreeve_")} <= READERS.keys()
