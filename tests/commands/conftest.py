"""Copies of finished and interrupted runs, to go to and do something with."""

import shutil

import pytest
import small_runs


@pytest.fixture(scope="session")
def places(tiny_models, tmp_path_factory):
    """Folders with data, a model and a run that is `finished`, was `interrupted`, or is not there yet (`new`)."""
    root = tmp_path_factory.mktemp("places")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMTUNE_CACHE", str(root / "cache"))
        patch.setenv("SUMTUNE_KERNELS", "0")  # nothing to compile
        return small_runs.make_places(root, tiny_models["t5"])


@pytest.fixture
def go_to(places, tmp_path, monkeypatch):
    """Goes to a copy of one of them."""

    def go(name):
        monkeypatch.setenv("SUMTUNE_CACHE", str(places / "cache"))
        monkeypatch.setenv("SUMTUNE_KERNELS", "0")
        monkeypatch.chdir(shutil.copytree(places / name, tmp_path / name))

    return go
