"""Notes of `sumtune summarize` on standard error: which dialogues are too long, and which styles are unknown."""

import sys
from collections.abc import Callable, Iterable, Sequence

from sumtune.data.styles import check_style
from sumtune.decode.build import TunedModel
from sumtune.plurals import counted

__all__ = ["LengthNotes", "StyleNotes", "print_note"]

SHOWN_WARNINGS = 5

Tell = Callable[[str], None]
"""Shows one line to the user."""


def print_note(note: object) -> None:
    """Print `note` to standard error."""
    print_line(f"Note: {note}.")


def print_line(line: str) -> None:
    """Print `line` to standard error."""
    print(line, file=sys.stderr)


class LengthNotes:
    """Notes on dialogues that exceed the token limit: the first few by place, and the total."""

    def __init__(self, tuned: TunedModel, tell: Tell = print_line) -> None:
        self._tuned, self._tell = tuned, tell
        self._seen = self._cut = 0

    def report(self, dialogues: Sequence[tuple[str, str]]) -> list[int]:
        """Print a note on each of `dialogues` (place, text) that is too long; return the number of tokens of each."""
        limit = self._tuned.max_source_tokens
        counts = self._tuned.count_tokens([text for _, text in dialogues])
        self._seen += len(counts)
        for (place, _), tokens in zip(dialogues, counts, strict=True):
            if tokens > limit:
                self._cut += 1
                if self._cut <= SHOWN_WARNINGS:
                    self._tell(self._note(place, tokens, limit))
        return counts

    def _note(self, place: str, tokens: int, limit: int) -> str:
        if self._tuned.long == "parts":
            return f"Note: {place} has {tokens} tokens and is read in parts of up to {limit}."
        return f"Warning: {place} has {tokens} tokens; only the first {limit} are read."

    def report_total(self) -> None:
        """Print how many dialogues were too long, if any."""
        if self._cut:
            kind, fate = (
                ("Note", "they are read in parts")
                if self._tuned.long == "parts"
                else ("Warning", "their ends are not read")
            )
            self._tell(
                f"{kind}: {self._cut} of {counted(self._seen, 'dialogue')} with more than the "
                f"{self._tuned.max_source_tokens} tokens that are read at once: {fate}."
            )


class StyleNotes:
    """Notes on styles that the model was not tuned with: each one once."""

    def __init__(self, tuned: TunedModel, tell: Tell = print_line) -> None:
        self._tuned, self._tell = tuned, tell
        self._seen: set[str] = set()

    def report(self, styles: Iterable[str]) -> None:
        """Check `styles`, and print a note on each new one that training did not have.

        Raises:
            ModelError: a style is too long, or the model was tuned without styles.
        """
        for style in dict.fromkeys(styles):
            if style not in self._seen:
                self._seen.add(style)
                note = check_style(style, self._tuned.styles, self._tuned.count_tokens)
                if note and len(self._seen) <= SHOWN_WARNINGS:
                    self._tell(f"Note: {note}")
