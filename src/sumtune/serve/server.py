"""`sumtune serve`: loads the tuned summarizer of a run folder and listens."""

import socket

import uvicorn

from sumtune.decode.build import load_tuned
from sumtune.errors import SumtuneError
from sumtune.run_dir import RunDir
from sumtune.serve.app import create_app

__all__ = ["run"]


def run(run_dir: RunDir, host: str, port: int, beams: int | None = None) -> None:
    """Serves until interrupted.

    Raises:
        RunDirError: the folder has no adapter yet.
        SumtuneError: the address cannot be listened on.
    """
    adapter = run_dir.require(run_dir.adapter, "run")
    listener = _listen(host, port)
    tuned = load_tuned(adapter, beams)
    app = create_app(
        tuned.summarizer,
        model=tuned.name,
        count_tokens=tuned.count_tokens,
        max_source_tokens=tuned.max_source_tokens,
    )
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0"} else host
    print(
        f"Serving {tuned.name} ({tuned.summarizer.engine}) at http://{shown}:{listener.getsockname()[1]}/docs",
        flush=True,
    )
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listener])


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket: a taken port is said before the model is loaded."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise SumtuneError(f"Cannot listen on {host}:{port} ({reason}): choose another --port.") from None
