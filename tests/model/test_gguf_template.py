"""The chat template in the header of a `.gguf` file is the prompt of the model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from gguf import GGUFWriter, TokenType

from sumtune.config import ModelConfig
from sumtune.model.encode_stage import make_encoder
from sumtune.model.gguf_check import chat_template, check_gguf

SIZE, LAYERS, HEADS = 32, 1, 2


def write_gguf(file: Path, tokenizer: Any, template: str | None) -> Path:
    """Write a tiny random Llama with the byte-level tokenizer as llama.cpp writes it."""
    writer = GGUFWriter(file, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(512)
    writer.add_embedding_length(SIZE)
    writer.add_feed_forward_length(SIZE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(SIZE // HEADS)
    writer.add_vocab_size(len(tokenizer))
    words = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    special = set(tokenizer.all_special_tokens) | set(tiny.CHAT_MARKS)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(words)
    writer.add_token_types([TokenType.CONTROL if word in special else TokenType.NORMAL for word in words])
    writer.add_token_merges([" ".join(pair) for pair in merges(tokenizer)])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    if template is not None:
        writer.add_chat_template(template)
    generator = np.random.default_rng(0)
    shapes = {f"blk.0.attn_{name}.weight": (SIZE, SIZE) for name in ("q", "k", "v", "output")}
    shapes |= {f"blk.0.ffn_{name}.weight": (SIZE, SIZE) for name in ("gate", "up", "down")}
    shapes |= {"token_embd.weight": (len(words), SIZE), "output.weight": (len(words), SIZE)}
    norms = ("blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight")
    for name, shape in {**shapes, **dict.fromkeys(norms, (SIZE,))}.items():
        writer.add_tensor(name, generator.normal(0, 0.1, shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def merges(tokenizer: Any) -> list[list[str]]:

    found: list[list[str]] = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    return found


@pytest.mark.usefixtures("own_cache")
def test_auto_uses_the_template_of_the_header(tmp_path: Path) -> None:
    tokenizer = tiny.chat_tokenizer("chatml")
    file = write_gguf(tmp_path / "chat.gguf", tokenizer, tokenizer.chat_template)
    check_gguf(file)
    assert chat_template(file) == tokenizer.chat_template
    encoder = make_encoder(ModelConfig(name=str(file)))
    messages = [{"role": "user", "content": "Summarize the conversation.\n\nAnn: Hi"}]
    asked = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert encoder.prompt.before + "Ann: Hi" + encoder.prompt.after == asked
    assert encoder.prompt.end == "<|im_end|>"
    assert tokenizer.decode(encoder.source("Ann: Hi")).removeprefix("<s>") == asked


@pytest.mark.usefixtures("own_cache")
def test_without_a_template_the_prompt_is_plain(tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "plain.gguf", tiny.chat_tokenizer("chatml"), None)
    assert chat_template(file) is None
    assert make_encoder(ModelConfig(name=str(file))).prompt.before == "Conversation:\n"
