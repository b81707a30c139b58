"""Fixtures of all tests: no network, a separate cache, tiny models."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Generator, Iterator
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest
import tiny
from _pytest.logging import LogCaptureHandler, caplog_handler_key, catching_logs
from hypothesis import settings

if TYPE_CHECKING:  # importing PyTorch takes seconds, and the process that hands out tests needs none
    from sumtune.kernels.build import Kernels
    from sumtune.train.session import Session

gc.disable()  # until all tests are collected: imports make many objects, and none of them is garbage

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("repeatable")
"""Hypothesis tries the same 40 examples in every run; with `--hypothesis-profile default` it tries 100 new ones."""

SETTINGS = {
    "train.epochs": 3, "train.learning_rate": 1e-2, "train.validate_every_steps": 4, "train.validation_examples": 6,
    "train.micro_batch_tokens": 512, "model.max_source_tokens": 128, "model.max_target_tokens": 32,
    "model.precision": "fp32", "model.device": "cpu", "lora.rank": 4, "lora.dropout": 0.2,
}  # fmt: skip


WHOLE_RUNS = ("tests/api/", "tests/commands/", "tests/export/", "tests/faults/", "tests/rank/")
"""Folders of tests that make whole runs of tiny models, so all of them are marked `e2e`."""
SLOW = (
    *("tests/e2e/test_embedded", "tests/api/", "tests/commands/", "tests/rank/", "tests/faults/", "tests/train/"),
    *("tests/export/", "tests/report/", "tests/decode/", "tests/diagnose/", "tests/test_documented_commands"),
)
"""Beginnings of the names of files that take longest, the slowest first. Exports come after all tests that send
signals: once OpenVINO has computed in a process, SIGINT and SIGTERM crash it under pytest."""
ONE_RUN = ("tests/api/", "tests/report/")
"""Folders whose files share a run; one process runs them all."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no file of whole runs where none is asked for."""
    whole_runs = {config.rootpath / folder for folder in WHOLE_RUNS}
    return True if "not e2e" in config.option.markexpr and collection_path in whole_runs else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole runs. Begin with the slow files, so that several processes end at about the same time."""
    for item in items:
        if item.nodeid.startswith(WHOLE_RUNS):
            item.add_marker(pytest.mark.e2e)
    items.sort(
        key=lambda item: next((rank for rank, start in enumerate(SLOW) if item.nodeid.startswith(start)), len(SLOW))
    )


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each file, or all files of a folder in `ONE_RUN`, to one process."""
    from xdist.scheduler import LoadFileScheduling

    class ByRun(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next(filter(nodeid.startswith, ONE_RUN), super()._split_scope(nodeid))

    return ByRun(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(10_000)  # models and sessions are many objects, and few of them are garbage
    gc.enable()


def pytest_sessionfinish() -> None:
    gc.freeze()  # pytest searches all objects for garbage at the end


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for doctests in `src` alone, because the search takes a while and there are none in `tests`."""
    return [one for one in (yield) if type(one) is pytest.Module]


def own_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("SUMTUNE_")}


@pytest.fixture(scope="session", autouse=True)
def _first_variables() -> dict[str, str]:
    return own_variables()


@pytest.fixture(scope="module", autouse=True)
def _no_variable_stays(_first_variables: dict[str, str]) -> Iterator[None]:
    """Fail if a test file, or a fixture of the session that it uses, leaves a setting for the files after it."""
    yield
    assert own_variables() == _first_variables


@pytest.fixture(scope="session", autouse=True)
def _offline() -> Iterator[None]:
    from huggingface_hub import constants

    patch = pytest.MonkeyPatch()
    patch.setenv("HF_HUB_OFFLINE", "1")  # in other processes
    patch.setattr(constants, "HF_HUB_OFFLINE", True)  # in this process, which may already have read the variable
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _no_wait_for_the_disk() -> Iterator[None]:
    """Let `os.fsync` check its argument only: no test cuts the power, and a disk takes milliseconds for each file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_command_line() -> Iterator[None]:
    """Let Typer build the command line once; it would do so for each command that a test runs."""
    import typer.testing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.testing._get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Use one thread: tiny models are slower on many threads, and much slower next to other work."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _no_product_is_timed() -> Iterator[None]:
    """Let bf16 be as fast as fp32, as `auto` sees it: timing takes a second, and its result depends on the machine."""
    from sumtune.model import precision

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precision, "_product_seconds", lambda *_: 1.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _each_model_is_read_once() -> Iterator[None]:
    """Let `load_base` copy a model that it has read before; transformers takes five times as long to read a tiny one.

    A folder of which any file has changed is another model; one that cannot be read is read again.
    """
    from sumtune.model import load

    read, models = load._read_model, {}

    def read_once(family: Any, folder: Path, dtype: Any, config: Any, options: dict[str, Any]) -> Any:
        stats = [(file.name, file.stat()) for file in sorted(folder.iterdir()) if file.is_file()]
        files = tuple((name, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for name, one in stats)
        key = family, dtype, str(folder), files  # a model knows its folder
        if options:  # 4-bit weights cannot be copied
            return read(family, folder, dtype, config, options)
        if key not in models:
            models[key] = read(family, folder, dtype, config, options)
        model, info = deepcopy(models[key])
        model.name_or_path = str(folder)  # the first folder may have been a link to this one
        return model, info

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "_read_model", read_once)
        yield


@pytest.fixture
def control_c() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt, also where the tests themselves run in the background, which ignores it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture
def caplog(request: pytest.FixtureRequest) -> Iterator[pytest.LogCaptureFixture]:
    """Return pytest's own fixture for tests that ask for it alone.

    pytest's plugin, which is off, prepares each of the 500 loggers of torch and transformers six times a test.
    """
    handler = LogCaptureHandler()
    request.node.stash[caplog_handler_key] = handler
    with catching_logs(handler):
        logged = pytest.LogCaptureFixture(request.node, _ispytest=True)
        yield logged
        logged._finalize()


@pytest.fixture(scope="module", autouse=True)
def _short_collections() -> None:
    """Make garbage collection after each model faster: exempt all objects created before this test file."""
    gc.freeze()


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return folders of tiny random models by architecture, such as `gemma` and `t5`."""
    root = tmp_path_factory.mktemp("models")
    folders = {name: tiny.save_model(name, root / name) for name in tiny.ARCHITECTURES}
    gc.freeze()  # importing transformers has made half a million objects
    return folders


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the compiled kernels alone; an empty one if there is no C compiler.

    They come from the user's cache, where the first process compiles them once for all processes and later sessions.
    """
    from sumtune.files.cache_dir import cache_dir
    from sumtune.kernels import build

    folder, cached = tmp_path_factory.mktemp("compiled"), cache_dir() / "kernels"
    if build.load_kernels(cached):
        library = next(filter(None, (entry.find() for entry in build._entries(cached))))
        copytree(library, folder / library.name)
    return folder


@pytest.fixture(scope="session")
def kernels(compiled: Path) -> Kernels:
    """Return the compiled kernels; skip the test if there is no C compiler."""
    from sumtune.kernels.build import load_kernels, why_no_kernels

    found = load_kernels(compiled)
    if found is None:
        reason = why_no_kernels(compiled) or ""
        (pytest.fail if "the C compiler fails" in reason else pytest.skip)(reason)
    return found


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: Path) -> Path:
    """Return a cache folder for this test alone, which contains only the compiled kernels."""
    return use_cache(tmp_path / "cache", monkeypatch, compiled)


@pytest.fixture(scope="module")
def module_cache(tmp_path_factory: pytest.TempPathFactory, compiled: Path) -> Iterator[Path]:
    """Return a cache folder for this test file alone, which at first contains only the compiled kernels."""
    with pytest.MonkeyPatch.context() as patch:
        yield use_cache(tmp_path_factory.mktemp("cache"), patch, compiled)


def use_cache(folder: Path, patch: pytest.MonkeyPatch, compiled: Path) -> Path:
    copytree(compiled, folder / "kernels")
    patch.setenv("SUMTUNE_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def session_in(tiny_models: dict[str, Path]) -> Callable[..., Session]:
    """Return a function that makes a session of a tiny model on 22 examples (6 steps per epoch) in `root / where`."""
    from sumtune.config_resolution import resolve
    from sumtune.data.example import Example, dump_jsonl
    from sumtune.files.atomic import write_text
    from sumtune.files.run_dir import RunDir
    from sumtune.model import encode_stage as encode
    from sumtune.train import session as training

    def make(root: Path, name: str, where: str = "run", changed: dict[str, Any] | None = None) -> Session:
        config = resolve(overrides=SETTINGS | {"model.name": str(tiny_models[name])} | (changed or {}))
        run_dir = RunDir(root / where)
        for split, numbers in (("train", range(22)), ("validation", range(50, 58))):
            examples = [Example(str(n), file="made up", row=n + 1, **tiny.conversation(n)) for n in numbers]
            write_text(run_dir.split(split), dump_jsonl(examples))
        encode.run(config, run_dir, partial(encode.make_encoder, config.model))
        return training.prepare(config, run_dir)

    return make
