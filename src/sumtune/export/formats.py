"""The formats of `sumtune export`, by name."""

from sumtune.errors import ConfigError
from sumtune.export.ctranslate2 import CTranslate2Format
from sumtune.export.format import ExportFormat
from sumtune.export.gguf.formats import GgufAdapterFormat, GgufFormat
from sumtune.export.graphs.formats import ONNX, OPENVINO
from sumtune.export.merged import MergedFormat
from sumtune.export.ollama.format import OllamaFormat

__all__ = ["FORMATS", "find_format"]

_ALL: tuple[ExportFormat, ...] = (
    MergedFormat(),
    CTranslate2Format(),
    ONNX,
    OPENVINO,
    GgufFormat("gguf", "f16"),
    GgufFormat("gguf-q8_0", "q8_0"),
    GgufAdapterFormat(),
    OllamaFormat(),
)
FORMATS: dict[str, ExportFormat] = {one.name: one for one in _ALL}


def find_format(name: str) -> ExportFormat:
    """Return the format called `name`.

    Raises:
        ConfigError: there is no such format; the message lists all of them.
    """
    if name not in FORMATS:
        known = "; ".join(f"{one.name} (for {one.purpose})" for one in FORMATS.values())
        raise ConfigError(f"There is no export format {name!r}. The formats are: {known}.")
    return FORMATS[name]
