"""Exports of other programs: one module for each format, each of which makes turns or pairs of what it reads."""
