"""Streaming of a batch of summaries while the native engine writes them."""

from collections.abc import Mapping, Sequence

from sumtune.summarizer import Completion, OnPiece
from sumtune.text.detokenizer import IncrementalDetokenizer
from sumtune.text.encode import Encoder

__all__ = ["StreamedBatch"]


class StreamedBatch:
    """The summaries of one batch, passed to `watch` piece by piece."""

    def __init__(self, watch: OnPiece, indices: Sequence[int], encoder: Encoder) -> None:
        """`indices` are the positions of the batch's dialogues among all dialogues."""
        self._watch, self._indices = watch, indices
        self._detokenizers = [IncrementalDetokenizer(encoder.decode) for _ in indices]
        self._stopped: set[int] = set()

    def push(self, place: int, token: int) -> bool:
        """Add `token` to the summary at `place` of the batch, and show what is new; return True if it must stop."""
        if self._watch(self._indices[place], self._detokenizers[place].push(token)):
            self._stopped.add(place)
        return place in self._stopped

    def end(self, completions: Mapping[int, Completion]) -> None:
        """Show the last piece of each summary that was not stopped."""
        for place, index in enumerate(self._indices):
            if place not in self._stopped:
                self._watch(index, self._detokenizers[place].end(completions[index].text))
