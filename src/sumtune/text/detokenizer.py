"""Incremental detokenization: text from tokens that are still being generated."""

from collections.abc import Callable, Sequence

__all__ = ["IncrementalDetokenizer"]


class IncrementalDetokenizer:
    """Turns token ids, one at a time, into pieces of text that later tokens cannot change.

    A piece ends before white space: until then a later token may change the word or complete a character.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        """`decode` returns the text of token ids, without white space around it."""
        self._decode = decode
        self._ids: list[int] = []
        self._shown = ""

    def push(self, token_id: int) -> str:
        """Return the words that `token_id` completes, with the white space before them; usually ""."""
        self._ids.append(token_id)
        text = self._decode(self._ids)
        whole = len(text.rstrip()) - len(text.split()[-1]) if text.strip() else 0
        return self._show(text[:whole].rstrip())

    def end(self, text: str) -> str:
        """Return the part of the finished `text` that no earlier piece contained."""
        return self._show(text)

    def _show(self, text: str) -> str:
        if not text.startswith(self._shown):
            return ""
        piece = text[len(self._shown) :]
        self._shown += piece
        return piece
