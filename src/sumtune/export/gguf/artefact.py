"""A GGUF file, or an adapter with its base model, run by llama.cpp."""

from collections.abc import Sequence
from pathlib import Path

from jinja2.sandbox import ImmutableSandboxedEnvironment

from sumtune.data.styles import MAX_STYLE_CHARACTERS
from sumtune.export.format import write_each
from sumtune.export.gguf.runtime import LlamaCpp
from sumtune.summarizer import OnProgress
from sumtune.text.prompt import Prompt

__all__ = ["GgufArtefact", "most_tokens", "stops"]

CONTEXT_STEP = 256


class GgufArtefact:
    """Writes summaries as `llama-server` does: chat template of the file, greedy search, end tokens of the file."""

    def __init__(self, folder: Path, model: str, adapter: str | None = None, template: str | None = None) -> None:
        """Load the files named `model` and `adapter` in `folder`; `template` names a file that replaces the template.

        Raises:
            ModelError: llama.cpp cannot read a file, or the adapter does not fit the model.
        """
        self._prompt = Prompt.load(folder)
        self._llama = LlamaCpp(folder / model, most_tokens(self._prompt), None if adapter is None else folder / adapter)
        text = (folder / template).read_text(encoding="utf-8") if template else self._llama.metadata[
            "tokenizer.chat_template"]  # fmt: skip
        self._template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(text)

    def prompt_ids(self, dialogue: str, style: str = "") -> list[int]:
        """See `Artefact`. The start token is part of the template."""
        text = self._template.render(messages=[{"role": "user", "content": dialogue}], style=style)
        return self._llama.ids(text, add_start=False)

    def summarize(
        self, dialogues: Sequence[str], styles: Sequence[str], progress: OnProgress | None = None
    ) -> list[str]:
        """See `Artefact`."""

        def write(dialogue: str, style: str) -> str:
            return self._llama.write(
                self.prompt_ids(dialogue, style), self._prompt.max_target_tokens, stops(self._prompt)
            )

        return write_each(write, dialogues, styles, progress)


def most_tokens(prompt: Prompt) -> int:
    """Return how many tokens the longest prompt and summary have together, rounded up. A token has at least a byte."""
    around = [prompt.before + prompt.after]
    if prompt.styled is not None:
        around.append(prompt.styled.before + prompt.styled.after + "x" * 4 * MAX_STYLE_CHARACTERS)
    tokens = prompt.max_source_tokens + prompt.max_target_tokens + max(len(text.encode()) for text in around) + 1
    return -(-tokens // CONTEXT_STEP) * CONTEXT_STEP


def stops(prompt: Prompt) -> list[str]:
    """Return the texts that end a summary, besides the end tokens of the file."""
    return ["\n"] if prompt.single_line else []
