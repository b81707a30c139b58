"""What a format of `sumtune export` provides: files, and their own runtime for the proof."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from sumtune.export.source import ExportSource
from sumtune.summarizer import OnProgress

__all__ = ["Artefact", "ExportFormat", "write_each"]


def write_each(
    write: Callable[[str, str], str], dialogues: Sequence[str], styles: Sequence[str], progress: OnProgress | None
) -> list[str]:
    """Return what `write` makes of each dialogue and its style, one after the other."""
    summaries = []
    for dialogue, style in zip(dialogues, styles, strict=True):
        summaries.append(write(dialogue, style))
        if progress is not None:
            progress(1)
    return summaries


class Artefact(Protocol):
    """An export, loaded by its own runtime. It reads only files of its folder."""

    def prompt_ids(self, dialogue: str, style: str = "") -> list[int]:
        """Return the token ids that the artefact's own tokenizer and template make of a dialogue."""
        ...

    def summarize(
        self, dialogues: Sequence[str], styles: Sequence[str], progress: OnProgress | None = None
    ) -> list[str]:
        """Return a summary of each dialogue, written with the search, end marks and limits in the folder."""
        ...


class ExportFormat(Protocol):
    """A format of `sumtune export`."""

    @property
    def name(self) -> str:
        """Name on the command line."""
        ...

    @property
    def purpose(self) -> str:
        """The programs that read it, for example `vLLM, transformers, TGI`."""
        ...

    @property
    def runtime(self) -> str:
        """The package that runs it in the proof, for example `ctranslate2`."""
        ...

    @property
    def searches_beams(self) -> bool:
        """Whether the runtime can search with beams. If not, both sides of the proof are greedy."""
        ...

    def forbids_repeats(self, source: ExportSource) -> bool:
        """Return whether the runtime can forbid repeats in a summary. If not, both sides of the proof allow them."""
        ...

    def missing_runtime(self) -> str | None:
        """Return a sentence that says why the runtime cannot run here and what to install; None if it can."""
        ...

    def require_exportable(self, source: ExportSource) -> None:
        """Check within a second whether `write` can work; called before anything is written.

        Raises:
            SumtuneError: the format does not support this model, or a package is missing.
        """
        ...

    def max_source_tokens(self, source: ExportSource) -> int:
        """Return the length of the longest dialogue that the artefact reads, in tokens."""
        ...

    def write(self, source: ExportSource, folder: Path) -> None:
        """Write the artefact into the empty `folder`.

        `prompt.json`, `README.md`, `export.json` and `NOTICE` are added by the caller.

        Raises:
            SumtuneError: the model cannot be exported after all.
        """
        ...

    def open(self, folder: Path) -> Artefact:
        """Load the artefact in `folder` with its own runtime."""
        ...

    def usage(self, source: ExportSource, folder: Path) -> str:
        """Return a section of `README.md` in Markdown: how to use the written `folder`, with code that runs as it is.

        Python code reads the folder `.` and the variable `dialogue`, and assigns `summary`.
        """
        ...
