"""Connection limits: which connections are dropped, and which requests still get a response."""

import contextlib
import json
import resource
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from sumtune.serve.http.connections import GRACE_S, OVERSHOOT, ConnectionRegistry
from sumtune.serve.server import _connection_limit
from sumtune.serve.settings import ServeSettings

from ..fakes import EchoSummarizer, FirstWordSummarizer, wait_for
from ..live_server import running_service

LIMIT = 8
HALF_SENT = {
    "nothing": b"",
    "half a line": b"POST /summ",
    "half the headers": b"POST /summarize HTTP/1.1\r\nHost: localhost\r\n",
    "half the body": b"POST /summarize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 500\r\n\r\n{"dialogues"',
    "answered before": b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


def settings(**options):
    return ServeSettings(**({"workers": 1, "max_connections": LIMIT, "max_connections_per_client": LIMIT} | options))


@contextlib.contextmanager
def opened(url, count, content=b"", source="127.0.0.1"):
    """Yield connections from `source` that have sent `content`."""
    parts = urlsplit(url)
    with contextlib.ExitStack() as stack:
        made = []
        for _ in range(count):
            one = socket.create_connection((parts.hostname, parts.port), 5, (source, 0))
            made.append(stack.enter_context(one))
            with contextlib.suppress(OSError):
                one.sendall(content)
        yield made


def is_open(connection):
    """Return whether the connection is still open; pending responses are read."""
    connection.settimeout(0.01)
    try:
        while block := connection.recv(65536):
            assert block
        return False
    except TimeoutError:
        return True
    except ConnectionError:
        return False


LIMITS = {"of all": settings(max_connections_per_client=1000), "of one client": settings(max_connections=1000)}


@pytest.fixture(scope="module", params=LIMITS.values(), ids=LIMITS)
def limited(request):
    """URL of a service with a low connection limit, in total or per client."""
    with running_service({"tuned": FirstWordSummarizer()}, request.param) as url:
        yield url


@pytest.mark.parametrize("start", HALF_SENT.values(), ids=HALF_SENT)
def test_half_sent_requests_do_not_block_any_client(limited, start):
    with opened(limited, 5 * LIMIT, start) as connections:
        begun = time.monotonic()
        for path in ("/health", "/ready", "/v1/models"):
            assert httpx.get(f"{limited}{path}").status_code == 200
        assert httpx.post(f"{limited}/summarize", json={"dialogues": "Ann: Hi"}).status_code == 200
        assert time.monotonic() - begun < 5, "no waiting for a timeout of 10 s"
        assert sum(map(is_open, connections)) <= LIMIT * (1 + OVERSHOOT)


def test_the_client_with_most_connections_makes_room():
    with (
        running_service({"tuned": FirstWordSummarizer()}, settings(max_connections_per_client=1000)) as url,
        opened(url, 2, HALF_SENT["half the headers"], "127.0.0.2") as small,
        opened(url, 40, HALF_SENT["half the headers"], "127.0.0.3") as large,
    ):
        assert httpx.get(f"{url}/health").status_code == 200
        assert all(map(is_open, small))
        left = [is_open(one) for one in large]
        assert left == sorted(left), "the longest idle connections are dropped first"
        assert sum(left) <= LIMIT * (1 + OVERSHOOT)


class Parallel(EchoSummarizer):
    """Decode several batches at once."""

    copies = 8


@contextlib.contextmanager
def busy(url, summarizer, count):
    """Yield connections whose requests are running, while the gate of `summarizer` is closed."""
    body = json.dumps({"dialogues": "Ann: Hi", "beams": 1}).encode()
    head = "POST /summarize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    content = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    with contextlib.ExitStack() as stack:
        connections = []
        for number in range(1, count + 1):
            connections += stack.enter_context(opened(url, 1, content))
            wait_for(lambda number=number: len(summarizer.calls) == number)
        try:
            yield connections
        finally:
            summarizer.gate.set()


def test_when_all_connections_are_busy_health_responds_and_others_get_503():
    summarizer = Parallel()
    summarizer.gate.clear()
    few = settings(workers=4, max_batch_dialogues=1, max_connections=4)
    with running_service({"tuned": summarizer}, few) as url, busy(url, summarizer, 4) as connections:
        refused = httpx.get(f"{url}/v1/models")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.headers["connection"] == "close"
        assert refused.json()["error"]["type"] == "server_error"
        with opened(url, 20, HALF_SENT["half the headers"]):
            assert [httpx.get(f"{url}/health").status_code for _ in range(3)] == [200] * 3
        summarizer.gate.set()
        for one in connections:
            assert one.recv(65536).startswith(b"HTTP/1.1 200")
        wait_for(lambda: httpx.get(f"{url}/v1/models").status_code == 200)


def test_a_client_at_its_limit_is_refused_and_others_are_not():
    summarizer = Parallel()
    summarizer.gate.clear()
    other = httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2"))
    few = settings(workers=4, max_batch_dialogues=1, max_connections=100, max_connections_per_client=3)
    with other, running_service({"tuned": summarizer}, few) as url, busy(url, summarizer, 3):
        assert httpx.get(f"{url}/v1/models").status_code == 503
        assert httpx.get(f"{url}/health").status_code == 200
        assert other.get(f"{url}/v1/models").status_code == 200


class Waiting:
    """Fake connection, idle or busy."""

    def __init__(self, awaits_client=True):
        self.awaits_client = awaits_client
        self.dropped = False

    def drop(self):
        self.dropped = True


class Clock:
    """Fake clock, which advances with every call."""

    now = 0.0

    def __call__(self):
        self.now += 10 * GRACE_S
        return self.now


def test_addresses_in_one_ipv6_network_count_as_one_client():
    connections = ConnectionRegistry(max_total=100, max_per_client=2, clock=Clock())
    own = [Waiting() for _ in range(4)]
    for number, one in enumerate(own):
        assert connections.add(one, f"2001:db8:0:1::{number}")
    other = Waiting()
    assert connections.add(other, "2001:db8:0:2::1")
    assert [one.dropped for one in [*own, other]] == [True, True, False, False, False]


def test_a_response_restarts_the_idle_time_of_a_connection():
    connections = ConnectionRegistry(max_total=2, max_per_client=2, clock=Clock())
    first, second, third = Waiting(), Waiting(), Waiting()
    for one in (first, second):
        connections.add(one, "192.0.2.1")
    connections.mark_idle(first)
    connections.add(third, "192.0.2.1")
    assert (first.dropped, second.dropped) == (False, True)


def test_a_burst_of_connections_gets_a_grace_period():
    now = [0.0]
    connections = ConnectionRegistry(max_total=100, max_per_client=8, clock=lambda: now[0])
    burst = [Waiting() for _ in range(10)]
    assert all(connections.add(one, "192.0.2.1") for one in burst)
    assert not any(one.dropped for one in burst)
    now[0] = GRACE_S * 2
    connections.add(Waiting(), "192.0.2.1")
    assert [one.dropped for one in burst] == [True] * 3 + [False] * 7
    now[0] += GRACE_S / 2
    flood = [Waiting() for _ in range(100)]
    assert all(connections.add(one, "192.0.2.1") for one in flood)
    assert sum(one.dropped for one in [*burst, *flood]) >= 100, "a flood has no grace period"


def test_connections_are_counted_until_they_end():
    connections = ConnectionRegistry(max_total=2, max_per_client=2)
    busy = [Waiting(awaits_client=False) for _ in range(2)]
    assert [connections.add(one, "192.0.2.1") for one in busy] == [True, True]
    assert not connections.add(Waiting(awaits_client=False), "192.0.2.1")
    assert not connections.add(Waiting(awaits_client=False), "192.0.2.2")
    for one in [*busy, *busy]:
        connections.remove(one)
    connections.mark_idle(busy[0])
    assert len(connections) == 2


@pytest.mark.parametrize(("files", "connections"), [(1024, 512), (256, 51), (100, 1), (resource.RLIM_INFINITY, 512)])
def test_the_connection_limit_respects_the_open_file_limit(monkeypatch, files, connections):
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (files, files))
    assert _connection_limit(512) == connections
