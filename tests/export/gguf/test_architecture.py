"""Models that cannot be GGUF files are refused with the way on."""

import gguf_models
import pytest
import transformers

from sumtune.errors import ModelError
from sumtune.export.gguf.architecture import architecture_of

DYNAMIC = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (transformers.T5Config(), "encoder–decoder"),
        (transformers.GPT2Config(), "not of 'gpt2'"),
        (transformers.MistralConfig(sliding_window=64), "window of 'mistral'"),
        (transformers.Gemma3TextConfig(query_pre_attn_scalar=100), "attention of Gemma 3"),
        (transformers.LlamaConfig(rope_parameters=DYNAMIC), "'dynamic'"),
        (transformers.Qwen2Config(rope_parameters=gguf_models.LLAMA3), "Llama 3 positions"),
    ],
)
def test_what_llama_cpp_would_compute_wrongly_is_refused(config, reason):
    with pytest.raises(ModelError, match=f"{reason}.*--to merged"):
        architecture_of(config)


def test_each_layer_of_gemma_keeps_its_kind_of_attention():
    kinds = ["sliding_attention", "full_attention"] * 3
    values = architecture_of(transformers.Gemma3TextConfig(num_hidden_layers=6, layer_types=kinds)).values
    assert values["attention.sliding_window_pattern"] == [True, False] * 3
    usual = architecture_of(transformers.Gemma3TextConfig(num_hidden_layers=12)).values
    assert "attention.sliding_window_pattern" not in usual
    assert (usual["rope.freq_base"], usual["rope.freq_base_swa"]) == (1e6, 1e4)
