"""The format `onnx`: graphs with a cache, written by the exporter of transformers, for ONNX Runtime."""

import io
import logging
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from sumtune.errors import ConfigError
from sumtune.export.format import write_each
from sumtune.export.source import ExportSource
from sumtune.export.tokenizer_files import PromptTokenizer, write_generation, write_prompt_tokens, write_tokenizer
from sumtune.model.merge import load_merged
from sumtune.summarizer import OnProgress

__all__ = ["OnnxFormat"]

GREEDY = "onnx_greedy.py"
"""The module with the search, which is copied into each export."""
SAMPLE = (2, 12)
"""Dialogues and tokens of the input that the exporter traces; the graphs take any number of both."""
INSTALL = "install it with: pip install 'sumtune[onnx]'"
CODE = """```python
import json
from pathlib import Path

from onnx_greedy import GreedyModel  # a file in this folder; it needs onnxruntime and numpy alone
from transformers import AutoTokenizer

prompt = json.loads(Path("prompt_tokens.json").read_text(encoding="utf-8"))[""]
tokenizer = AutoTokenizer.from_pretrained("tokenizer")
ids = prompt["before"] + tokenizer(dialogue, add_special_tokens=False).input_ids + prompt["after"]
summary = tokenizer.decode(GreedyModel(Path(".")).generate(ids), skip_special_tokens=True).strip()
```"""


class OnnxFormat:
    """ONNX graphs in float32; greedy search."""

    name = "onnx"
    purpose = "ONNX Runtime, browsers, mobile"
    runtime = "onnxruntime"
    searches_beams = False

    def missing_runtime(self) -> str | None:
        """Return what to install if ONNX Runtime is missing."""
        return None if find_spec("onnxruntime") else f"onnxruntime is not installed; {INSTALL}"

    def require_exportable(self, source: ExportSource) -> None:  # noqa: ARG002
        """Require the packages of the exporter in transformers."""
        if missing := [name for name in ("onnx", "onnxscript") if find_spec(name) is None]:
            raise ConfigError(f"--to onnx needs the package {missing[0]}; {INSTALL}")

    def max_source_tokens(self, source: ExportSource) -> int:
        """Return the limit of the prompt."""
        return source.prompt.max_source_tokens

    def write(self, source: ExportSource, folder: Path) -> None:
        """Trace the merged model; a decoder-only model needs one graph, as it can begin with an empty cache."""
        model = load_merged(source.base.folder, source.adapter, torch.float32)
        with _silence():
            _write_graphs(model, source.is_encoder_decoder, folder)
        write_tokenizer(source, folder / "tokenizer", template=False)
        write_prompt_tokens(source, folder)
        write_generation(source, folder)
        shutil.copyfile(Path(__file__).with_name(GREEDY), folder / GREEDY)

    def open(self, folder: Path) -> "OnnxArtefact":
        """Load the graphs and the tokenizer."""
        return OnnxArtefact(folder)

    def usage(self, source: ExportSource, folder: Path) -> str:  # noqa: ARG002  (as in the Protocol)
        """Return code for ONNX Runtime."""
        return CODE


class OnnxArtefact:
    """Graphs that ONNX Runtime runs."""

    def __init__(self, folder: Path) -> None:
        from sumtune.export.onnx_greedy import GreedyModel

        self._prompts, self._model = PromptTokenizer(folder / "tokenizer", folder), GreedyModel(folder)

    def prompt_ids(self, dialogue: str, style: str = "") -> list[int]:
        """See `Artefact`."""
        return self._prompts.ids(dialogue, style)

    def summarize(
        self, dialogues: Sequence[str], styles: Sequence[str], progress: OnProgress | None = None
    ) -> list[str]:
        """See `Artefact`."""

        def write(dialogue: str, style: str) -> str:
            return self._prompts.text(self._model.generate(self.prompt_ids(dialogue, style)))

        return write_each(write, dialogues, styles, progress)


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
