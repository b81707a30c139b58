"""Engines on disk: the first process makes one, a damaged one is never used, and the log names the engine."""

import json
import logging
import os
import threading
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from sumtune.decode import build
from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import _load, load_kernels
from sumtune.model.merge import load_merged

ENGINES = ("native", "ctranslate2")


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def make_newer(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))


@pytest.mark.parametrize(
    ("engine", "damages"),
    [
        ("native", {"engine.safetensors": flip, "manifest.json": make_newer}),
        ("native", {"tokenizer.json": cut, "facts.json": empty}),
        ("ctranslate2", {"model.bin": cut, "vocabulary.json": Path.unlink}),
    ],
)
def test_whatever_is_damaged_the_summaries_stay_the_same(
    make, dialogues, sharp_models, save_lora, tmp_path, engine, damages
):
    """A sample of what `benchmarks/fuzz_cache.py` does."""
    adapter = save_lora(sharp_models["llama"], 0.2)

    def write():
        return make("llama", engine, adapter, quantization="int8").summarize(dialogues)

    expected = write()
    for name, damage in damages.items():
        folders = [*tmp_path.glob(f"[!.]*.{engine}-*"), *cache_dir().glob("tokenizers/[!.]*")]
        damaged = [file for folder in folders if (file := folder / name).exists()]
        assert damaged
        for file in damaged:
            damage(file)
        assert write() == expected
        assert write() == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_of_several_that_start_at_once_one_makes_the_engine(
    make, dialogues, sharp_models, save_lora, monkeypatch, engine
):
    adapter = save_lora(sharp_models["llama"], 0.2)
    made, found = [], []

    for module in ("sumtune.decode.build", "sumtune.decode.ctranslate2.convert"):
        monkeypatch.setattr(f"{module}.load_merged", lambda *arguments: made.append(1) or load_merged(*arguments))

    def start():
        found.append(make("llama", engine, adapter, quantization="int8").summarize(dialogues[:2]))

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(found) == 3
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_belongs_to_its_base_model(make, dialogues, sharp_models, save_lora, tmp_path, change, engine):
    """The folder of the adapter already holds an engine of another base model."""
    folder = Path(copytree(sharp_models["llama"], tmp_path / "model"))
    adapter = save_lora(folder, 0.2)
    before = make(folder, engine, adapter, quantization="int8").summarize(dialogues)
    change(folder, lambda weights: {name: -weight for name, weight in weights.items()})
    assert make(folder, engine, adapter, quantization="int8").summarize(dialogues) != before


@pytest.mark.parametrize("engine", ENGINES)
def test_those_who_may_read_the_adapter_may_read_the_engine(make, sharp_models, save_lora, tmp_path, engine):
    make("llama", engine, save_lora(sharp_models["llama"], 0.2), quantization="int8")
    (folder,) = tmp_path.glob(f"[!.]*.{engine}-*")
    (tmp_path / "mine").write_text("")
    expected = (tmp_path / "mine").stat().st_mode & 0o777
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {expected}


@pytest.fixture
def _no_compiler(monkeypatch, tmp_path):
    """A process that has not loaded kernels yet, on a machine without a compiler."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    _load.cache_clear()
    build._log_once.cache_clear()
    yield
    _load.cache_clear()


@pytest.fixture
def _compiled():
    assert load_kernels(cache_dir() / "kernels")


@pytest.mark.usefixtures("_compiled", "_no_compiler")
def test_without_a_compiler_the_library_in_the_cache_is_used(make, caplog):
    caplog.set_level(logging.INFO)
    assert make("llama", "auto", quantization="int8").engine == "native int8"
    assert caplog.messages[-1].endswith("generates with native int8")


@pytest.mark.usefixtures("_no_compiler")
def test_why_it_is_not_the_native_engine_is_told_once(make, caplog, own_cache):
    rmtree(own_cache / "kernels")
    for _ in range(2):
        assert make("llama", "auto", quantization="int8").engine == "ctranslate2 int8"
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert warnings[0].startswith("The native engine cannot be used: there is no C compiler (cc, gcc, clang)")
    with pytest.raises(build.UnsupportedError, match="no C compiler"):
        make("llama", "native", quantization="int8")
