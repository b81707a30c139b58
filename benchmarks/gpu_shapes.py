"""Models with random weights in the shapes of real ones, and conversations of random words for them."""

import json
import random
from pathlib import Path

SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
SOURCE_WORDS, SUMMARY_WORDS = (40, 260), (10, 36)
"""Smallest and largest number of words; short chats have about as many tokens."""


def _gemma3_270m():
    from transformers import Gemma3TextConfig

    layers = ["full_attention" if layer % 6 == 5 else "sliding_attention" for layer in range(18)]
    return Gemma3TextConfig(
        vocab_size=262144, hidden_size=640, intermediate_size=2048, num_hidden_layers=18, num_attention_heads=4,
        num_key_value_heads=1, head_dim=256, query_pre_attn_scalar=256, sliding_window=512, layer_types=layers,
        max_position_embeddings=32768, tie_word_embeddings=True,
    )  # fmt: skip


def _t5_base():
    from transformers import T5Config

    return T5Config(
        vocab_size=32128, d_model=768, d_kv=64, d_ff=2048, num_layers=12, num_heads=12, decoder_start_token_id=0,
        feed_forward_proj="gated-gelu", tie_word_embeddings=False,
    )  # fmt: skip


def _bart_base():
    from transformers import BartConfig

    return BartConfig(
        vocab_size=50265, d_model=768, encoder_layers=6, decoder_layers=6, encoder_attention_heads=12,
        decoder_attention_heads=12, encoder_ffn_dim=3072, decoder_ffn_dim=3072, max_position_embeddings=1024,
        decoder_start_token_id=2, forced_eos_token_id=None,
    )  # fmt: skip


def _llama(hidden, intermediate, layers, heads, groups):
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=128256, hidden_size=hidden, intermediate_size=intermediate, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=groups, max_position_embeddings=8192, tie_word_embeddings=False,
    )  # fmt: skip


SHAPES = {
    "gemma-3-270m": _gemma3_270m,
    "t5-base": _t5_base,
    "bart-base": _bart_base,
    "llama-1b": lambda: _llama(2048, 8192, 16, 32, 8),
    "llama-8b": lambda: _llama(4096, 14336, 32, 32, 8),
}
TINY = {
    "vocab_size": 512, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "head_dim": 16, "query_pre_attn_scalar": 16, "sliding_window": 64, "num_layers": 2,
    "layer_types": ["sliding_attention", "full_attention"], "num_decoder_layers": 2, "num_heads": 2, "d_model": 32,
    "d_kv": 16, "d_ff": 64, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
}  # fmt: skip
"""What `tiny` replaces in every shape."""


def save_shape(name: str, folder: Path, tiny: bool = False, device: str = "cpu") -> Path:
    """Write a model of the shape `name` in bf16 with a tokenizer of whole words; the same weights in every call."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    config = SHAPES[name]()
    config.pad_token_id, config.bos_token_id, config.eos_token_id = 0, 1, 2
    if tiny:
        own = type(config)().to_dict()
        config = type(config)(**(config.to_dict() | {key: value for key, value in TINY.items() if key in own}))
    family = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    devices = [0] if device == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.device(device):
        torch.manual_seed(0)
        model = family.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    tokenizer(config.vocab_size).save_pretrained(folder)
    return folder


def tokenizer(size: int):
    """Return a tokenizer whose tokens are the words w4, w5, …"""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = [*SPECIAL, *(f"w{number}" for number in range(len(SPECIAL), size))]
    raw = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    raw.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    marks = dict(zip(("pad_token", "bos_token", "eos_token", "unk_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=raw, **marks)


def write_conversations(path: Path, count: int, seed: int, words: int = 400) -> Path:
    """Write `count` conversations of random words; a summary repeats words of its dialogue."""
    draw = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for _ in range(count):
            said = [f"w{draw.randrange(len(SPECIAL), words)}" for _ in range(draw.randint(*SOURCE_WORDS))]
            turns = [f"{'Ann' if at % 20 else 'Ben'}: {' '.join(said[at : at + 10])}" for at in range(0, len(said), 10)]
            summary = " ".join(draw.sample(said, min(len(said), draw.randint(*SUMMARY_WORDS))))
            out.write(json.dumps({"dialogue": "\n".join(turns), "summary": summary}) + "\n")
    return path
