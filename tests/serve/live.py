"""The service behind a real socket, in a thread of the tests."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn

from sumtune.serve.http.timeouts import impatient
from sumtune.serve.settings import ServeSettings

from .fakes import app_of, wait_for


@contextlib.contextmanager
def running(summarizers, settings=None, **options) -> Iterator[str]:
    """The address of a service of `summarizers`, ready; it is shut down gracefully at the end."""
    settings = settings or ServeSettings(workers=1)
    loaded = threading.Event()
    app = app_of(summarizers, settings=settings, on_loaded=lambda _error: loaded.set(), **options)
    with listening(app, settings) as url:
        assert loaded.wait(10)
        yield url


@contextlib.contextmanager
def listening(app, settings=None) -> Iterator[str]:
    """The address of an application that listens, loaded or not."""
    settings = settings or ServeSettings(workers=1)
    protocol = impatient(settings.header_timeout_s, settings.send_timeout_s)
    config = uvicorn.Config(app, log_level="warning", http=protocol, ws="none", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
