"""Run the service on a real socket, in a thread, and send raw requests to it."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import uvicorn

from sumtune.serve.server import uvicorn_config
from sumtune.serve.settings import ServeSettings
from sumtune.serve.sockets import bind_sockets, browser_url

from .fakes import make_app, wait_for


@contextlib.contextmanager
def running_service(summarizers, settings=None, host="127.0.0.1", **options) -> Iterator[str]:
    """Yield the URL of a service with `summarizers` that is ready; shut it down gracefully at the end."""
    settings = settings or ServeSettings(workers=1)
    loaded = threading.Event()
    app = make_app(summarizers, settings=settings, on_loaded=lambda _error: loaded.set(), **options)
    with listening_server(app, settings, host) as url:
        assert loaded.wait(10)
        yield url


@contextlib.contextmanager
def listening_server(app, settings=None, host="127.0.0.1") -> Iterator[str]:
    """Yield the URL of an application that listens, ready or not."""
    settings = settings or ServeSettings(workers=1)
    server = uvicorn.Server(uvicorn_config(app, settings))
    listeners = bind_sockets(host, 0)
    url = browser_url(host, listeners[0].getsockname()[1]).rstrip("/")
    thread = threading.Thread(target=server.run, args=(listeners,), daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield url.replace("localhost", host)
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def connect(url):
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=5)


def request(body, path="/summarize", length=None):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return (head + f"Content-Length: {len(body) if length is None else length}\r\n\r\n").encode() + body
