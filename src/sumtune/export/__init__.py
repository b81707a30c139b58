"""Exports of a tuned model to the files of other programs, each compared with the tuned model before it counts."""
