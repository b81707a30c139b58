"""`sumtune serve`: listens, loads the adapters, and serves until it is told to stop."""

import logging
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import uvicorn

from sumtune.errors import ConfigError, SumtuneError
from sumtune.files.run_dir import RunDir
from sumtune.serve.adapters import BASE, Load
from sumtune.serve.app import create_app
from sumtune.serve.http.access import is_loopback
from sumtune.serve.http.timeouts import impatient
from sumtune.serve.loading import adapter_folder, load_adapter, load_base
from sumtune.serve.settings import ServeSettings

__all__ = ["KEY_VARIABLE", "keys_from", "parse_adapters", "run"]

KEY_VARIABLE = "SUMTUNE_API_KEY"
MIN_KEY_LENGTH = 16
RUN_NAME = "tuned"
"""Name of the run folder's own adapter."""
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
    """Serves until interrupted; then what runs is finished.

    Raises:
        ConfigError: the address can be reached from elsewhere and there is no API key.
        RunDirError: there is no adapter to serve.
        ModelError: an adapter cannot be loaded.
        SumtuneError: the address cannot be listened on.
    """
    settings = settings or ServeSettings()
    _require_key_for(host, settings)
    chosen = _chosen(run_dir, adapters or {})
    folders = {name: adapter_folder(folder) for name, folder in chosen.items()}
    listener = _listen(host, port)
    failures: list[BaseException] = []

    def on_loaded(error: BaseException | None) -> None:
        if error is None:
            print(f"Ready: {', '.join(folders)}", flush=True)
        else:
            failures.append(error)
            server.should_exit = True

    loads: dict[str, Load] = {name: partial(load_adapter, name, path, beams) for name, path in folders.items()}
    app = create_app(
        loads,
        load_adapter=partial(load_adapter, beams=beams),
        load_base=partial(load_base, next(iter(folders.values()))),
        settings=settings,
        run_dir=run_dir,
        on_loaded=on_loaded,
    )
    server = uvicorn.Server(_uvicorn_config(app, settings))
    shown = "localhost" if is_loopback(host) or host == "0.0.0.0" else host
    print(f"Serving at http://{shown}:{listener.getsockname()[1]}/ (documentation at /docs)", flush=True)
    # uvicorn raises the signal that stopped it once more, when everything is finished
    with _logging_to_standard_error(), suppress(KeyboardInterrupt):
        server.run([listener])
    if failures:
        raise failures[0]


def keys_from(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The API keys of the environment: one, or several with commas between.

    Raises:
        ConfigError: a key is so short that it could be guessed.
    """
    keys = tuple(key.strip() for key in environment.get(KEY_VARIABLE, "").split(",") if key.strip())
    if any(len(key) < MIN_KEY_LENGTH for key in keys):
        raise ConfigError(f"{KEY_VARIABLE}: a key needs at least {MIN_KEY_LENGTH} characters; `openssl rand -hex 24`.")
    return keys


def parse_adapters(texts: list[str]) -> dict[str, Path]:
    """Folders by name, from `name=folder` texts.

    Raises:
        ConfigError: a text is of another form, or a name is not one.
    """
    adapters: dict[str, Path] = {}
    for text in texts:
        name, sign, folder = text.partition("=")
        if not sign or not folder:
            raise ConfigError(f"--adapter {text!r}: expected name=folder, for example short=runs/short.")
        if not NAME.fullmatch(name) or name in {BASE, RUN_NAME, *adapters}:
            raise ConfigError(
                f"--adapter {text!r}: the name must be new, not `{BASE}` or `{RUN_NAME}`, "
                "and of letters, digits, `.`, `_` and `-`."
            )
        adapters[name] = Path(folder)
    return adapters


def _require_key_for(host: str, settings: ServeSettings) -> None:
    if not settings.keys and not is_loopback(host):
        raise ConfigError(
            f"--host {host} can be reached from other machines: set {KEY_VARIABLE} to a secret of at least "
            f"{MIN_KEY_LENGTH} characters, which clients then send as `Authorization: Bearer <key>`."
        )


def _chosen(run_dir: RunDir, adapters: Mapping[str, Path]) -> dict[str, Path]:
    """What is served, by name: the run folder's own adapter first, unless it has none and others are given."""
    if adapters and not run_dir.adapter.exists():
        return dict(adapters)
    return {RUN_NAME: run_dir.require(run_dir.adapter, "run")} | dict(adapters)


def _uvicorn_config(app: object, settings: ServeSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        http=impatient(settings.header_timeout_s, settings.send_timeout_s),
        limit_concurrency=settings.connections,
        timeout_graceful_shutdown=int(settings.shutdown_s),
        server_header=False,
        ws="none",
    )


@contextmanager
def _logging_to_standard_error() -> Iterator[None]:
    logger = logging.getLogger("sumtune.serve")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket: a taken port is said before the model is loaded."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise SumtuneError(f"Cannot listen on {host}:{port} ({reason}): choose another --port.") from None
