"""A run of a tiny model, tuned and scored through the Python API."""

import csv
import shutil
from pathlib import Path

import pytest
from api_world import PAIRS, SETTINGS, World

import sumtune
from sumtune.train import session as training


@pytest.fixture(scope="session")
def finished(tiny_models: dict[str, Path], compiled: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    place = tmp_path_factory.mktemp("api")
    shutil.copytree(compiled, place / "cache" / "kernels")
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        go_to(place, tiny_models, patch)
        with Path("chats.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("dialogue", "summary"), *PAIRS])
        run = sumtune.tune(PAIRS, preset="fast", run_dir="runs/chats", settings=SETTINGS, progress=lines.append)
    return World(place, run, lines)


@pytest.fixture
def world(finished: World, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> World:
    """The run, with its place as the current folder. Tests leave it as it is."""
    go_to(finished.place, tiny_models, monkeypatch)
    return finished


@pytest.fixture
def own_world(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A copy of the run, which a test may change."""
    place = tmp_path / "copy"
    shutil.copytree(world.place, place, symlinks=True)
    monkeypatch.chdir(place)
    return World(place, world.run, world.lines)


def go_to(place: Path, models: dict[str, Path], patch: pytest.MonkeyPatch) -> None:
    patch.chdir(place)
    patch.setenv("SUMTUNE_CACHE", str(place / "cache"))
    patch.setattr("sumtune.model.gguf_convert.embedded_folder", lambda: models["t5"])
    patch.setattr(training, "load_kernels", lambda _folder: None)  # nothing to compile
