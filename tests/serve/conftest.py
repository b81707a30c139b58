"""Fixtures of the service's tests."""

import asyncio
import ssl
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_read_once() -> Iterator[None]:
    """Let clients share a TLS context: each would read the certificates of all authorities, and none uses TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def _uvicorn_stops_at_once() -> Iterator[None]:
    """Let uvicorn look twenty times as often whether to stop; each of many services would take 0.2 s to do so."""
    import uvicorn.server

    quick = SimpleNamespace(**vars(asyncio) | {"sleep": lambda seconds: asyncio.sleep(seconds / 20)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", quick)
        yield
