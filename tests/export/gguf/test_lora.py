"""An adapter as a GGUF file: B·A times alpha over rank is what merging adds to the weights."""

import json

import gguf_models
import numpy as np
import pytest
import tiny
from gguf import GGUFReader

from sumtune.errors import ModelError
from sumtune.export.gguf.architecture import architecture_of
from sumtune.export.gguf.file import write_gguf
from sumtune.export.gguf.lora import adapter_tensors, require_plain_lora
from sumtune.export.gguf.metadata import adapter_metadata
from sumtune.export.gguf.tensors import gguf_names, stored
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt

PROMPT = Prompt("Conversation:\n", "\n\nSummary:", " ", 64, 32)
SETTINGS = [
    {"target_modules": ["q_proj", "k_proj", "v_proj", "down_proj"]},
    {"target_modules": ["q_proj", "o_proj"], "use_rslora": True, "rank_pattern": {"q_proj": 2}},
    {"target_modules": ["k_proj", "up_proj"], "alpha_pattern": {"up_proj": 3}},
]


def make_adapter(model, folder, **options):
    """Write an adapter of random numbers for `model` into `folder`; return the model with it."""
    import torch
    from peft import LoraConfig, get_peft_model

    adapted = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, **options))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for name, parameter in adapted.named_parameters():
            if "lora_" in name:
                parameter.data = torch.randn_like(parameter) * 0.1
    adapted.save_pretrained(folder)
    return adapted


@pytest.mark.parametrize("options", SETTINGS)
@pytest.mark.parametrize("name", ["llama", "gemma3"])
def test_the_product_is_what_merging_adds(name, options, tmp_path):
    tok = tiny.tokenizer()
    model = gguf_models.tiny_gguf_model(name, tok)
    before = {key: values.clone() for key, values in model.state_dict().items()}
    architecture = architecture_of(model.config)
    after = make_adapter(model, tmp_path, **options).merge_and_unload().state_dict()
    metadata = adapter_metadata(
        Encoder(tok, PROMPT, is_encoder_decoder=False), "Tiny", require_plain_lora(tmp_path).alpha
    )
    write_gguf(tmp_path / "adapter.gguf", architecture.name, metadata, adapter_tensors(tmp_path, architecture))
    reader = GGUFReader(tmp_path / "adapter.gguf")
    fields = {key: field.contents() for key, field in reader.fields.items()}
    assert (fields["general.type"], fields["adapter.type"]) == ("adapter", "lora")
    assert fields["general.architecture"] == architecture.name
    read, name_of = {one.name: one.data for one in reader.tensors}, gguf_names(architecture)
    changed = [key for key in before if not before[key].equal(after[key])]
    assert len(read) == 2 * len(changed) > 0
    for key in changed:
        first, second = read[f"{name_of(key)}.lora_a"], read[f"{name_of(key)}.lora_b"]
        delta = fields["adapter.lora.alpha"] / len(first) * (second @ first)
        expected = stored(key, after[key].numpy(), architecture) - stored(key, before[key].numpy(), architecture)
        np.testing.assert_allclose(delta, expected, atol=2e-5)


def test_dora_is_refused_with_the_way_on(tmp_path):
    make_adapter(gguf_models.tiny_gguf_model("llama", tiny.tokenizer()), tmp_path, target_modules=["q_proj"])
    file = tmp_path / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"use_dora": True}))
    with pytest.raises(ModelError, match="--to gguf"):
        require_plain_lora(tmp_path)


@pytest.mark.filterwarnings("ignore:.*save_embedding_layers")
def test_an_adapted_output_layer_is_refused(tmp_path):
    model = gguf_models.tiny_gguf_model("llama", tiny.tokenizer())
    architecture = architecture_of(model.config)
    make_adapter(model, tmp_path, target_modules=["q_proj", "lm_head"])
    with pytest.raises(ModelError, match="output layer"):
        list(adapter_tensors(tmp_path, architecture))
