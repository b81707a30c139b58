"""The format `ollama`, checked by llama.cpp, on which Ollama is built."""

from collections.abc import Sequence
from pathlib import Path

from sumtune.export.format import write_each
from sumtune.export.gguf.artefact import most_tokens
from sumtune.export.gguf.runtime import RUNTIME, LlamaCpp, why_no_llama_cpp
from sumtune.export.gguf.write import require_gguf, write_merged
from sumtune.export.ollama.go_template import render
from sumtune.export.ollama.modelfile import modelfile_of, parse, text_of
from sumtune.export.source import ExportSource
from sumtune.summarizer import OnProgress

__all__ = ["OllamaFormat"]

MODEL, MODELFILE = "model.gguf", "Modelfile"
SEARCH = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.0, "repeat_penalty": 1.1}
"""Search settings that Ollama takes if the Modelfile does not set them."""
USAGE = """```
ollama create summarizer -f Modelfile
ollama run summarizer "$(cat dialogue.txt)"
```

The message is the dialogue alone: the Modelfile adds the prompt, and sets greedy search, end marks and limits.{style}
Each message is a dialogue of its own, so start a new chat for the next one, or use `/api/generate`."""
STYLE = " The system message is the style."


class OllamaFormat:
    """A GGUF file in q8_0 and a Modelfile."""

    name = "ollama"
    purpose = "Ollama"
    runtime = RUNTIME
    searches_beams = False

    def forbids_repeats(self, source: ExportSource) -> bool:  # noqa: ARG002  (as in the Protocol)
        """Return False: Ollama has only penalties."""
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
        """Write the merged model and the Modelfile."""
        write_merged(source, folder / MODEL, "q8_0")
        modelfile = modelfile_of(source.prompt, MODEL, most_tokens(source.prompt), source.notice)
        (folder / MODELFILE).write_text(text_of(modelfile), encoding="utf-8")

    def open(self, folder: Path) -> "OllamaArtefact":
        """Read the Modelfile and load its model with llama.cpp."""
        return OllamaArtefact(folder)

    def usage(self, source: ExportSource, folder: Path) -> str:  # noqa: ARG002 - the same for every model
        """Return commands for Ollama."""
        return USAGE.format(style=STYLE if source.prompt.styled else "")


class OllamaArtefact:
    """A Modelfile and its model, run by llama.cpp with the settings that Ollama would use."""

    def __init__(self, folder: Path) -> None:
        self._modelfile = parse(folder / MODELFILE)
        parameters = self._modelfile.parameters
        self._limit = int(parameters["num_predict"])
        self._search = {key: type(default)(parameters.get(key, default)) for key, default in SEARCH.items()}
        self._llama = LlamaCpp(folder / self._modelfile.model, int(parameters["num_ctx"]))

    def prompt_ids(self, dialogue: str, style: str = "") -> list[int]:
        """See `Artefact`. The start token comes from the model, not from the template."""
        return self._llama.ids(render(self._modelfile.template, dialogue, style), add_start=True)

    def summarize(
        self, dialogues: Sequence[str], styles: Sequence[str], progress: OnProgress | None = None
    ) -> list[str]:
        """See `Artefact`."""

        def write(dialogue: str, style: str) -> str:
            return self._llama.write(
                self.prompt_ids(dialogue, style), self._limit, self._modelfile.stop, **self._search
            )

        return write_each(write, dialogues, styles, progress)
