"""Decoding with CTranslate2."""
