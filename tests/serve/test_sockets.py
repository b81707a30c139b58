"""Listening sockets for IPv4, IPv6 and host names."""

import contextlib
import socket

import httpx
import pytest

from sumtune.errors import SumtuneError
from sumtune.serve.sockets import bind_sockets, browser_url

from .fakes import FirstWordSummarizer
from .live_server import running_service


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="needs IPv6 on the loopback device")


@contextlib.contextmanager
def listening(host, port=0):
    sockets = bind_sockets(host, port)
    with contextlib.ExitStack() as stack:
        for one in sockets:
            stack.enter_context(one)
        yield sockets[0].getsockname()[1]


def reaches(address, port):
    try:
        with socket.create_connection((address, port), 1):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("127.0.0.1", {"127.0.0.1"}),
        ("0.0.0.0", {"127.0.0.1"}),
        pytest.param("::1", {"::1"}, marks=needs_ipv6),
        pytest.param("[::1]", {"::1"}, marks=needs_ipv6),
        pytest.param("::", {"127.0.0.1", "::1"}, marks=needs_ipv6),
    ],
)
def test_ipv4_and_ipv6_addresses_can_be_bound(host, reached):
    with listening(host) as port:
        assert {address for address in ("127.0.0.1", "::1") if reaches(address, port)} == reached


def test_every_address_of_a_host_name_is_bound(monkeypatch):
    addresses = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0)),  # not an address of this machine
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: addresses)
    sockets = bind_sockets("name.example", 0)
    names = [one.getsockname() for one in sockets]
    for one in sockets:
        one.close()
    assert [address for address, _ in names] == ["127.0.0.1", "127.0.0.2"]
    assert len({port for _, port in names}) == 1


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://localhost:80/"),
        ("0.0.0.0", "http://localhost:80/"),
        ("::", "http://localhost:80/"),
        ("::1", "http://[::1]:80/"),
        ("[::1]", "http://[::1]:80/"),
        ("127.0.0.5", "http://127.0.0.5:80/"),
        ("2001:db8::1", "http://[2001:db8::1]:80/"),
        ("chats.example", "http://chats.example:80/"),
    ],
)
def test_the_shown_url_can_be_opened(host, shown):
    assert browser_url(host, 80) == shown


@pytest.mark.parametrize(
    ("host", "remedy"),
    [("192.0.2.1", "another --host"), ("2001:db8::1", "another --host"), ("no-such-name.invalid", "another --host")],
)
def test_an_address_of_another_machine_is_one_message(host, remedy):
    with pytest.raises(SumtuneError, match=remedy):
        bind_sockets(host, 0)


@pytest.mark.parametrize("host", ["x" * 300, "a..b", "\u0000"])
def test_an_invalid_host_name_is_one_message(host):
    with pytest.raises(SumtuneError, match="Cannot listen on"):
        bind_sockets(host, 0)


def test_a_taken_port_is_one_message():
    with listening("127.0.0.1") as port, pytest.raises(SumtuneError, match="another --port"):
        bind_sockets("127.0.0.1", port)


@needs_ipv6
def test_the_service_responds_over_ipv6():
    with running_service({"tuned": FirstWordSummarizer()}, host="::1") as url:
        assert url.startswith("http://[::1]:")
        assert httpx.get(f"{url}/health").status_code == 200
        assert httpx.post(f"{url}/summarize", json={"dialogues": "Ann: Hi"}).status_code == 200
