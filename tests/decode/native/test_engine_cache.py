"""A cached engine writes the same as a new one, and is made again if it cannot be used."""

import json
import subprocess
import sys
from contextlib import contextmanager
from itertools import pairwise
from shutil import copytree

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from sumtune.config import DecodeConfig
from sumtune.decode import build
from sumtune.decode.build import load_tuned


@pytest.fixture
def forbid_model_loading(monkeypatch):
    """A function that returns a context in which no model can be loaded."""

    @contextmanager
    def forbid():
        def refuse(*_arguments):
            raise AssertionError("the model was loaded")

        with monkeypatch.context() as patch:
            patch.setattr(build, "load_merged", refuse)
            yield

    return forbid


def int8(make, model, adapter=None, **options):
    return make(model, "native", adapter, **({"quantization": "int8"} | options))


@pytest.mark.parametrize(("name", "shortlist"), [("gemma", 50), ("llama", None)])
def test_a_cached_engine_writes_what_the_new_one_wrote(
    make, dialogues, sharp_models, save_lora, forbid_model_loading, name, shortlist
):
    adapter = save_lora(sharp_models[name], 0.2)
    new = [int8(make, name, adapter, shortlist=shortlist), int8(make, name, shortlist=shortlist)]
    expected = [[one.with_beams(beams).summarize(dialogues) for one in new] for beams in (1, 3)]
    assert all(tuned != base for tuned, base in expected), "the adapter must matter, or this test could not fail"
    with forbid_model_loading():
        cached = [int8(make, name, adapter, shortlist=shortlist), int8(make, name, shortlist=shortlist)]
    assert [[one.with_beams(beams).summarize(dialogues) for one in cached] for beams in (1, 3)] == expected
    assert [one.setup_s for one in cached] == [one.setup_s for one in new]
    assert all(one.setup_s > 0 for one in cached)


def test_an_engine_in_float32_is_not_cached(make, sharp_models, save_lora, tmp_path):
    make("llama", "native", save_lora(sharp_models["llama"], 0.2))
    assert not list(tmp_path.glob("*native*"))


def test_a_changed_adapter_has_an_engine_of_its_own_and_the_old_one_goes(
    make, dialogues, sharp_models, save_lora, tmp_path
):
    adapter, other = save_lora(sharp_models["llama"], 0.2), save_lora(sharp_models["llama"], 0.4)
    int8(make, "llama", copytree(other, tmp_path / "neighbour"))
    first = int8(make, "llama", adapter).summarize(dialogues)
    before = set(tmp_path.glob("[!.]*.native-*"))
    copytree(other, adapter, dirs_exist_ok=True)
    second = int8(make, "llama", adapter).summarize(dialogues)
    after = set(tmp_path.glob("[!.]*.native-*"))
    assert first != second
    assert len(before) == len(after) == 2
    assert len(before & after) == 1, "that of the neighbour stays"


def test_a_changed_base_model_is_seen(make, dialogues, sharp_models, tmp_path, change):
    folder = copytree(sharp_models["llama"], tmp_path / "model")
    before = int8(make, folder).summarize(dialogues)
    change(folder, lambda weights: {name: -weight for name, weight in weights.items()})
    assert int8(make, folder).summarize(dialogues) != before


def tensors_of(file):
    return {name: tensor.clone() for name, tensor in load_file(file).items()}


def with_tensors(change):
    def damage(file):
        with safe_open(file, "pt") as opened:
            about = opened.metadata()
        tensors = tensors_of(file)
        changed = tensors | change(tensors)
        save_file({name: tensor for name, tensor in changed.items() if tensor is not None}, file, metadata=about)

    return damage


FEATURES = (b'\\"features\\": 32', b'\\"features\\": 64')
DAMAGES = {
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "no safetensors": lambda file: file.write_bytes(b"x" * 10_000),
    "without its numbers": lambda file: save_file(tensors_of(file), file),
    "other numbers": lambda file: file.write_bytes(file.read_bytes().replace(*FEATURES)),
    "a tensor of another size": with_tensors(lambda _: {"layers.1.up.scales": torch.ones(1)}),
    "a smaller tensor": with_tensors(lambda all: {"layers.0.key.weight": all["layers.0.key.weight"][:-1].clone()}),
    "another type": with_tensors(lambda all: {"norm": all["norm"].to(torch.float64)}),
    "a missing tensor": with_tensors(lambda _: {"output.corrections": None, "output.scales": None}),
}


def test_a_damaged_engine_is_made_again(make, dialogues, sharp_models, save_lora, tmp_path, forbid_model_loading):
    adapter, dialogues = save_lora(sharp_models["llama"], 0.2), dialogues[:3]
    expected = int8(make, "llama", adapter).summarize(dialogues)
    (file,) = tmp_path.glob("*/engine.safetensors")
    for name, damage in DAMAGES.items():
        whole = file.read_bytes()
        damage(file)
        assert file.read_bytes() != whole, name
        assert int8(make, "llama", adapter).summarize(dialogues) == expected, name
        with forbid_model_loading():
            assert int8(make, "llama", adapter).summarize(dialogues) == expected, name


def test_if_nothing_can_be_written_nothing_is_cached(make, dialogues, sharp_models, save_lora, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    adapter = save_lora(sharp_models["llama"], 0.2)
    with monkeypatch.context() as patch:
        patch.setattr("sumtune.decode.native.engine_cache.save_file", full)
        written = int8(make, "llama", adapter).summarize(dialogues)
    assert [path.name for path in adapter.parent.glob("[!.]*")] == [adapter.name]
    assert int8(make, "llama", adapter).summarize(dialogues) == written


def test_runs_of_engines_leave_one_file(make, sharp_models, save_lora, tmp_path):
    adapter = save_lora(sharp_models["gemma"], 0.2)
    files = []
    for _ in range(3):
        int8(make, "gemma", adapter)
        files.append([(file.name, file.stat().st_mtime_ns) for file in tmp_path.glob("*/engine.safetensors")])
    assert all(one == other for one, other in pairwise(files))


@pytest.mark.e2e
def test_the_second_start_needs_no_transformers(sharp_models, save_lora):
    adapter = save_lora(sharp_models["llama"], 0.2)
    model = {"name": str(sharp_models["llama"]), "revision": None, "device": "cpu"}
    decode = DecodeConfig(beams=1).model_dump()
    (adapter / "sumtune.json").write_text(json.dumps({"model": model, "decode": decode}))
    code = (
        "import sys\nfrom pathlib import Path\nfrom sumtune.decode.build import load_tuned\n"
        f"print(load_tuned(Path({str(adapter)!r})).summarizer.engine, "
        "{'transformers', 'peft', 'ctranslate2'} & set(sys.modules) or 'light')"
    )
    load_tuned(adapter)
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert second.stdout.split() == ["native", "int8", "light"]
