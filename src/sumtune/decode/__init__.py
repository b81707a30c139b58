"""Summarizers: CTranslate2 on the CPU, torch on any device."""
