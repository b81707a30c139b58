"""Tiny random models of both families, with a tokenizer trained on the fly, and conversations for them."""

import json
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

NAMES = ("Ana", "Ben", "Cem", "Dora", "Eli", "Fay", "Gus", "Hana")
THINGS = ("bread", "tickets", "keys", "flowers", "books", "lamps", "paint", "stamps")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def conversation(number: int) -> dict[str, str]:
    """Return the `number`-th made-up conversation. All numbers below 1,000 have different conversations."""
    first, second = NAMES[number % 8], NAMES[(number // 8 + number + 1) % 8]
    thing, day = THINGS[(number // 3) % 8], DAYS[number % 5]
    turns = [
        f"{first}: Hi {second}, number {number}, who gets the {thing}?",
        f"{second}: I can, on {day}.",
        *[f"{first}: And {extra} more." for extra in range(number % 4)],
        f"{first}: Thanks!",
    ]
    return {"dialogue": "\n".join(turns), "summary": f"{second} will get the {thing} on {day} for {first} ({number})."}


def write_jsonl(path: Path, count: int, start: int = 0) -> Path:
    """Write `count` conversations as JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(conversation(number)) + "\n" for number in range(start, start + count))
    path.write_text("".join(lines), encoding="utf-8")
    return path


LANGUAGES = Path(__file__).parents[1] / "benchmarks" / "languages"


def foreign_pairs() -> dict[str, list[tuple[str, str]]]:
    """Return dialogues with summaries in languages other than English, by language."""
    rows = {
        file.stem: [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for file in sorted(LANGUAGES.glob("*.jsonl"))
    }
    return {language: [(row["dialogue"], row["summary"]) for row in some] for language, some in rows.items()}


def tokenizer(is_t5: bool = False, more_texts: Sequence[str] = (), size: int = 400) -> Any:
    """Return a byte-level BPE tokenizer with `size` tokens, trained on made-up conversations and `more_texts`."""
    from tokenizers import Tokenizer, processors
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer.from_str(_trained(tuple(more_texts), size))
    template = "$A </s>" if is_t5 else "<s> $A"
    raw.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[("<s>", raw.token_to_id("<s>")), ("</s>", raw.token_to_id("</s>"))]
    )
    marks = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=raw, **marks)


@cache
def _trained(more_texts: tuple[str, ...], size: int) -> str:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    texts = [text for number in range(60) for text in conversation(number).values()]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<pad>", "<s>", "</s>", "<unk>"],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    raw.train_from_iterator([*texts, *more_texts], trainer)
    return str(raw.to_str())


CHAT_TEMPLATES = {
    "chatml": "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
    "gemma": "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}",
    "mistral": "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %}"
    " {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}",
}
"""Chat templates in the style of Qwen 3, Gemma and Mistral."""
CHAT_MARKS = ["<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]"]


def chat_tokenizer(style: str) -> Any:
    """Return the tokenizer of an instruction-tuned model with the template `style` from `CHAT_TEMPLATES`."""
    tok = tokenizer()
    tok.add_special_tokens({"additional_special_tokens": CHAT_MARKS})
    tok.chat_template = CHAT_TEMPLATES[style]
    return tok


def _common(tok: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tok),
        "pad_token_id": tok.pad_token_id,
        "bos_token_id": tok.bos_token_id,
        "eos_token_id": tok.eos_token_id,
    }


def _gemma(tok: Any) -> Any:
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    return Gemma3ForCausalLM(
        Gemma3TextConfig(
            **_common(tok), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, head_dim=16, query_pre_attn_scalar=16, max_position_embeddings=2048,
            sliding_window=64, layer_types=["sliding_attention", "full_attention"],
        )
    )  # fmt: skip


def _llama(tok: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            **_common(tok), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=2, max_position_embeddings=2048,
        )
    )  # fmt: skip


def _gpt2(tok: Any) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config(**_common(tok), n_embd=32, n_layer=2, n_head=2, n_positions=512))


def _t5(tok: Any) -> Any:
    from transformers import T5Config, T5ForConditionalGeneration

    return T5ForConditionalGeneration(
        T5Config(
            **_common(tok), d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2,
            decoder_start_token_id=tok.pad_token_id, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
        )
    )  # fmt: skip


def _bart(tok: Any) -> Any:
    from transformers import BartConfig, BartForConditionalGeneration

    return BartForConditionalGeneration(
        BartConfig(
            **_common(tok), d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
            decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=512,
            decoder_start_token_id=tok.eos_token_id, forced_eos_token_id=None,
        )
    )  # fmt: skip


def _bart_like(kind: str, tok: Any) -> Any:
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    config = AutoConfig.for_model(
        kind, **_common(tok), d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=512,
        decoder_start_token_id=tok.bos_token_id, forced_eos_token_id=None,
    )  # fmt: skip
    return AutoModelForSeq2SeqLM.from_config(config)


ARCHITECTURES = {"gemma": _gemma, "llama": _llama, "gpt2": _gpt2, "t5": _t5, "bart": _bart}


def _mt5(tok: Any) -> Any:
    from transformers import MT5Config, MT5ForConditionalGeneration

    return MT5ForConditionalGeneration(
        MT5Config(
            **_common(tok), d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2,
            decoder_start_token_id=tok.pad_token_id, feed_forward_proj="gated-gelu",
        )
    )  # fmt: skip


MORE_ARCHITECTURES = {
    "mbart": partial(_bart_like, "mbart"),
    "pegasus": partial(_bart_like, "pegasus"),
    "mt5": _mt5,
}
"""Models for tests of what differs in these architectures."""


def save_model(name: str, folder: Path, tok: Any = None) -> Path:
    """Write a tiny random model and its tokenizer (or `tok`) to `folder`. The weights are the same in every call."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        tok = tok or tokenizer(is_t5="t5" in name)
        model = (ARCHITECTURES | MORE_ARCHITECTURES)[name](tok)
    model.save_pretrained(folder)
    tok.save_pretrained(folder)
    return folder
