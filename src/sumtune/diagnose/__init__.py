"""Explain a score: findings, each with its evidence and the command that fixes it. Imports no torch."""
