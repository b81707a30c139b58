"""Finished runs of tiny models of several families, each in a folder of its own."""

from pathlib import Path

import pytest
import small_runs
import tiny

from sumtune.files.run_dir import RunDir


@pytest.fixture(scope="session")
def export_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", autouse=True)
def _own_cache(export_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMTUNE_CACHE", str(export_cache))
        patch.setenv("SUMTUNE_KERNELS", "0")  # nothing to compile
        yield


@pytest.fixture(scope="session")
def export_runs(tiny_models, tmp_path_factory):
    """Returns the run of the tiny model with a name such as `gemma`, trained when it is first asked for."""
    made = {}

    def run_of(name):
        if name not in made:
            root = tmp_path_factory.mktemp(name)
            data = tiny.write_jsonl(root / "chats.jsonl", 30)
            made[name] = RunDir(root / "run")
            config = small_runs.config(data__path=str(data), model__name=str(tiny_models[name]))
            small_runs.pipeline.train(config, made[name], small_runs.console())
        return made[name]

    return run_of


@pytest.fixture
def output(tmp_path) -> Path:
    """The folder of an export, which is not there yet."""
    return tmp_path / "exports" / "chats"
