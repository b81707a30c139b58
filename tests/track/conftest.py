"""A place with data and a tiny model, in which runs are tracked."""

import shutil

import pytest
import small_runs
import tiny

from sumtune.track.choice import TRACKERS, Choice


@pytest.fixture(scope="package")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def place(tiny_models, cache, tmp_path, monkeypatch):
    """The current folder, with data and a model."""
    monkeypatch.setenv("SUMTUNE_CACHE", str(cache))
    monkeypatch.setenv("SUMTUNE_KERNELS", "0")  # nothing to compile
    monkeypatch.setattr("sumtune.commands.tracking.SHORTEST_WAIT_S", 60.0)  # importing a tracker takes a while
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_models["gemma"], small_runs.MODEL)
    tiny.write_jsonl(small_runs.DATA, 30)
    return tmp_path


@pytest.fixture
def stores(monkeypatch):
    """Stores of fake trackers by the name with which they can be chosen, beside the real ones."""
    fakes, make = {}, Choice.make
    monkeypatch.setattr("sumtune.track.choice.find_spec", lambda name: name)
    monkeypatch.setattr(Choice, "make", lambda self: fakes[self.name].make() if self.name in fakes else make(self))

    def add(name, store):
        fakes[name] = store
        monkeypatch.setitem(TRACKERS, name, ("", ""))
        return store

    return add
