"""Summarizers: `native` (our own kernels) and `ctranslate2` on the CPU, `torch` on any device."""
