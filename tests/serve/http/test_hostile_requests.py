"""Expensive requests: each is refused quickly, with a short response."""

import contextlib
import json
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from sumtune.serve.http.error_responses import MAX_LISTED_PROBLEMS
from sumtune.serve.request_body import MAX_ECHO_CHARACTERS, MAX_PROBLEMS

from ..fakes import ADMIN, FirstWordSummarizer, admin_settings, bearer, make_client
from ..live_server import running_service

MAX_CPU_S = 0.6
"""Most CPU seconds per request, including the test itself. Without limits the worst request took 3 s."""
KEYS = {f"key{number}": 0 for number in range(70_000)}
WRONG_PARTS = [{"type": "x"}] * 900


def said(content, times):
    """Return a chat with the same message many times."""
    return {"model": "tuned", "messages": [{"role": "user", "content": content}] * times}


SUMMARIZE = {
    "unknown keys": KEYS,
    "a long key": {"k" * 900_000: 0},
    "wrong dialogues": {"dialogues": [0] * 300_000},
    "lists": {"dialogues": [[]] * 49_000},
    "objects": {"dialogues": [{}] * 49_000},
    "turns": {"dialogues": [[{"speaker": "a", "word": "b"}] * 600] * 50},
    "a long name": {"dialogues": "a", "adapter": "x" * 900_000},
    "long numbers": {"dialogues": [10**4000] * 200},
    "escapes": {"dialogues": "é" * 300_000 + "a" * 300_000},
}
CHAT = {
    "unknown keys": {"model": "tuned", "messages": [{"role": "user", "content": "a"}]} | KEYS,
    "unknown keys of a message": {"model": "tuned", "messages": [{"role": "user", "content": "a"} | KEYS]},
    "wrong messages": {"model": "tuned", "messages": [0] * 300_000},
    "wrong parts": said(WRONG_PARTS, 50),
    "wrong fields": {"model": "tuned", "messages": [{"role": "user", "content": "a", "k" * 900: 1}] * 900},
    "empty parts": said([{"type": "text", "text": ""}] * 990, 28),
    "a long model": {"model": "x" * 900_000, "messages": []},
    "many requests": said("Summarize. " * 800, 100),
    "sums": said("sum " * 24_000, 9),
    "spaces": said("Summarize: <a>" + " " * 98_000, 9),
    "fences": said("Summarize:\n" + "`\n" * 35_000 + "a " * 99, 9),
    "labels": said("Summarize:\n" + "*" * 98_000 + " a" * 99, 9),
}  # fmt: skip
BODIES = {f"{path}: {name}": (path, body) for path, bodies in
          (("/summarize", SUMMARIZE), ("/v1/chat/completions", CHAT), ("/adapters", {"unknown keys": KEYS}))
          for name, body in bodies.items()}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    settings = admin_settings(tmp_path_factory.mktemp("adapters"), requests_per_minute=100_000)
    with make_client({"tuned": FirstWordSummarizer()}, settings=settings) as client:
        client.headers.update(bearer(ADMIN) | {"content-type": "application/json"})
        yield client


@pytest.mark.parametrize(("path", "body"), BODIES.values(), ids=BODIES)
def test_an_expensive_body_is_refused_quickly_and_briefly(client, path, body):
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(content) <= 1_000_000
    begun = time.process_time()
    answer = client.post(path, content=content)
    assert time.process_time() - begun < MAX_CPU_S
    assert answer.status_code == 422
    assert len(answer.text) < 1500


@pytest.mark.parametrize("content", ["[" * 900_000, '{"dialogues":' * 70_000, "[" * 49_000, "1" * 900_000])
def test_an_unparsable_body_is_refused_quickly(client, content):
    begun = time.process_time()
    answer = client.post("/summarize", content=content)
    assert time.process_time() - begun < MAX_CPU_S
    assert answer.status_code in (400, 422)
    assert len(answer.text) < 200


def test_an_error_response_lists_the_first_problems_and_their_number(client):
    names = [f"key{number:02}" for number in range(30)]
    detail = client.post("/summarize", json={"dialogues": "Ann: Hi"} | dict.fromkeys(names, 0)).json()["detail"]
    assert [name in detail for name in names] == [True] * MAX_LISTED_PROBLEMS + [False] * (30 - MAX_LISTED_PROBLEMS)
    assert detail.endswith(f"and {30 - MAX_LISTED_PROBLEMS} more")
    too_many = client.post("/summarize", json=dict.fromkeys(range(MAX_PROBLEMS + 1), 0)).json()["detail"]
    assert too_many == f"body: The body has {MAX_PROBLEMS + 1} fields"


def test_long_names_are_cut(client):
    detail = client.post("/summarize", json={"dialogues": "Ann: Hi", "k" * 1000: 0}).json()["detail"]
    assert f"{'k' * MAX_ECHO_CHARACTERS}…" in detail
    assert "k" * (MAX_ECHO_CHARACTERS + 1) not in detail


HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = (
    b"POST /summarize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
)
WIRE = {
    "a long query": b"GET /health?" + b"a&" * 30_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "many headers": HEAD + b"a:b\r\n" * 50_000 + b"\r\n",
    "a header many times": HEAD + b"content-length: 0\r\n" * 9_000 + b"\r\n",
    "many headers after a request": HEAD + b"\r\n" + HEAD + b"a:b\r\n" * 50_000 + b"\r\n",
    "a long extension of a chunk": CHUNKED + b"\r\n1;" + b"a" * 900_000 + b"\r\n \r\n0\r\n\r\n",
    "empty lines": b"\r\n" * 100_000,
}


@pytest.fixture(scope="module")
def url():
    with running_service({"tuned": FirstWordSummarizer()}) as url:
        yield url


@pytest.mark.parametrize("content", WIRE.values(), ids=WIRE)
def test_too_many_headers_close_the_connection(url, content):
    parts = urlsplit(url)
    begun = time.process_time()
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        received = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(content)
            while block := connection.recv(65536):
                received += block
    assert received.rpartition(b"HTTP/1.1 ")[2][:3] in (b"400", b"")
    assert httpx.get(f"{url}/health").status_code == 200
    assert time.process_time() - begun < MAX_CPU_S


def test_many_small_chunks_do_not_block_other_requests(url):
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection, httpx.Client() as other:
        other.get(f"{url}/health")
        connection.sendall(CHUNKED + b"\r\n" + b"1\r\n \r\n" * 40_000)
        begun = time.perf_counter()
        assert other.get(f"{url}/health").status_code == 200
        waited_s = time.perf_counter() - begun
        connection.sendall(b"1\r\n \r\n" * 40_000 + b"0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 422")
        total_s = time.perf_counter() - begun
    assert waited_s < total_s / 4, "the other request gets its response in between"
