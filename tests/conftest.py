"""Shared by all tests: no network, and a cache of their own."""

import gc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import tiny
import torch
from huggingface_hub import constants
from hypothesis import settings

from sumtune.config_resolution import resolve
from sumtune.data.example import Example, dump_jsonl
from sumtune.files.atomic import write_text
from sumtune.files.run_dir import RunDir
from sumtune.kernels.build import load_kernels
from sumtune.model import encode_stage as encode
from sumtune.train import session as training
from sumtune.train.session import Session

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
"""The same examples in every run; `--hypothesis-profile default` looks for new ones."""

SETTINGS = {
    "train.epochs": 3, "train.learning_rate": 1e-2, "train.validate_every_steps": 4, "train.validation_examples": 6,
    "train.micro_batch_tokens": 256, "model.max_source_tokens": 128, "model.max_target_tokens": 32,
    "model.precision": "fp32", "model.device": "cpu", "lora.rank": 4, "lora.dropout": 0.2,
}  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def _offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setenv("HF_HUB_OFFLINE", "1")  # in other processes
    patch.setattr(constants, "HF_HUB_OFFLINE", True)  # in this one, which may have read the variable before
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Products of tiny models are slower on many threads, much slower beside other work."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def _short_collections() -> None:
    """The garbage collector, which runs after each model, skips what was imported and made before this file."""
    gc.freeze()


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny random models by architecture: `gemma`, `llama`, `gpt2`, `t5`, `bart`."""
    root = tmp_path_factory.mktemp("models")
    return {name: tiny.save_model(name, root / name) for name in tiny.ARCHITECTURES}


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiled kernels; an empty one where there is no C compiler."""
    folder = tmp_path_factory.mktemp("compiled")
    load_kernels(folder)
    return folder


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: Path) -> Path:
    """A cache folder of this test alone, with nothing but the compiled kernels in it."""
    cache = tmp_path / "cache"
    copytree(compiled, cache / "kernels")
    monkeypatch.setenv("SUMTUNE_CACHE", str(cache))
    return cache


@pytest.fixture(scope="module")
def session_in(tiny_models: dict[str, Path]) -> Callable[..., Session]:
    """A session of a tiny model on 22 examples (6 optimizer steps an epoch) in `root / where`."""

    def make(root: Path, name: str, where: str = "run", changed: dict[str, Any] | None = None) -> Session:
        config = resolve(overrides=SETTINGS | {"model.name": str(tiny_models[name])} | (changed or {}))
        run_dir = RunDir(root / where)
        for split, numbers in (("train", range(22)), ("validation", range(50, 58))):
            examples = [Example(str(n), file="made up", row=n + 1, **tiny.conversation(n)) for n in numbers]
            write_text(run_dir.split(split), dump_jsonl(examples))
        encode.run(config, run_dir, partial(encode.make_encoder, config.model))
        return training.prepare(config, run_dir)

    return make
