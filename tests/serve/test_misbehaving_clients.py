"""Clients that disconnect, are slow, or send too much, over real sockets."""

import contextlib
import json
import threading
import time
from functools import partial

import httpx
import psutil
import pytest

from sumtune.serve.settings import ServeSettings

from .fakes import KEY, EchoSummarizer, wait_for
from .live_server import connect, request, running_service

SETTINGS = ServeSettings(workers=1, header_timeout_s=0.2, body_timeout_s=0.2, send_timeout_s=0.5)


@pytest.fixture(scope="module")
def service():
    summarizer = EchoSummarizer(pause_s=0.03)
    with running_service({"tuned": summarizer}, SETTINGS) as url:
        yield url, summarizer


@pytest.fixture
def url(service):
    return service[0]


@pytest.fixture
def slow(service):
    """The summarizer of the service, without earlier calls."""
    _, summarizer = service
    summarizer.calls.clear()
    summarizer.words = 0
    return summarizer


def read_all(connection):
    received = b""
    while block := connection.recv(65536):
        received += block
    return received


@pytest.mark.parametrize("stream", [False, True])
def test_a_disconnect_cancels_the_work(url, slow, stream):
    body = json.dumps({"dialogues": "word " * 45, "beams": 1, "stream": stream}).encode()
    with connect(url) as connection:
        connection.sendall(request(body))
        wait_for(lambda: slow.words > 2)
    # one batch at a time: this response means that the first request has ended
    assert httpx.post(f"{url}/summarize", json={"dialogues": "Ann: Hi", "beams": 1}).status_code == 200
    assert slow.words < 45


@pytest.mark.parametrize("start", [b"", b"POST /summ", b"POST /summarize HTTP/1.1\r\nHost: localhost\r\n"])
def test_incomplete_headers_close_the_connection_after_the_timeout(url, start):
    begun = time.monotonic()
    with connect(url) as connection:
        connection.sendall(start)
        with contextlib.suppress(ConnectionResetError):
            assert read_all(connection) == b""
    assert 0.15 < time.monotonic() - begun < 3


def test_the_header_timeout_holds_for_later_requests_on_a_connection(url):
    with connect(url) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        first = b""
        while not first.endswith(b"}"):
            first += connection.recv(65536)
        assert first.startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /hea")
        begun = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert read_all(connection) == b""
        assert time.monotonic() - begun < 3


def test_a_response_does_not_wait_for_a_delayed_acknowledgement(url):
    with httpx.Client() as client:
        took_s = []
        for _ in range(10):
            begun = time.perf_counter()
            client.get(f"{url}/health")
            took_s.append(time.perf_counter() - begun)
    assert min(took_s[1:]) < 0.025, "a delayed acknowledgement takes 40 ms"


def test_a_slow_body_is_refused(url, slow):
    with connect(url) as connection:
        connection.sendall(request(b'{"dialogues"', length=500))
        for _ in range(8):
            time.sleep(0.05)
            try:
                connection.sendall(b" ")
            except OSError:
                break
        assert b"408" in read_all(connection).split(b"\r\n")[0]
    assert slow.calls == []


def test_a_too_large_content_length_is_refused_before_the_body_arrives(url):
    with connect(url) as connection:
        connection.sendall(request(b"{", length=10_000_000))
        assert b"413" in read_all(connection).split(b"\r\n")[0]


def test_a_connection_stays_consistent_after_a_refused_key():
    settings = ServeSettings(api_keys=(KEY,), workers=1)
    body = {"dialogues": "Ann: Hi", "beams": 1}
    with running_service({"tuned": EchoSummarizer()}, settings) as url, httpx.Client() as client:
        for key, status in [("0123456789abcdef-wrong", 401), (KEY, 200)] * 3:
            padded = json.dumps(body).encode() + b" " * 300_000
            headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
            assert client.post(f"{url}/summarize", content=padded, headers=headers).status_code == status


def test_good_requests_succeed_beside_many_broken_clients():
    settings = ServeSettings(workers=1, header_timeout_s=1, body_timeout_s=1, send_timeout_s=1)
    body = json.dumps({"dialogues": "Ann: Hi", "beams": 1}).encode()
    aborted = json.dumps({"dialogues": "word " * 40, "stream": True}).encode()
    broken = [
        request(body)[:40],
        request(body, length=len(body) + 10),
        request(b"{" * 10_000_000),
        request(b'{"dialogues": '),
        request(aborted),
        b"\x16\x03\x01 not HTTP\r\n\r\n",
        request(body, path="/nothing"),
    ]

    def misbehave(url, content):
        with contextlib.suppress(OSError), connect(url) as connection:
            connection.sendall(content)
            time.sleep(0.2)

    with running_service({"tuned": EchoSummarizer(pause_s=0.002)}, settings) as url, httpx.Client() as client:
        post = partial(client.post, f"{url}/summarize", content=body, headers={"content-type": "application/json"})
        assert post().status_code == 200
        before = psutil.Process().num_fds()
        threads = [threading.Thread(target=misbehave, args=(url, broken[at % len(broken)])) for at in range(50)]
        for thread in threads:
            thread.start()
        statuses = [post().status_code for _ in range(30)]
        for thread in threads:
            thread.join(10)
        assert statuses == [200] * 30
        wait_for(lambda: psutil.Process().num_fds() <= before)
        metrics = client.get(f"{url}/metrics").text
    assert "sumtune_queue_dialogues 0.0" in metrics
    assert 'status="500"' not in metrics


def test_running_requests_finish_at_shutdown():
    answers = []
    summarizer = EchoSummarizer(pause_s=0.03)
    body = {"dialogues": "one two three four five six", "beams": 1}
    with running_service({"tuned": summarizer}) as url:
        thread = threading.Thread(target=lambda: answers.append(httpx.post(f"{url}/summarize", json=body)))
        thread.start()
        wait_for(lambda: summarizer.words > 0)
    thread.join(5)
    assert answers[0].status_code == 200
    assert answers[0].json()["summaries"][0]["summary"] == body["dialogues"]


def test_under_overload_every_request_gets_a_response_by_its_deadline():
    settings = ServeSettings(workers=1, max_queued_dialogues=8, max_batch_dialogues=4, deadline_s=0.5)
    outcomes = []

    def ask_often(url):
        with httpx.Client() as client:
            for _ in range(3):
                begun = time.monotonic()
                answer = client.post(f"{url}/summarize", json={"dialogues": "word " * 10, "beams": 1})
                outcomes.append((answer.status_code, time.monotonic() - begun, answer.headers.get("retry-after")))
                time.sleep(0.05)

    with running_service({"tuned": EchoSummarizer(pause_s=0.005)}, settings) as url:
        threads = [threading.Thread(target=ask_often, args=(url,)) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(outcomes) == 72
    statuses = [status for status, _, _ in outcomes]
    assert set(statuses) <= {200, 503, 504}
    assert statuses.count(200) > 5
    assert statuses.count(503) > 5
    assert all(retry for status, _, retry in outcomes if status == 503)
    assert max(seconds for _, seconds, _ in outcomes) < settings.deadline_s + 2.0
