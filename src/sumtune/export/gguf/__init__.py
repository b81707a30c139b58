"""GGUF files of a tuned model, for llama.cpp and everything built on it."""
