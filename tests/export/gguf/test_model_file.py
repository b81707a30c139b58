"""GGUF files of models: what is read back is what was written."""

import gguf_models
import numpy as np
import pytest
import tiny
import torch
from gguf import GGMLQuantizationType, GGUFReader, quants

from sumtune.export.gguf.architecture import architecture_of
from sumtune.export.gguf.file import write_gguf
from sumtune.export.gguf.metadata import model_metadata
from sumtune.export.gguf.tensors import gguf_names, model_tensors, stored
from sumtune.export.gguf.vocabulary import vocabulary_of
from sumtune.model.gguf_convert import converted_folder
from sumtune.model.load import load_base, load_tokenizer
from sumtune.text.encode import Encoder
from sumtune.text.prompt import Prompt

PROMPT = Prompt("Conversation:\n", "\n\nSummary:", " ", 64, 32, single_line=True)


@pytest.fixture(scope="module")
def tokenizer():
    return tiny.tokenizer()


@pytest.fixture
def write(tmp_path):
    def write_model(model, tokenizer, precision="f16", prompt=PROMPT):
        architecture = architecture_of(model.config)
        encoder = Encoder(tokenizer, prompt, is_encoder_decoder=False, vocabulary_size=len(tokenizer))
        vocabulary = vocabulary_of(tokenizer, len(tokenizer))
        metadata = model_metadata(architecture, vocabulary, tokenizer, encoder, "Tiny", precision)
        file = tmp_path / "model.gguf"
        write_gguf(file, architecture.name, metadata, model_tensors(model, architecture, precision))
        return file

    return write_model


@pytest.mark.parametrize("name", gguf_models.MODELS)
def test_our_own_reader_computes_the_same(name, write):
    tok = gguf_models.tokenizer_of(name)
    model = gguf_models.tiny_gguf_model(name, tok)
    folder = converted_folder(write(model, tok))
    text = tiny.conversation(3)["dialogue"]
    ids = tok(text, add_special_tokens=False).input_ids
    assert load_tokenizer(folder)(text, add_special_tokens=False).input_ids == ids
    back = load_base(folder, torch.float32)
    torch.testing.assert_close(back(torch.tensor([ids])).logits, model(torch.tensor([ids])).logits, atol=1e-4, rtol=0)


@pytest.mark.parametrize("precision", ["f16", "q8_0"])
def test_numbers_are_as_exact_as_their_format(precision, tokenizer, write):
    model = gguf_models.tiny_gguf_model("llama", tokenizer)
    read = {one.name: one for one in GGUFReader(write(model, tokenizer, precision)).tensors}
    architecture = architecture_of(model.config)
    name_of = gguf_names(architecture)
    for weight, values in model.state_dict().items():
        tensor, expected = read.pop(name_of(weight)), stored(weight, values.numpy(), architecture)
        actual = quants.dequantize(tensor.data, tensor.tensor_type).reshape(expected.shape)
        vector = expected.ndim < 2
        assert tensor.tensor_type.name == ("F32" if vector else precision.upper())
        assert (np.abs(actual - expected) <= _rounding(expected, tensor.tensor_type)).all(), weight
    assert not read


def _rounding(values, kind):
    """Return the largest rounding error. The step of a block of q8_0 is itself rounded to float16."""
    if kind == GGMLQuantizationType.Q8_0:
        blocks = np.abs(values).reshape(-1, 32).max(axis=1, keepdims=True)
        step = np.repeat(blocks / 127, 32, axis=1).reshape(values.shape)
        return step * (0.5 + 127 / 2**11) + 1e-8
    return np.abs(values) / 2**11 + 2.0**-25 if kind == GGMLQuantizationType.F16 else np.zeros(values.shape)


def test_rows_that_do_not_divide_into_blocks_stay_in_float16(tokenizer, write):
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = gguf_models.SIZES | {"hidden_size": 48, "intermediate_size": 64, "vocab_size": len(tokenizer)}
    file = write(LlamaForCausalLM(LlamaConfig(**sizes)).eval(), tokenizer, "q8_0")
    kinds = {one.name: one.tensor_type.name for one in GGUFReader(file).tensors}
    assert kinds["blk.0.ffn_down.weight"] == "Q8_0"
    assert kinds["blk.0.ffn_up.weight"] == "F16"


def test_prompt_end_marks_and_greedy_search_travel_with_the_file(write):
    tok = tiny.chat_tokenizer("chatml")
    prompt = Prompt("<|im_start|>user\n", "<|im_end|>\n", "", 64, 32, end="<|im_end|>")
    model = gguf_models.tiny_gguf_model("qwen2", tok)
    fields = {key: field.contents() for key, field in GGUFReader(write(model, tok, prompt=prompt)).fields.items()}
    assert fields["tokenizer.ggml.eos_token_id"] == tok.eos_token_id
    assert fields["tokenizer.ggml.eot_token_id"] == tok.convert_tokens_to_ids("<|im_end|>")
    assert fields["tokenizer.ggml.bos_token_id"] == tok.bos_token_id
    assert fields["tokenizer.ggml.add_bos_token"] is True
    assert fields["general.sampling.temp"] == 0
    assert "<|im_end|>" in fields["tokenizer.chat_template"]
    assert fields["qwen2.rope.freq_base"] == 10000


def test_llama_3_slows_the_frequencies_that_transformers_slows(tokenizer):
    model = gguf_models.tiny_gguf_model("llama 3's positions", tokenizer)
    factors = torch.tensor(architecture_of(model.config).rope_factors)
    usual = 10000.0 ** (-torch.arange(0, 8, 2) / 8)
    torch.testing.assert_close(usual / factors, model.model.rotary_emb.inv_freq)
    assert factors.max() > 1
