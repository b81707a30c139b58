"""Summarizers: our own kernels and CTranslate2 on the CPU, torch on any device."""
