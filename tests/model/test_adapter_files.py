"""A changed or unfitting adapter is refused before a model is built from it, with a message that names the fault."""

import json
import warnings
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

from sumtune.config import DecodeConfig, ModelConfig
from sumtune.decode.build import load_tuned
from sumtune.errors import ModelError, SumtuneError
from sumtune.files.records import FORMAT, write_record
from sumtune.model.adapter_files import (
    CONFIG,
    PROMPT,
    SETTINGS,
    WEIGHTS,
    adapter_sums,
    check_adapter,
    read_settings,
)
from sumtune.model.load import load_base
from sumtune.model.lora import add_lora, load_adapter, save_adapter, trainable
from sumtune.text.prompt import Prompt

SHARED = Prompt("Read: ", "\nShort:", " ", max_source_tokens=100, max_target_tokens=8)
FILES = (SETTINGS, PROMPT, CONFIG, WEIGHTS)


@pytest.fixture(scope="module")
def base_folder(tiny_models: dict[str, Path]) -> Path:
    return tiny_models["llama"]


pytestmark = pytest.mark.usefixtures("module_cache")


@pytest.fixture(scope="module")
def written(base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter as training leaves it."""
    folder = tmp_path_factory.mktemp("adapter") / "adapter"
    base = load_base(base_folder, torch.float32)
    adapted, _ = add_lora(
        base, base_name=str(base_folder), rank=4, alpha=8, dropout=0.0, targets=["q_proj", "v_proj"], seed=0
    )
    save_adapter(adapted, trainable(adapted), folder)
    SHARED.save(folder)
    decode = DecodeConfig(engine="torch", beams=1).model_dump()
    write_settings(folder, {"model": ModelConfig(name=str(base_folder), device="cpu").model_dump(), "decode": decode})
    return folder


def write_settings(folder: Path, kept: dict[str, Any]) -> None:
    write_record(folder / SETTINGS, kept | adapter_sums(folder))


@pytest.fixture
def adapter(written: Path, tmp_path: Path) -> Path:
    return copytree(written, tmp_path / "adapter")


def renew_sums(adapter: Path) -> None:
    """Update the recorded sums to the current files, as an attacker would."""
    record = json.loads((adapter / SETTINGS).read_text())
    write_settings(adapter, {key: record[key] for key in ("model", "decode")})


def rewrite(adapter: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change tensors in the adapter's weights."""
    tensors = load_file(adapter / WEIGHTS)
    change(tensors)
    save_file(tensors, adapter / WEIGHTS)
    renew_sums(adapter)


def reconfigure(adapter: Path, **changed: object) -> None:
    """Change keys of the configuration; `...` removes a key."""
    config = json.loads((adapter / CONFIG).read_text()) | changed
    (adapter / CONFIG).write_text(json.dumps({key: value for key, value in config.items() if value is not ...}))
    renew_sums(adapter)


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.tensor([[5, 77, 130, 9, 260]])).logits


def test_an_unchanged_adapter_is_accepted(adapter: Path, base_folder: Path) -> None:
    assert len(check_adapter(adapter).shapes) == len(load_file(adapter / WEIGHTS))
    assert read_settings(adapter).model.name == str(base_folder)
    load_adapter(load_base(base_folder, torch.float32), adapter)
    (adapter / SETTINGS).unlink()  # of another tool
    check_adapter(adapter)


# ---- what changed after training


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_detected(adapter: Path, name: str) -> None:
    old = {SETTINGS: b'"length_penalty": 1.0', PROMPT: b"Read", CONFIG: b'"lora_alpha": 8', WEIGHTS: None}[name]
    content = (adapter / name).read_bytes()
    at = content.index(old) + len(old) - 1 if old else len(content) - 9
    (adapter / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    with pytest.raises(ModelError, match=rf"{name} (has changed since training|is damaged: its content)"):
        load_tuned(adapter)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(adapter: Path, name: str) -> None:
    (adapter / name).unlink()
    with pytest.raises(ModelError, match=rf"no {name}"):
        load_tuned(adapter)


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
def test_a_folder_without_adapter_files_is_refused(adapter: Path, base_folder: Path, name: str) -> None:
    (adapter / SETTINGS).unlink()
    (adapter / name).unlink()
    with pytest.raises(ModelError, match="is not an adapter folder"):
        load_adapter(load_base(base_folder, torch.float32), adapter)


def test_adapters_of_the_first_releases_without_some_of_the_sums_still_load(adapter: Path) -> None:
    record = json.loads((adapter / SETTINGS).read_text())
    sums = {name: record["sha256"][name] for name in (WEIGHTS, CONFIG)}
    plain = {key: record[key] for key in ("model", "decode")}
    old_prompt = {
        key: value
        for key, value in json.loads((adapter / PROMPT).read_text()).items()
        if key not in ("format", "checksum")
    }
    (adapter / PROMPT).write_text(json.dumps(old_prompt))
    for kept in (plain | {"sha256": sums}, plain):
        (adapter / SETTINGS).write_text(json.dumps(kept))
        tuned = load_tuned(adapter)
        assert tuned.max_source_tokens == 100
        assert len(tuned.summarizer.summarize(["Ann: Hi"])) == 1


def test_settings_that_were_changed_on_purpose_work_as_the_message_says(adapter: Path) -> None:
    record = json.loads((adapter / SETTINGS).read_text())
    record["decode"]["beams"] = 2
    (adapter / SETTINGS).write_text(json.dumps(record))
    with pytest.raises(ModelError, match="on purpose, delete its entry 'checksum'"):
        read_settings(adapter)
    del record["checksum"]
    (adapter / SETTINGS).write_text(json.dumps(record))
    assert read_settings(adapter).decode.beams == 2


@pytest.mark.parametrize("name", [SETTINGS, PROMPT, CONFIG])
def test_a_file_from_a_newer_version_is_refused(adapter: Path, name: str) -> None:
    (adapter / name).write_text(json.dumps({"format": FORMAT + 1, "whatever": 1}))
    if name != SETTINGS:
        renew_sums(adapter)
    with pytest.raises(ModelError, match=f"{name} was written by a newer version"):
        load_tuned(adapter)


BROKEN = [b"", b"{", b"[]", b"\xff\xfe", b"[" * 10**5, b" " * (2 << 20), b"{}", b"null", b'{"format": "x"}']


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("name", [SETTINGS, PROMPT, CONFIG])
def test_a_file_that_cannot_be_read_is_one_message(adapter: Path, name: str, content: bytes) -> None:
    (adapter / name).write_bytes(content)
    if name != SETTINGS:
        renew_sums(adapter)
    with pytest.raises(ModelError, match=name):
        load_tuned(adapter)


def test_weights_that_cannot_be_read_are_one_message(adapter: Path) -> None:
    whole = (adapter / WEIGHTS).read_bytes()
    for content in (b"", b"\xff" * 64, (1 << 62).to_bytes(8, "little") + b"{}", whole[:-5]):
        (adapter / WEIGHTS).write_bytes(content)
        renew_sums(adapter)
        with pytest.raises(ModelError, match=f"Cannot read .*{WEIGHTS}"):
            load_tuned(adapter)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", [SETTINGS, PROMPT, CONFIG])
@given(data=st.data())
def test_any_json_in_a_file_gives_a_summarizer_or_one_message(
    written: Path, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    folder = tmp_path / "adapter"
    if not folder.exists():
        copytree(written, folder)
        record = json.loads((folder / SETTINGS).read_text())
        (folder / SETTINGS).write_text(json.dumps({key: record[key] for key in ("model", "decode")}))
    record = json.loads((written / name).read_text())
    record.pop("sha256", None)
    before = (folder / name).read_bytes()
    (folder / name).write_text(json.dumps(data.draw(changed(record))))
    with suppress(SumtuneError):
        assert len(load_tuned(folder).summarizer.summarize(["Ann: Hi"])) == 1
    (folder / name).write_bytes(before)


# ---- what would cost time or memory, or change more than LoRA does


HOSTILE = {
    "a rank that no tensor has": {"r": 64},
    "a huge rank": {"r": 10**9},
    "a rank of zero": {"r": 0},
    "no rank": {"r": ...},
    "a huge alpha": {"lora_alpha": 1e300},
    "an alpha that is no number": {"lora_alpha": float("nan")},
    "a negative alpha": {"lora_alpha": -8},
    "a dropout over 1": {"lora_dropout": 1.5},
    "a pattern that never ends": {"target_modules": "(.*)*" * 12 + "q_proj$"},
    "a pattern in a list": {"target_modules": ["q_proj", "(a+)+$"]},
    "no target": {"target_modules": None},
    "a hundred thousand targets": {"target_modules": [f"m{number}" for number in range(10**5)]},
    "ranks by a pattern": {"rank_pattern": {"(.*)*v_proj": 4}},
    "a rank past the limit": {"rank_pattern": {"v_proj": 400_000}},
    "another rank than the tensors": {"rank_pattern": {"v_proj": 5}},
    "many ranks": {"rank_pattern": {f"layer{number}": 4 for number in range(5000)}},
    "alphas by a pattern": {"alpha_pattern": {".*": 4}},
    "a huge alpha for one layer": {"alpha_pattern": {"v_proj": 1e30}},
    "layers three thousand times": {"layer_replication": [[0, 2]] * 3000},
    "modules of its own": {"modules_to_save": ["lm_head"]},
    "modules to leave out": {"exclude_modules": "(.*)*x$"},
    "layers by a pattern": {"layers_pattern": "(.*)*", "layers_to_transform": [0]},
    "single layers": {"layers_to_transform": [0]},
    "single tokens": {"trainable_token_indices": [1]},
    "parameters": {"target_parameters": ["weight"]},
    "another library": {"megatron_config": {"a": 1}, "megatron_core": "os"},
    "biases": {"bias": "all"},
    "a bias of LoRA": {"lora_bias": True},
    "a singular value decomposition": {"init_lora_weights": "pissa_niter_1000000"},
    "quantization": {"init_lora_weights": "loftq", "loftq_config": {"loftq_bits": 4}},
    "a variant": {"use_qalora": True},
    "an invocation": {"alora_invocation_tokens": [1]},
    "something new": {"from_the_future": {"on": True}},
    "another task": {"task_type": "SEQ_CLS"},
    "another kind": {"peft_type": "PROMPT_TUNING"},
}


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE)
def test_a_setting_out_of_bounds_or_unknown_is_named(
    adapter: Path, base_folder: Path, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure(adapter, **changes)
    base = load_base(base_folder, torch.float32)
    monkeypatch.setattr(torch, "empty", lambda *_a, **_k: pytest.fail("memory was taken"))
    monkeypatch.setattr("peft.get_peft_model", lambda *_a, **_k: pytest.fail("PEFT saw it"))
    with pytest.raises(ModelError, match=rf"{CONFIG}|rank 4 in '.*lora_A.*', but") as refused:
        load_adapter(base, adapter)
    assert any(key in str(refused.value) for key in changes) or "rank 4" in str(refused.value)


HARMLESS = {
    "where it came from": {"base_model_name_or_path": "https://elsewhere.example/model", "revision": "main"},
    "classes of other libraries": {"auto_mapping": {"base_model_class": "os", "parent_library": "os"}},
    "a module that is not asked for": {"megatron_core": "no.such.module"},
    "an older or newer tool": {"peft_version": "99.0", "qalora_group_size": 32, "new_and_off": False, "empty": {}},
    "another beginning": {"init_lora_weights": "gaussian"},
    "one target as a text": {"target_modules": "all-linear"},
    "targets by their paths": {
        "target_modules": [f"layers.{n}.self_attn.{kind}_proj" for n in (0, 1) for kind in "qv"]
    },
    "few keys": dict.fromkeys(("bias", "rank_pattern", "task_type", "use_dora", "lora_dropout", "eva_config"), ...),
    "dropout": {"lora_dropout": 0.9, "inference_mode": True},
}


@pytest.mark.parametrize("changes", HARMLESS.values(), ids=HARMLESS)
def test_keys_without_effect_change_nothing_and_are_never_followed(
    adapter: Path, base_folder: Path, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(adapter, lambda tensors: [tensor.add_(0.1) for tensor in tensors.values()])
    expected = logits(load_adapter(load_base(base_folder, torch.float32), adapter))
    reconfigure(adapter, **changes)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: pytest.fail("it asked the network"))
    assert torch.equal(logits(load_adapter(load_base(base_folder, torch.float32), adapter)), expected)


def test_ranks_and_alphas_by_name_are_what_peft_makes_of_them(adapter: Path, base_folder: Path) -> None:
    import peft

    def grow(tensors: dict[str, Any]) -> None:
        for key, tensor in tensors.items():
            rank = 6 if "layers.1.self_attn.v_proj" in key else 4
            shape = (rank, 32) if "lora_A" in key else (tensor.shape[0], rank)
            tensors[key] = torch.linspace(-1, 1, shape[0] * shape[1]).reshape(shape)

    rewrite(adapter, grow)
    reconfigure(adapter, rank_pattern={"layers.1.self_attn.v_proj": 6}, alpha_pattern={
        "^model.layers.0.self_attn.q_proj": 3.5, "^layers.0.self_attn.v_proj": 100, "v_proj": 20})  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the name that no layer has
        plain = peft.PeftModel.from_pretrained(load_base(base_folder, torch.float32), adapter)
    assert torch.equal(logits(load_adapter(load_base(base_folder, torch.float32), adapter)), logits(plain))


def test_a_name_is_not_a_pattern(adapter: Path, base_folder: Path) -> None:
    """A dot in a name is a dot: `self_attn.q_proj` does not name `self_attnXq_proj`."""
    before = logits(load_adapter(load_base(base_folder, torch.float32), adapter))
    reconfigure(adapter, alpha_pattern={"layers.0.self_attn_q_proj": 100})
    assert torch.equal(logits(load_adapter(load_base(base_folder, torch.float32), adapter)), before)


# ---- tensors


def test_a_missing_or_extra_tensor_is_named(adapter: Path, base_folder: Path) -> None:
    first = sorted(load_file(adapter / WEIGHTS))[0]
    rewrite(adapter, lambda tensors: tensors.pop(first))
    with pytest.raises(ModelError, match=f"{first}' is missing in the adapter"):
        load_adapter(load_base(base_folder, torch.float32), adapter)
    rewrite(adapter, lambda tensors: tensors.update({first: torch.zeros(4, 32), "extra.weight": torch.zeros(1)}))
    with pytest.raises(ModelError, match=r"LoRA does not use: 'extra\.weight'"):
        load_adapter(load_base(base_folder, torch.float32), adapter)


def test_a_layer_without_tensors_or_unknown_to_the_model_is_named(adapter: Path, base_folder: Path) -> None:
    keys = [key for key in load_file(adapter / WEIGHTS) if "layers.1.self_attn.v_proj" in key]
    rewrite(adapter, lambda tensors: [tensors.pop(key) for key in keys])
    with pytest.raises(ModelError, match=r"layers\.1\.self_attn\.v_proj' is named in its settings but has no tensors"):
        load_adapter(load_base(base_folder, torch.float32), adapter)
    rewrite(adapter, lambda tensors: tensors.update({key.replace("layers.1", "layers.7"): torch.zeros(4, 32)
                                                     for key in keys}))  # fmt: skip
    with pytest.raises(ModelError, match=r"layers\.7\.self_attn\.v_proj' exists only in the adapter"):
        load_adapter(load_base(base_folder, torch.float32), adapter)


@pytest.mark.parametrize("path", ["model.embed_tokens", "model.norm", "model.layers.0", "lm_head"])
def test_only_linear_layers_named_in_the_settings_may_be_adapted(adapter: Path, base_folder: Path, path: str) -> None:
    pair = {f"base_model.model.{path}.lora_{half}.weight": torch.zeros(4, 4) for half in "AB"}
    rewrite(adapter, lambda tensors: tensors.update(pair))
    with pytest.raises(ModelError, match=f"'{path}' (is not a linear layer|is not named in its settings)"):
        load_adapter(load_base(base_folder, torch.float32), adapter)


def test_a_tensor_of_another_shape_is_named(adapter: Path, base_folder: Path) -> None:
    name = next(key for key in load_file(adapter / WEIGHTS) if "lora_B" in key)
    for shape in ((3, 4), (1, 4), (32, 4, 1)):
        rewrite(adapter, lambda tensors, shape=shape: tensors.update({name: torch.zeros(shape)}))
        with pytest.raises(ModelError, match=r"does not fit this base model.*lora_B"):
            load_adapter(load_base(base_folder, torch.float32), adapter)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_infinite_and_nan_values_are_refused(adapter: Path, base_folder: Path, value: float) -> None:
    rewrite(adapter, lambda tensors: next(iter(tensors.values())).view(-1)[:1].fill_(value))
    with pytest.raises(ModelError, match=r"infinite or NaN values in '.*lora_A"):
        load_adapter(load_base(base_folder, torch.float32), adapter)


@pytest.mark.parametrize("dtype", [torch.int8, torch.float64, torch.bool])
def test_numbers_of_another_format_are_refused(adapter: Path, dtype: torch.dtype) -> None:
    name = next(iter(load_file(adapter / WEIGHTS)))
    rewrite(adapter, lambda tensors: tensors.update({name: tensors[name].to(dtype)}))
    with pytest.raises(ModelError, match="LoRA does not use"):
        check_adapter(adapter)


def test_an_adapter_in_16_bits_is_used_in_32(adapter: Path, base_folder: Path) -> None:
    rewrite(adapter, lambda tensors: tensors.update({key: t.bfloat16() for key, t in tensors.items()}))
    adapted = load_adapter(load_base(base_folder, torch.bfloat16), adapter)
    assert {p.dtype for name, p in adapted.named_parameters() if "lora_" in name} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in adapted.parameters())


def test_loading_leaves_the_global_generator_alone(adapter: Path, base_folder: Path) -> None:
    base, before = load_base(base_folder, torch.float32), torch.random.get_rng_state()
    load_adapter(base, adapter)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.filterwarnings("ignore:The PEFT config's")
def test_saving_never_asks_the_hub_for_the_model_that_an_adapter_names(
    base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = load_base(base_folder, torch.float32)
    adapted, _ = add_lora(base, base_name="nobody/nothing", rank=4, alpha=8, dropout=0.0, targets=["q_proj"], seed=0)
    monkeypatch.setattr("socket.socket.connect", lambda *_a: pytest.fail("it asked the network"))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: pytest.fail("it asked the network"))
    save_adapter(adapted, trainable(adapted), tmp_path / "adapter")
