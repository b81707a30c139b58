"""Base models, tokenizers and LoRA adapters: finding, loading, checking and merging."""
