"""The formats `onnx` and `openvino`: graphs with a cache, and the greedy search that runs them."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from sumtune.errors import ConfigError
from sumtune.export.graphs.artefact import GraphArtefact
from sumtune.export.graphs.trace import write_onnx
from sumtune.export.source import ExportSource
from sumtune.export.tokenizer_files import write_generation, write_prompt_tokens, write_tokenizer

__all__ = ["ONNX", "OPENVINO"]

TRACING = ("onnx", "onnxscript")
"""Packages of the exporter in transformers."""
CODE = """```python
import json
from pathlib import Path

from greedy import GreedyModel  # a file in this folder, like the next one; they need numpy and {runtime} alone
from {module} import load_graphs
from transformers import AutoTokenizer

folder = Path(".")
prompt = json.loads((folder / "prompt_tokens.json").read_text(encoding="utf-8"))[""]
tokenizer = AutoTokenizer.from_pretrained("tokenizer")
ids = prompt["before"] + tokenizer(dialogue, add_special_tokens=False).input_ids + prompt["after"]
written = GreedyModel(folder, load_graphs(folder)).generate(ids)
summary = tokenizer.decode(written, skip_special_tokens=True).strip()
```"""


@dataclass(frozen=True)
class GraphFormat:
    """Graphs of one runtime, and two Python files: the greedy search, and the module that runs the graphs."""

    name: str
    purpose: str
    runtime: str
    packages: tuple[str, ...]
    """Packages that `write_graphs` needs."""
    write_graphs: Callable[[ExportSource, Path], None]
    searches_beams: bool = False

    @property
    def module(self) -> str:
        """Name of the module that runs the graphs."""
        return f"{self.name}_graphs"

    def forbids_repeats(self, source: ExportSource) -> bool:  # noqa: ARG002  (as in the Protocol)
        """Return True: the search is in the folder."""
        return True

    def missing_runtime(self) -> str | None:
        """Return what to install if the runtime is missing."""
        return None if find_spec(self.runtime) else f"{self.runtime} is not installed; {self._install}"

    def require_exportable(self, source: ExportSource) -> None:  # noqa: ARG002
        """Require the packages that write the graphs."""
        if missing := [name for name in self.packages if find_spec(name) is None]:
            raise ConfigError(f"--to {self.name} needs the package {missing[0]}; {self._install}")

    @property
    def _install(self) -> str:
        return f"install it with: pip install 'sumtune[{self.name}]'"

    def max_source_tokens(self, source: ExportSource) -> int:
        """Return the limit of the prompt."""
        return source.prompt.max_source_tokens

    def write(self, source: ExportSource, folder: Path) -> None:
        """Write the graphs and everything that runs them."""
        self.write_graphs(source, folder)
        write_tokenizer(source, folder / "tokenizer", template=False)
        write_prompt_tokens(source, folder)
        write_generation(source, folder)
        for module in ("greedy", self.module):
            shutil.copyfile(Path(__file__).with_name(f"{module}.py"), folder / f"{module}.py")

    def open(self, folder: Path) -> GraphArtefact:
        """Load the graphs and the tokenizer."""
        return GraphArtefact(folder, import_module(f"sumtune.export.graphs.{self.module}").load_graphs(folder))

    def usage(self, source: ExportSource, folder: Path) -> str:  # noqa: ARG002  (as in the Protocol)
        """Return code for the runtime."""
        return CODE.format(runtime=self.runtime, module=self.module)


def write_openvino(source: ExportSource, folder: Path) -> None:
    """Write the ONNX graphs as OpenVINO stores them."""
    from sumtune.export.graphs.openvino_graphs import convert

    with TemporaryDirectory(dir=folder.parent) as traced:
        write_onnx(source, Path(traced))
        for graph in Path(traced).glob("*.onnx"):
            convert(graph, folder)


ONNX = GraphFormat("onnx", "ONNX Runtime, browsers, mobile", "onnxruntime", TRACING, write_onnx)
OPENVINO = GraphFormat("openvino", "OpenVINO on Intel processors", "openvino", (*TRACING, "openvino"), write_openvino)
