"""An adapter that is not what was written, or does not fit, is refused by name and before a model is built from it."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from sumtune.errors import ModelError
from sumtune.model.adapter_files import CONFIG, SETTINGS, WEIGHTS, adapter_sums, check_adapter
from sumtune.model.load import load_base
from sumtune.model.lora import add_lora, load_adapter, save_adapter, trainable


@pytest.fixture(scope="module")
def base_folder(tiny_models: dict[str, Path]) -> Path:
    return tiny_models["llama"]


@pytest.fixture(scope="module")
def written(base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter as training leaves it."""
    folder = tmp_path_factory.mktemp("adapter") / "adapter"
    base = load_base(base_folder, torch.float32)
    adapted, _ = add_lora(
        base, base_name=str(base_folder), rank=4, alpha=8, dropout=0.0, targets=["q_proj", "v_proj"], seed=0
    )
    save_adapter(adapted, trainable(adapted), folder)
    (folder / SETTINGS).write_text(json.dumps(adapter_sums(folder)))
    return folder


@pytest.fixture
def adapter(written: Path, tmp_path: Path) -> Path:
    return copytree(written, tmp_path / "adapter")


def rewrite(adapter: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes tensors; the sums are those of the new files."""
    tensors = load_file(adapter / WEIGHTS)
    change(tensors)
    save_file(tensors, adapter / WEIGHTS)
    (adapter / SETTINGS).write_text(json.dumps(adapter_sums(adapter)))


def reconfigure(adapter: Path, **changed: object) -> None:
    config = json.loads((adapter / CONFIG).read_text()) | changed
    (adapter / CONFIG).write_text(json.dumps(config))
    (adapter / SETTINGS).write_text(json.dumps(adapter_sums(adapter)))


def test_what_was_written_is_accepted(adapter: Path, base_folder: Path) -> None:
    assert len(check_adapter(adapter)) == len(load_file(adapter / WEIGHTS))
    load_adapter(load_base(base_folder, torch.float32), adapter)
    (adapter / SETTINGS).unlink()  # of another tool
    check_adapter(adapter)


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
def test_one_changed_byte_is_seen(adapter: Path, name: str) -> None:
    content = bytearray((adapter / name).read_bytes())
    content[-9] ^= 1
    (adapter / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name} is not the file that training wrote"):
        check_adapter(adapter)


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
def test_a_missing_file_is_said(adapter: Path, name: str) -> None:
    (adapter / name).unlink()
    with pytest.raises(ModelError, match="holds no adapter"):
        check_adapter(adapter)


def test_a_rank_that_is_not_that_of_the_tensors_is_refused_before_memory_is_taken(adapter: Path) -> None:
    reconfigure(adapter, r=10**9)
    with pytest.raises(ModelError, match=r"has rank 4 in '.*lora_A.*', and 1000000000"):
        check_adapter(adapter)


def test_another_kind_of_adapter_is_refused(adapter: Path) -> None:
    reconfigure(adapter, peft_type="PROMPT_TUNING")
    with pytest.raises(ModelError, match="PROMPT_TUNING"):
        check_adapter(adapter)


def test_a_tensor_that_is_missing_or_too_many_is_named(adapter: Path, base_folder: Path) -> None:
    first = sorted(load_file(adapter / WEIGHTS))[0]
    rewrite(adapter, lambda tensors: tensors.pop(first))
    with pytest.raises(ModelError, match=f"{first}' is only in the model"):
        load_adapter(load_base(base_folder, torch.float32), adapter)
    rewrite(adapter, lambda tensors: tensors.update({first: torch.zeros(4, 64), "extra.weight": torch.zeros(1)}))
    with pytest.raises(ModelError):
        load_adapter(load_base(base_folder, torch.float32), adapter)


def test_a_tensor_of_another_shape_is_named(adapter: Path, base_folder: Path) -> None:
    name = next(key for key in load_file(adapter / WEIGHTS) if "lora_B" in key)
    rewrite(adapter, lambda tensors: tensors.update({name: torch.zeros(3, 4)}))
    with pytest.raises(ModelError, match=r"does not fit this base model.*lora_B"):
        load_adapter(load_base(base_folder, torch.float32), adapter)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 10**5, b" " * (2 << 20)])
def test_a_configuration_that_cannot_be_read_is_one_message(adapter: Path, content: bytes) -> None:
    (adapter / SETTINGS).unlink()
    (adapter / CONFIG).write_bytes(content)
    with pytest.raises(ModelError, match=CONFIG):
        check_adapter(adapter)


def test_weights_that_cannot_be_read_are_one_message(adapter: Path) -> None:
    (adapter / SETTINGS).unlink()
    for content in (b"", b"\xff" * 64, (1 << 62).to_bytes(8, "little") + b"{}", (adapter / WEIGHTS).read_bytes()[:-5]):
        (adapter / WEIGHTS).write_bytes(content)
        with pytest.raises(ModelError, match="Cannot read"):
            check_adapter(adapter)
