"""Tables of a data set on the Hugging Face hub. No other module imports `datasets` or downloads data."""

import os
import socket
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from sumtune.data.arrow import arrow_table
from sumtune.data.split import split_name
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["hub_is_reachable", "read_hub"]


def read_hub(hub_id: str) -> list[Table]:
    """Return the splits of the data set `hub_id`, cached or downloaded. Never runs code from the data set.

    Raises:
        DataError: the package `datasets` is missing, the data set cannot be fetched, or its splits have unknown names.
    """
    fetched = _fetch(hub_id)
    by_split = {name: split_name(name) for name in fetched}
    if len(fetched) > 1 and not any(by_split.values()):
        raise DataError(
            f"The data set {hub_id!r} has the splits {', '.join(fetched)}, none of them train, validation or test; "
            "save the one you want as a file and pass it with --data."
        )
    if len(fetched) > 1:
        fetched = {name: data for name, data in fetched.items() if by_split[name]}
    return [
        arrow_table(f"{hub_id}#{name}", by_split[name], data.with_format("arrow")[:]) for name, data in fetched.items()
    ]


def _fetch(hub_id: str) -> dict[str, Any]:
    try:
        import datasets
    except ImportError:
        raise DataError(
            f"Reading the Hugging Face data set {hub_id!r} needs the package `datasets`: pip install 'sumtune[hub]'"
        ) from None
    if not hub_is_reachable():
        raise DataError(_not_fetched(hub_id, "this machine seems offline"))
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False  # no telemetry: loading is not reported to the hub
    try:
        return dict(datasets.load_dataset(hub_id))
    except Exception as error:  # many kinds, with the same remedy for the user
        offline = isinstance(error, ConnectionError | TimeoutError)
        reason = "this machine seems offline, or the hub does not answer" if offline else _first_line(error)
        raise DataError(_not_fetched(hub_id, reason)) from None


def _not_fetched(hub_id: str, reason: str) -> str:
    return (
        f"The Hugging Face data set {hub_id!r} could not be fetched: {reason}. "
        "Download it on another machine and pass the file or folder with --data; "
        "if it is in the local cache already, set HF_HUB_OFFLINE=1."
    )


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__


def hub_is_reachable() -> bool:
    """Return False if the hub's name does not resolve, because the hub's own client would retry for half a minute."""
    if os.environ.get("HF_HUB_OFFLINE") or getproxies().keys() & {"https", "all"}:
        return True
    host = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co")).hostname
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True
