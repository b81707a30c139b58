"""Remedies of findings: a sentence and its commands. Each function is named after its rule."""
