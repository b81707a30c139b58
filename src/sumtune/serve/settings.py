"""Settings of the service, each with its unit."""

import os
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ServeSettings"]


@dataclass(frozen=True)
class ServeSettings:
    """Keys, limits and timeouts of the service."""

    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """API keys. Without one, anybody who reaches the address may send requests."""
    admin_key: str | None = field(default=None, repr=False)
    """Key that may load and unload adapters at run time; None disables this."""
    adapter_root: Path | None = None
    """Folder from which adapters may be loaded at run time."""
    deadline_s: float = 60.0
    """Default deadline of a request in seconds, and the longest deadline a request may set."""
    max_queued_dialogues: int = 256
    """Most dialogues, and parts of long dialogues, in the queue; more are refused."""
    batch_wait_s: float = 0.008
    """Seconds to wait for another dialogue before a batch starts."""
    max_batch_tokens: int = 8192
    """Most dialogue tokens per batch."""
    max_long_batch_tokens: int = 1024
    """Most dialogue tokens per batch of long jobs, which a short dialogue may have to wait for."""
    max_batch_dialogues: int = 32
    """Most dialogues per batch."""
    workers: int = os.cpu_count() or 1
    """Batches decoded at the same time, if the summarizer supports it."""
    requests_per_minute: int = 600
    """Requests per minute and API key; a quarter of them may arrive at once. No limit without API keys."""
    max_body_bytes: int = 1_000_000
    """Largest request body in bytes."""
    body_timeout_s: float = 10.0
    """Seconds a client has to send the request body."""
    header_timeout_s: float = 10.0
    """Seconds a client has to send the request headers."""
    send_timeout_s: float = 30.0
    """Seconds a client may leave a part of the response unread."""
    shutdown_s: float = 30.0
    """Seconds that running requests have to finish at shutdown."""
    max_connections: int = 512
    """Most connections at once."""
    max_connections_per_client: int = 256
    """Most connections at once from one IPv4 address or one IPv6 /64 network."""

    @property
    def max_parts(self) -> int:
        """Most parts of long dialogues in the queue, and in a request. Half of the queue is for short dialogues."""
        return self.max_queued_dialogues // 2
