"""What Prometheus may ask about."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

__all__ = ["Metrics"]

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
DIALOGUES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """The counters of one service; numbers only, never a word of a dialogue."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter("sumtune_requests", "Answered requests.", ("route", "status"), registry=self._registry)
        self.seconds = Histogram(
            "sumtune_request_seconds",
            "Seconds from a request's first byte to its answer's last.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self.waiting = Gauge("sumtune_queue_dialogues", "Dialogues that wait to be decoded.", registry=self._registry)
        self.batch = Histogram(
            "sumtune_batch_dialogues", "Dialogues decoded together.", buckets=DIALOGUES, registry=self._registry
        )
        self.tokens = Counter(
            "sumtune_tokens", "Tokens of dialogues read and summaries written.", ("direction",), registry=self._registry
        )

    def text(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self._registry)
