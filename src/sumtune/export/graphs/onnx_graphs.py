"""Graphs that ONNX Runtime runs. Each ONNX export of sumtune contains a copy of this file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # otherwise its import collects data about this machine
import onnxruntime

__all__ = ["load_graphs"]

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}


class OnnxGraph:
    """A session of ONNX Runtime. Names have no prefix."""

    def __init__(self, file: Path) -> None:
        self._session = onnxruntime.InferenceSession(str(file))
        self._names = {one.name: _bare(one.name) for one in self._session.get_inputs()}
        self.outputs = {_bare(one.name): (_shape(one.shape), TYPES[one.type]) for one in self._session.get_outputs()}

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs for `values`, which hold every input; values that are not inputs are ignored."""
        feed = {name: values[bare] for name, bare in self._names.items()}
        return dict(zip(self.outputs, self._session.run(None, feed), strict=True))


def load_graphs(folder: Path) -> dict[str, OnnxGraph]:
    """Return the graphs in `folder` by name."""
    return {file.stem: OnnxGraph(file) for file in folder.glob("*.onnx")}


def _bare(name: str) -> str:
    return name.removeprefix("input.").removeprefix("output.")


def _shape(sizes: list[int | str]) -> list[int | None]:
    """Return a shape; the sizes of open dimensions are names."""
    return [size if isinstance(size, int) else None for size in sizes]
