"""Every setting of the service once, with its unit."""

import os
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ServeSettings"]


@dataclass(frozen=True)
class ServeSettings:
    """How much the service takes on, and how long it waits."""

    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """API keys; without one everybody who reaches the address may ask."""
    admin_key: str | None = field(default=None, repr=False)
    """The key with which adapters are loaded and unloaded at run time; None is nobody."""
    adapter_root: Path | None = None
    """Folder that adapters may be loaded from at run time."""
    deadline_s: float = 60.0
    """Seconds after which a request is given up, and the longest deadline a request may ask for."""
    max_queued_dialogues: int = 256
    """Most dialogues that wait; more are refused."""
    batch_wait_s: float = 0.008
    """Seconds without another dialogue after which a batch begins."""
    max_batch_tokens: int = 8192
    """Most tokens of dialogues that are decoded together."""
    max_batch_dialogues: int = 32
    """Most dialogues that are decoded together."""
    workers: int = os.cpu_count() or 1
    """Batches that are decoded at the same time, by summarizers that can."""
    requests_per_minute: int = 600
    """Requests of one key; a quarter of them may come at once. Without keys there is no such limit."""
    max_body_bytes: int = 1_000_000
    """Largest request."""
    body_timeout_s: float = 10.0
    """Seconds in which a request's body must have arrived."""
    header_timeout_s: float = 10.0
    """Seconds in which a request's first lines must have arrived."""
    send_timeout_s: float = 30.0
    """Seconds that a client may leave a piece of an answer unread."""
    shutdown_s: float = 30.0
    """Seconds in which running requests are finished when the service is told to stop."""
    max_connections: int = 512
    """Most connections at once."""
    max_connections_per_client: int = 256
    """Most connections at once from one address: of IPv4 the whole, of IPv6 the first 64 bits."""
