"""Metrics for Prometheus, on an address of their own.

Counting is a few additions to plain integers in the event loop's thread; everything else happens when they are read.
Label values are bounded: services and operations of the models, classes of status codes, AWS's error codes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from keyreeve.http.limits import FAILED_AUTHENTICATION
from keyreeve.wire.exchange import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.core import Metric

    from keyreeve.wire.exchange import Request

SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Row:
    """What is counted of one operation: answers by class of status code, and how long they took."""

    classes: list[int] = field(default_factory=lambda: [0] * 6)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    seconds: float = 0.0


class Metrics(Collector):
    """Counts answers; `gauges` gives what is looked up when the metrics are read, by name."""

    def __init__(self, gauges: Callable[[], Mapping[str, tuple[str, float]]] = dict) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.failures: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.gauges = gauges
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def count(self, answer: Answer, seconds: float) -> None:
        """Count an answer and the seconds from the request's head to the answer's last byte handed on."""
        row = self.rows.get((answer.service, answer.operation))
        if row is None:
            row = self.rows[answer.service, answer.operation] = Row()
        row.classes[answer.status // 100] += 1
        row.buckets[bisect_left(SECONDS, seconds)] += 1
        row.seconds += seconds
        if answer.error_code in FAILED_AUTHENTICATION:
            self.failures[answer.error_code] += 1

    def refused(self, answer: Answer) -> None:
        """Count a connection that was refused before there was a request."""
        self.refusals[answer.error_code] += 1

    def text(self) -> bytes:
        """The exposition that Prometheus reads."""
        return generate_latest(self.registry)

    def collect(self) -> Iterable[Metric]:
        """All families; called by the registry."""
        labels = ("service", "operation")
        requests = CounterMetricFamily("keyreeve_requests", "Answered requests.", labels=(*labels, "class"))
        duration = HistogramMetricFamily("keyreeve_request_duration_seconds", "Time to answer.", labels=labels)
        for names, row in self.rows.items():
            for digit, number in enumerate(row.classes):
                if number:
                    requests.add_metric((*names, f"{digit}xx"), number)
            bounds = [*map(str, SECONDS), "+Inf"]
            duration.add_metric(names, list(zip(bounds, accumulate(row.buckets), strict=True)), row.seconds)
        yield requests
        yield duration
        yield _by_code("keyreeve_authentication_failures", "Requests that proved nobody.", self.failures)
        yield _by_code("keyreeve_refused_connections", "Connections ended by a refusal.", self.refusals)
        for name, (help_text, value) in self.gauges().items():
            yield GaugeMetricFamily(name, help_text, value=value)


def _by_code(name: str, help_text: str, counts: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, help_text, labels=("code",))
    for code, number in counts.items():
        family.add_metric((code,), number)
    return family


class MetricsApp:
    """What answers on the metrics' address: GET /metrics, and nothing else."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics

    def serve(self, request: Request, reply: Callable[[Answer], None]) -> None:
        """Answer one scrape."""
        if request.path == "/metrics" and request.method in {"GET", "HEAD"}:
            reply(Answer(200, self.metrics.text(), (("content-type", CONTENT_TYPE),)))
        else:
            reply(Answer(404, b"Metrics are at /metrics.\n", (("content-type", "text/plain"),)))
