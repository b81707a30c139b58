"""Prometheus metrics."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

__all__ = ["Metrics"]

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
DIALOGUES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """Metrics of one service. No label or value contains text from a dialogue."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter("sumtune_requests", "Answered requests.", ("route", "status"), registry=self._registry)
        self.seconds = Histogram(
            "sumtune_request_seconds",
            "Seconds from the start of a request to the end of its response.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self.waiting = Gauge("sumtune_queue_dialogues", "Dialogues waiting in the queue.", registry=self._registry)
        self.batch = Histogram(
            "sumtune_batch_dialogues", "Dialogues per batch.", buckets=DIALOGUES, registry=self._registry
        )
        self.tokens = Counter(
            "sumtune_tokens", "Tokens of dialogues read and summaries written.", ("direction",), registry=self._registry
        )

    def text(self) -> bytes:
        """Return all metrics in Prometheus text format."""
        return generate_latest(self._registry)
