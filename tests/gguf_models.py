"""Tiny models of the architectures that we write as GGUF files, and a tokenizer of the SentencePiece kind."""

import json

import tiny
import torch

SIZES = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 256,
}  # fmt: skip
GEMMA = {"num_hidden_layers": 6, "head_dim": 256, "query_pre_attn_scalar": 256, "sliding_window": 9,
         "layer_types": ["sliding_attention"] * 5 + ["full_attention"]}  # fmt: skip
"""Sizes that transformers does not read from a GGUF file are the usual ones."""
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}  # fmt: skip
MODELS = {
    "gemma3": ("Gemma3ForCausalLM", "Gemma3TextConfig", GEMMA),
    "llama": ("LlamaForCausalLM", "LlamaConfig", {}),
    "llama, shared embeddings": ("LlamaForCausalLM", "LlamaConfig", {"tie_word_embeddings": True}),
    "mistral": ("MistralForCausalLM", "MistralConfig", {"sliding_window": None, "head_dim": 8}),
    "qwen2": ("Qwen2ForCausalLM", "Qwen2Config", {}),
    "qwen3": ("Qwen3ForCausalLM", "Qwen3Config", {"head_dim": 128}),
}
"""Those that transformers reads back as they are."""
MORE = {"llama 3's positions": ("LlamaForCausalLM", "LlamaConfig", {"rope_parameters": LLAMA3})}


def tiny_gguf_model(name, tok):
    """Return a random model whose weights are exact in bf16, in which `gguf_convert` keeps them."""
    import transformers

    model, config, options = (MODELS | MORE)[name]
    marks = {"vocab_size": len(tok), "bos_token_id": tok.bos_token_id, "eos_token_id": tok.eos_token_id,
             "pad_token_id": tok.pad_token_id}  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = getattr(transformers, model)(getattr(transformers, config)(**SIZES | marks | options))
        for parameter in made.parameters():  # so that biases and norms matter
            parameter.data.add_(torch.randn_like(parameter) * 0.2)
            parameter.data = parameter.data.bfloat16().float()
    return made.eval().requires_grad_(False)


def pieces_tokenizer(more_texts=()):
    """Return a tokenizer of the kind of Gemma: merges of pieces with `▁` for spaces, and bytes for unknown letters."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    raw.normalizer = normalizers.Replace(" ", "▁")
    raw.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    marks = ["<pad>", "<eos>", "<bos>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=[*marks, *(f"<0x{byte:02X}>" for byte in range(256))], show_progress=False
    )
    texts = [text for number in range(60) for text in tiny.conversation(number).values()]
    raw.train_from_iterator([*texts, *more_texts], trainer)
    content = json.loads(raw.to_str())
    content["added_tokens"] = [one for one in content["added_tokens"] if not one["content"].startswith("<0x")]
    raw = Tokenizer.from_str(json.dumps(content))
    raw.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<unk>"
    )


def bytes_tokenizer(*split):
    """Return the tokenizer of `tiny` with another division of texts; `split` are parts of a pre-tokenizer."""
    from tokenizers import Tokenizer, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer.from_str(tiny.tokenizer().backend_tokenizer.to_str())
    raw.pre_tokenizer = pre_tokenizers.Sequence(list(split))
    marks = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=raw, **marks)


def tokenizer_of(name):
    """Return a tokenizer of the kind that models of this name have."""
    from tokenizers import Regex, pre_tokenizers

    from sumtune.export.gguf.vocabulary import LETTERS, REST

    if name == "gemma3":
        return pieces_tokenizer()
    if "qwen" not in name:
        return tiny.tokenizer()
    words = pre_tokenizers.Split(Regex(LETTERS + r"\p{N}" + REST), "isolated")
    return bytes_tokenizer(words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False))
