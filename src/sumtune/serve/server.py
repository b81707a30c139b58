"""`sumtune serve`: listen, load the adapters, and serve until interrupted."""

import logging
import re
import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import uvicorn

from sumtune.errors import ConfigError
from sumtune.files.run_dir import RunDir
from sumtune.model.adapter_files import adapter_folder
from sumtune.serve.adapters import BASE, Loader
from sumtune.serve.api_keys import KEY_VARIABLE, MIN_KEY_LENGTH
from sumtune.serve.app import create_app
from sumtune.serve.http.api_key_auth import is_loopback
from sumtune.serve.http.connections import OVERSHOOT
from sumtune.serve.http.protocol import READ_BYTES, protocol_class
from sumtune.serve.loading import load_adapter, load_base
from sumtune.serve.settings import ServeSettings
from sumtune.serve.sockets import BACKLOG, bind_sockets, browser_url

__all__ = ["parse_adapters", "run", "uvicorn_config"]

RUN_NAME = "tuned"
"""Name of the adapter in the run folder."""
RESERVED_FILES = 64
"""Open files that are not connections, with some to spare."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def run(
    run_dir: RunDir,
    host: str,
    port: int,
    *,
    beams: int | None = None,
    adapters: Mapping[str, Path] | None = None,
    settings: ServeSettings | None = None,
) -> None:
    """Serve until interrupted, then let running requests finish.

    Raises:
        ConfigError: other machines can reach the address, and there is no API key.
        RunDirError: there is no adapter to serve.
        ModelError: an adapter cannot be loaded.
        SumtuneError: the address cannot be bound.
    """
    settings = settings or ServeSettings()
    _require_api_key(host, settings)
    folders = {name: adapter_folder(path) for name, path in _served_folders(run_dir, adapters or {}).items()}
    listeners = bind_sockets(host, port)
    failures: list[BaseException] = []

    def on_loaded(error: BaseException | None) -> None:
        if error is None:
            print(f"Ready: {', '.join(folders)}", flush=True)
        else:
            failures.append(error)
            server.should_exit = True

    loads: dict[str, Loader] = {name: partial(load_adapter, name, path, beams) for name, path in folders.items()}
    app = create_app(
        loads,
        load_adapter=partial(load_adapter, beams=beams),
        load_base=partial(load_base, next(iter(folders.values()))),
        settings=settings,
        run_dir=run_dir,
        on_loaded=on_loaded,
    )
    server = uvicorn.Server(uvicorn_config(app, settings))
    print(f"Serving at {browser_url(host, listeners[0].getsockname()[1])} (documentation at /docs)", flush=True)
    # uvicorn raises the stop signal again after the shutdown
    with _logging_to_standard_error(), suppress(KeyboardInterrupt):
        server.run(listeners)
    if failures:
        raise failures[0]


def uvicorn_config(app: object, settings: ServeSettings) -> uvicorn.Config:
    """Return the uvicorn configuration for `app`."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        loop="asyncio",
        http=protocol_class(replace(settings, max_connections=_connection_limit(settings.max_connections))),
        ws="none",
        h11_max_incomplete_event_size=READ_BYTES,
        backlog=BACKLOG,
        log_config=None,  # leave existing log handlers alone
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=int(settings.shutdown_s),
    )


def parse_adapters(texts: list[str]) -> dict[str, Path]:
    """Return folders by name from `name=folder` arguments.

    Raises:
        ConfigError: an argument has another form, or its name is invalid or taken.
    """
    adapters: dict[str, Path] = {}
    for text in texts:
        name, sign, folder = text.partition("=")
        if not sign or not folder:
            raise ConfigError(f"--adapter {text!r}: expected name=folder, for example short=runs/short.")
        if not NAME.fullmatch(name) or name in {BASE, RUN_NAME, *adapters}:
            raise ConfigError(
                f"--adapter {text!r}: the name must be unused, must not be `{BASE}` or `{RUN_NAME}`, "
                "and must consist of letters, digits, `.`, `_` and `-`."
            )
        adapters[name] = Path(folder)
    return adapters


def _connection_limit(connections: int) -> int:
    """Return `connections`, or fewer if the process may not open that many files."""
    most_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most_files == resource.RLIM_INFINITY:
        return connections
    return max(1, min(connections, int((most_files - BACKLOG - RESERVED_FILES) / (1 + OVERSHOOT))))


def _require_api_key(host: str, settings: ServeSettings) -> None:
    if not settings.api_keys and not is_loopback(host):
        raise ConfigError(
            f"Other machines can reach --host {host}: set {KEY_VARIABLE} to a secret of at least "
            f"{MIN_KEY_LENGTH} characters. Clients send it as `Authorization: Bearer <key>`."
        )


def _served_folders(run_dir: RunDir, adapters: Mapping[str, Path]) -> dict[str, Path]:
    """Return folders by name: the run folder first, unless it has no adapter and other adapters are given."""
    if adapters and not run_dir.adapter.exists():
        return dict(adapters)
    return {RUN_NAME: run_dir.require(run_dir.adapter, "run")} | dict(adapters)


@contextmanager
def _logging_to_standard_error() -> Iterator[None]:
    logger = logging.getLogger("sumtune")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
