"""Tiny random models of the architectures that our own decoder knows, and of some that it does not."""

import torch

SIZES = {
    "vocab_size": 90, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 256, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}  # fmt: skip
TWO_KINDS = {"head_dim": 16, "sliding_window": 9, "layer_types": ["sliding_attention", "full_attention"]}
DYNAMIC = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}
KNOWN = {
    "gemma3": ("Gemma3ForCausalLM", "Gemma3TextConfig", TWO_KINDS),
    "gemma": ("GemmaForCausalLM", "GemmaConfig", {"head_dim": 16}),
    "llama": ("LlamaForCausalLM", "LlamaConfig", {}),
    "llama, biased": ("LlamaForCausalLM", "LlamaConfig", {"attention_bias": True, "mlp_bias": True}),
    "llama 3's positions": ("LlamaForCausalLM", "LlamaConfig", {"rope_parameters": LLAMA3}),
    "mistral": ("MistralForCausalLM", "MistralConfig", {"sliding_window": 9, "head_dim": 8}),
    "qwen2": ("Qwen2ForCausalLM", "Qwen2Config", {}),
    "qwen3": ("Qwen3ForCausalLM", "Qwen3Config", {"head_dim": 16}),
    "smollm3": ("SmolLM3ForCausalLM", "SmolLM3Config", {}),
}  # fmt: skip
UNKNOWN = {
    "norms after": ("Olmo2ForCausalLM", "Olmo2Config", {}),
    "multipliers": ("GraniteForCausalLM", "GraniteConfig", {"residual_multiplier": 0.3}),
    "positions by length": ("LlamaForCausalLM", "LlamaConfig", {"rope_parameters": DYNAMIC}),
    "one matrix for all": ("Phi3ForCausalLM", "Phi3Config", {}),
    "gpt2": ("GPT2LMHeadModel", "GPT2Config", {"n_embd": 32, "n_layer": 2, "n_head": 2}),
}  # fmt: skip


def tiny_model(model, config, options, dtype=torch.float32):
    import transformers

    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = getattr(transformers, model)(getattr(transformers, config)(**SIZES | options))
        for parameter in made.parameters():  # so that biases and norms matter
            parameter.data.add_(torch.randn_like(parameter) * 0.2)
    return made.to(dtype).eval().requires_grad_(False)
