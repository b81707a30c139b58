"""A tuned model that summarizes dialogues."""

import logging
import os
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, overload

from sumtune.commands.summarize_notes import LengthNotes, StyleNotes
from sumtune.data.dialogue import as_text
from sumtune.data.styles import clean_style
from sumtune.decode.build import TunedModel, load_tuned
from sumtune.decode.threads import in_torch_thread
from sumtune.errors import InputError
from sumtune.files.run_dir import DEFAULT_RUN_DIR
from sumtune.memory import free_memory
from sumtune.model.adapter_files import adapter_folder
from sumtune.summarizer import ParallelSummarizer

__all__ = ["Summarizer"]

logger = logging.getLogger(__name__)


class Summarizer:
    """A tuned model in memory. Several threads may use it; a pickle holds only the path of its folder.

    >>> import sumtune
    >>> with sumtune.Summarizer.load("runs/chats") as summarizer:  # doctest: +SKIP
    ...     summaries = summarizer.summarize(["Ann: Lunch?\\nBob: At noon.", "Cem: Late again?\\nDora: Sorry!"])
    >>> len(summaries)  # doctest: +SKIP
    2

    As a context, it frees its memory at the end.
    """

    def __init__(self, tuned: TunedModel, folder: Path, beams: int | None = None) -> None:
        """Use a loaded model; `load` loads one."""
        self._tuned: TunedModel | None = tuned
        self._folder, self._beams = folder, beams
        self._copies = tuned.summarizer.copies if isinstance(tuned.summarizer, ParallelSummarizer) else 1
        self._free, self._closing = threading.Semaphore(self._copies), threading.Lock()

    @classmethod
    def load(cls, folder: str | os.PathLike[str] = DEFAULT_RUN_DIR, beams: int | None = None) -> "Summarizer":
        """Load the adapter of a run folder, or an adapter folder. `beams` is 1 for greedy search.

        By default, it decodes as in the last evaluation of the run.

        Raises:
            ModelError: there is no adapter, a file of it is damaged, or its base model is missing.
        """
        adapter = adapter_folder(Path(folder))
        return cls(in_torch_thread(partial(load_tuned, adapter, beams)), Path(folder).absolute(), beams)

    @overload
    def summarize(self, dialogues: str, *, style: str = "", max_tokens: int | None = None) -> str: ...

    @overload
    def summarize(self, dialogues: Iterable[Any], *, style: str = "", max_tokens: int | None = None) -> list[str]: ...

    def summarize(
        self, dialogues: str | Iterable[Any], *, style: str = "", max_tokens: int | None = None
    ) -> str | list[str]:
        """Return the summary of one dialogue (a text with one turn per line), or of each dialogue of a list.

        A dialogue in a list may also be a list of turns: texts, or mappings with a speaker and a text. `style` is one
        that the model was tuned with, `max_tokens` a limit below that of the model. A dialogue that is too long to be
        read at once is logged as a warning, which says how it is read.

        Raises:
            InputError: a dialogue is empty or not a text.
            ModelError: the style is too long, or the model was tuned without styles.
            ValueError: the summarizer is closed.
        """
        if isinstance(dialogues, str):
            return self._summarize([dialogues], style, max_tokens)[0]
        return self._summarize(list(dialogues), style, max_tokens)

    def _summarize(self, dialogues: list[Any], style: str, max_tokens: int | None) -> list[str]:
        texts = [_text(number, dialogue) for number, dialogue in enumerate(dialogues, 1)]
        with self._free:
            if (tuned := self._tuned) is None:
                raise ValueError("The summarizer is closed: load it again.")
            style = clean_style(style)
            StyleNotes(tuned, logger.warning).report([style])
            notes = LengthNotes(tuned, logger.warning)
            tokens = notes.report([(f"Dialogue {number}", text) for number, text in enumerate(texts, 1)])
            notes.report_total()
            decode = partial(tuned.for_any_length().summarize, texts, max_tokens=max_tokens,
                             styles=[style] * len(texts), tokens=tokens)  # fmt: skip
            # A model that uses all cores for a batch decodes one batch at a time, in the thread that has the cores.
            found = in_torch_thread(decode) if self._copies == 1 else decode()
        return [one.text for one in found]

    def close(self) -> None:
        """Free the memory of the model, after the summaries that other threads are waiting for."""
        with self._closing:
            for _ in range(self._copies):
                self._free.acquire()
            self._tuned = None
            self._free.release(self._copies)
        free_memory()

    def __enter__(self) -> "Summarizer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, tuple[Path, int | None]]:
        return type(self).load, (self._folder, self._beams)

    def __repr__(self) -> str:
        engine = "closed" if (tuned := self._tuned) is None else f"{tuned.name}, {tuned.summarizer.engine}"
        return f"<Summarizer {str(self._folder)!r}: {engine}>"


def _text(number: int, dialogue: Any) -> str:
    """Return the dialogue as in training."""
    text = as_text(list(dialogue) if isinstance(dialogue, tuple) else dialogue)
    if not text:
        problem = "is empty" if text == "" else f"is {type(dialogue).__name__!r}, not text"
        raise InputError(f"Dialogue {number} {problem}: expected a dialogue, one turn per line.")
    return text
