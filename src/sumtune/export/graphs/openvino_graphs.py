"""Graphs that OpenVINO runs. Each OpenVINO export of sumtune contains a copy of this file."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it reports each import to its authors
import openvino  # noqa: E402

__all__ = ["convert", "load_graphs"]

EXACT = {"INFERENCE_PRECISION_HINT": "f32"}
"""Otherwise OpenVINO computes in bfloat16 on processors that can."""
INSTRUCTIONS = ("ONEDNN_MAX_CPU_ISA", "AVX2")
"""Environment variable of OpenVINO. In float32, the AVX-512 code of 2026.4.1 is wrong on some processors."""


class OpenvinoGraph:
    """A compiled model of OpenVINO. Names have no prefix."""

    def __init__(self, file: Path) -> None:
        self._model = openvino.Core().compile_model(file, "CPU", EXACT)
        self._inputs = [_name(one) for one in self._model.inputs]
        self.outputs = {
            _name(one): (_shape(one.partial_shape), one.element_type.to_dtype()) for one in self._model.outputs
        }

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs for `values`, which hold every input; values that are not inputs are ignored."""
        found = self._model([values[name] for name in self._inputs])
        return dict(zip(self.outputs, found.values(), strict=True))


def load_graphs(folder: Path) -> dict[str, OpenvinoGraph]:
    """Return the graphs in `folder` by name."""
    os.environ.setdefault(*INSTRUCTIONS)  # OpenVINO reads it when it compiles the first model
    return {file.stem: OpenvinoGraph(file) for file in folder.glob("*.xml")}


def convert(file: Path, folder: Path) -> None:
    """Write the ONNX graph `file` as a graph of OpenVINO into `folder`, with weights in float16."""
    openvino.save_model(openvino.Core().read_model(file), folder / f"{file.stem}.xml", compress_to_fp16=True)


def _name(port: Any) -> str:
    """Return the name of an input or output in the ONNX graph; OpenVINO may give its tensor others, too."""
    name: str = port.get_node().get_friendly_name().partition("/")[0]
    return name.removeprefix("input.").removeprefix("output.")


def _shape(partial: Any) -> list[int | None]:
    return [one.get_length() if one.is_static else None for one in partial]
