"""ONNX graphs of a model, written by the exporter of transformers."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import torch

from sumtune.export.source import ExportSource
from sumtune.model.merge import load_merged

__all__ = ["write_onnx"]

SAMPLE = (2, 12)
"""Dialogues and tokens of the input that the exporter traces; the graphs take any number of both."""


def write_onnx(source: ExportSource, folder: Path) -> None:
    """Trace the merged model in float32; a decoder-only model needs one graph, as it can begin with an empty cache."""
    model = load_merged(source.base.folder, source.adapter, torch.float32)
    with _silence():
        _write_graphs(model, source.is_encoder_decoder, folder)


def _write_graphs(model: Any, is_encoder_decoder: bool, folder: Path) -> None:
    from transformers.exporters.configs import OnnxConfig
    from transformers.exporters.exporter_onnx import OnnxExporter
    from transformers.exporters.utils import decompose_for_generation

    ids = torch.arange(10, 10 + SAMPLE[0] * SAMPLE[1]).reshape(SAMPLE)
    sample = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    parts = decompose_for_generation(model, sample, multi_token_decode=True)
    if is_encoder_decoder:
        parts["encoder"] = (model.get_encoder(), sample)
    else:
        del parts["prefill"]
    exporter: Any = OnnxExporter()  # type: ignore[no-untyped-call]
    config = OnnxConfig(dynamic=True)
    for name, (part, inputs) in parts.items():
        program, _ = exporter.export_program(part, inputs, config=config)
        exporter.save_program(program, folder / f"{name}.onnx")


@contextmanager
def _silence() -> Iterator[None]:
    """Discard the progress and the warnings of the exporter, which concern its authors."""
    nothing, before = io.StringIO(), logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"), redirect_stdout(nothing), redirect_stderr(nothing):
            yield
    finally:
        logging.disable(before)
