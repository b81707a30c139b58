"""The formats `gguf`, `gguf-q8_0` and `gguf-adapter`."""

from dataclasses import dataclass
from pathlib import Path

from sumtune.export.chat_template import chat_template
from sumtune.export.gguf.artefact import GgufArtefact, most_tokens, stops
from sumtune.export.gguf.lora import require_plain_lora
from sumtune.export.gguf.runtime import RUNTIME, why_no_llama_cpp
from sumtune.export.gguf.tensors import Precision
from sumtune.export.gguf.write import require_gguf, write_adapter, write_base, write_merged
from sumtune.export.source import ExportSource

__all__ = ["GgufAdapterFormat", "GgufFormat"]

MODEL, BASE, ADAPTER, TEMPLATE = "model.gguf", "base.gguf", "adapter.gguf", "chat_template.jinja"
USAGE = """Serve it with llama.cpp, and send a dialogue as the only message to `/v1/chat/completions`:

```
llama-server --model {model} --ctx-size {context} --jinja --temp 0 --predict {limit}{more}
```

Or in Python, with llama-cpp-python:

```python
from llama_cpp import Llama
{handler}
llama = Llama("{model}", n_ctx={context}, verbose=False{options})
answer = llama.create_chat_completion(
    [{{"role": "user", "content": dialogue}}], temperature=0, max_tokens={limit}, stop={stop}
)
summary = answer["choices"][0]["message"]["content"].strip()
```{note}"""
HANDLER = """from llama_cpp.llama_chat_format import Jinja2ChatFormatter

template = open("{template}", encoding="utf-8").read()
handler = Jinja2ChatFormatter(template, eos_token="", bos_token="").to_chat_handler()
"""
STOP_NOTE = """

Send `"stop": ["\\n"]` with each request to `llama-server`: a summary is one line."""


@dataclass(frozen=True)
class GgufFormat:
    """The merged model as one GGUF file, which holds its tokenizer, its prompt as chat template, and its end marks."""

    name: str
    precision: Precision
    runtime: str = RUNTIME
    searches_beams: bool = False

    @property
    def purpose(self) -> str:
        """See `ExportFormat`."""
        return f"llama.cpp, LM Studio and Jan ({self.precision})"

    def forbids_repeats(self, source: ExportSource) -> bool:  # noqa: ARG002  (as in the Protocol)
        """Return False: llama.cpp has only penalties."""
        return False

    def missing_runtime(self) -> str | None:
        """See `ExportFormat`."""
        return why_no_llama_cpp()

    def require_exportable(self, source: ExportSource) -> None:
        """See `ExportFormat`."""
        require_gguf(source)

    def max_source_tokens(self, source: ExportSource) -> int:
        """Return the limit of the prompt."""
        return source.prompt.max_source_tokens

    def write(self, source: ExportSource, folder: Path) -> None:
        """Write the merged model."""
        write_merged(source, folder / MODEL, self.precision)

    def open(self, folder: Path) -> GgufArtefact:
        """Load the file with llama.cpp."""
        return GgufArtefact(folder, MODEL)

    def usage(self, source: ExportSource, folder: Path) -> str:  # noqa: ARG002 - the same for every model
        """Return commands for llama.cpp and code for llama-cpp-python."""
        return _usage(source, MODEL)


@dataclass(frozen=True)
class GgufAdapterFormat:
    """The LoRA adapter as a GGUF file of a few megabytes, and the base model that it belongs to."""

    name: str = "gguf-adapter"
    purpose: str = "llama.cpp with --lora, one base model for several adapters"
    runtime: str = RUNTIME
    searches_beams: bool = False

    def forbids_repeats(self, source: ExportSource) -> bool:  # noqa: ARG002  (as in the Protocol)
        """Return False: llama.cpp has only penalties."""
        return False

    def missing_runtime(self) -> str | None:
        """See `ExportFormat`."""
        return why_no_llama_cpp()

    def require_exportable(self, source: ExportSource) -> None:
        """See `ExportFormat`. DoRA is refused, too."""
        require_gguf(source)
        require_plain_lora(source.adapter)

    def max_source_tokens(self, source: ExportSource) -> int:
        """Return the limit of the prompt."""
        return source.prompt.max_source_tokens

    def write(self, source: ExportSource, folder: Path) -> None:
        """Write adapter, base model and chat template; the base model has none, or a different one."""
        write_adapter(source, folder / ADAPTER)
        write_base(source, folder / BASE)
        (folder / TEMPLATE).write_text(chat_template(source.encoder), encoding="utf-8")

    def open(self, folder: Path) -> GgufArtefact:
        """Load base model and adapter with llama.cpp."""
        return GgufArtefact(folder, BASE, ADAPTER, TEMPLATE)

    def usage(self, source: ExportSource, folder: Path) -> str:  # noqa: ARG002 - the same for every model
        """Return commands for llama.cpp and code for llama-cpp-python."""
        return _usage(source, BASE, adapter=True)


def _usage(source: ExportSource, model: str, adapter: bool = False) -> str:
    prompt = source.prompt
    return USAGE.format(
        model=model, context=most_tokens(prompt), limit=prompt.max_target_tokens, stop=stops(prompt),
        more=f" --lora {ADAPTER} --chat-template-file {TEMPLATE}" if adapter else "",
        handler=HANDLER.format(template=TEMPLATE) if adapter else "",
        options=f', lora_path="{ADAPTER}", chat_handler=handler' if adapter else "",
        note=STOP_NOTE if prompt.single_line else "",
    )  # fmt: skip
