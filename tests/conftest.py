"""Shared by all tests: no network, and a cache of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny
import torch


@pytest.fixture(scope="session", autouse=True)
def _offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_HUB_OFFLINE", "1")
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Products of tiny models are slower on many threads, much slower beside other work."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny random models by architecture: `gemma`, `llama`, `gpt2`, `t5`, `bart`."""
    root = tmp_path_factory.mktemp("models")
    return {name: tiny.save_model(name, root / name) for name in tiny.ARCHITECTURES}


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test alone."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("SUMTUNE_CACHE", str(cache))
    return cache
