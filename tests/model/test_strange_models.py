"""Unusual and hostile model folders: the result is a model or one message."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from strange import changed

from sumtune.errors import ModelError
from sumtune.model import locate as locating
from sumtune.model.load import load_base, load_config, position_limits
from sumtune.model.locate import locate
from sumtune.model.tokenizer import load_encoder
from sumtune.text.prompt import Prompt

PROMPT = Prompt("Read: ", "\nShort:", " ", max_source_tokens=100, max_target_tokens=8)
METHODS = {
    "GPTQ": {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128}},
    "AWQ": {"quantization_config": {"quant_method": "awq", "bits": 4, "version": "gemm"}},
    "bitsandbytes": {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}},
    "fp8": {"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}},
    "compressed tensors": {"compression_config": {"format": "pack-quantized", "config_groups": {}}},
    "MLX": {"quantization": {"group_size": 64, "bits": 4}},
}


@pytest.fixture
def folder(tiny_models: dict[str, Path], tmp_path: Path, own_cache: Path) -> Path:
    return copytree(tiny_models["llama"], tmp_path / "model")


def reconfigure(folder: Path, changes: dict[str, Any]) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_missing_tensor_is_named(folder: Path) -> None:
    """Otherwise transformers would use random weights."""
    tensors = load_file(folder / "model.safetensors")
    name = "model.layers.1.mlp.up_proj.weight"
    del tensors[name]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=rf"lack 1 tensors, for example {name}"):
        load_base(folder, torch.float32)


@pytest.mark.parametrize("changes", METHODS.values(), ids=METHODS)
def test_a_quantized_model_is_refused_before_its_weights_are_read(folder: Path, changes: dict[str, Any]) -> None:
    reconfigure(folder, changes)
    (folder / "model.safetensors").write_bytes(b"not read")
    with pytest.raises(ModelError, match="quantized") as refused:
        locate(str(folder))
    assert str(next(iter(changes.values())).get("quant_method", "")) in str(refused.value)


def test_a_quantized_model_of_the_hub_is_refused_before_it_is_fetched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetch_one(name: str, file: str, revision: str | None) -> str:
        asked.append((name, file, revision))
        return str(folder / file)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch_one)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_a, **_k: str(folder))
    assert locate("someone/model", "v1").folder == folder
    reconfigure(folder, METHODS["GPTQ"])
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_a, **_k: pytest.fail("it was fetched"))
    with pytest.raises(ModelError, match=r"someone/model are quantized \(gptq\)"):
        locate("someone/model", "v1")
    assert set(asked) == {("someone/model", "config.json", "v1")}


@pytest.mark.parametrize("changes", [{"quantization_config": None}, {"quantization": {}}])
def test_an_empty_entry_quantizes_nothing(folder: Path, changes: dict[str, Any]) -> None:
    reconfigure(folder, changes)
    assert locate(str(folder)).folder == folder


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 10**5])
def test_an_invalid_configuration_is_one_message(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match="Cannot read the configuration"):
        locate(str(folder))


def test_a_configuration_too_large_to_be_one_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locating, "MAX_CONFIG_BYTES", 1 << 10)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "padding": "x" * 2048}))
    with pytest.raises(ModelError, match="larger than"):
        locate(str(folder))


@pytest.mark.parametrize(
    "name", ["\0", "a" * 5000, "a/\0", "\ud800", "a\0.gguf", "/etc/passwd/model", "b" * 300 + ".gguf"]
)
def test_an_impossible_file_name_is_a_missing_model(name: str) -> None:
    with pytest.raises(ModelError, match=r"There is no (model|file)"):
        locate(name)


fuzzed = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_with(folder: Path, name: str, data: st.DataObject, read: Callable[[], object]) -> None:
    """Read `folder` with a changed file `name`, then restore the file."""
    whole = (folder / name).read_bytes()
    (folder / name).write_text(json.dumps(data.draw(changed(json.loads(whole)))), encoding="utf-8")
    try:
        with suppress(ModelError):
            read()
    finally:
        (folder / name).write_bytes(whole)


@fuzzed
@given(data=st.data())
def test_any_json_as_configuration_is_read_or_gives_one_message(folder: Path, data: st.DataObject) -> None:
    read_with(folder, "config.json", data, lambda: position_limits(load_config(locate(str(folder)).folder)))


@fuzzed
@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
@given(data=st.data())
def test_any_json_as_tokenizer_is_read_or_gives_one_message(folder: Path, name: str, data: st.DataObject) -> None:
    read_with(folder, name, data, lambda: load_encoder(folder, PROMPT).encode("Ann: Hi", "Hi"))


ELSEWHERE = {
    "a file": {"tokenizer_file": "{}"},
    "a file of another class": {"tokenizer_file": "{}", "tokenizer_class": "LlamaTokenizer"},
    "files": {"tokenizer_class": "GPT2Tokenizer", "tokenizer_file": "{}", "vocab_file": "{}", "merges_file": "{}"},
    "versions": {"fast_tokenizer_files": ["{}", "../other/tokenizer.json"]},
}


@pytest.mark.parametrize("changes", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_tokenizer_is_never_read_from_elsewhere(folder: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    """Transformers 5.0.0 did this, so pyproject.toml requires a later version."""
    other = tmp_path / "other"
    other.mkdir()
    content = json.loads((folder / "tokenizer.json").read_text())
    added = {"id": 400, "content": "ELSEWHERE", "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": False}  # fmt: skip
    (other / "tokenizer.json").write_text(json.dumps(content | {"added_tokens": [*content["added_tokens"], added]}))
    named = json.loads(json.dumps(changes).replace("{}", str(other / "tokenizer.json")))
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | named))
    with suppress(ModelError):
        assert load_encoder(folder, PROMPT).count(["ELSEWHERE"]) != [1]


def test_more_layers_than_the_weights_have_are_refused_at_once(folder: Path) -> None:
    reconfigure(folder, {"num_hidden_layers": 10**7})
    begun = time.monotonic()
    with pytest.raises(ModelError, match="10000000 layers"):
        load_base(folder, torch.float32)
    assert time.monotonic() - begun < 5
