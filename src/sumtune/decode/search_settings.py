"""How an engine searches for the best summary, whatever the engine."""

from dataclasses import dataclass, replace
from typing import Any

from sumtune.config import AUTO, DecodeConfig
from sumtune.text.prompt import Prompt

__all__ = ["SearchSettings"]


@dataclass(frozen=True)
class SearchSettings:
    """Greedy search, or beam search if there are several beams."""

    beams: int = 1
    length_penalty: float = 1.0
    """Exponent of the length by which beam scores are divided."""
    no_repeat_ngram_size: int = 0
    """No sequence of this many tokens is written twice in a summary; 0 allows all repeats."""
    no_repeat_words: int = 0
    """The same in words. CTranslate2 does not count words."""

    @classmethod
    def of(cls, decode: DecodeConfig, prompt: Prompt) -> "SearchSettings":
        """Return the search of `decode`; `auto` stands for the value in `prompt`."""
        tokens, words = decode.no_repeat_ngram_size, decode.no_repeat_words
        if words == AUTO:
            words = prompt.no_repeat_words if tokens == AUTO else 0
        if tokens == AUTO:
            tokens = prompt.no_repeat_ngram_size
        return cls(decode.beams, decode.length_penalty, tokens, words)

    def with_beams(self, beams: int) -> "SearchSettings":
        """Return the same search with `beams` beams."""
        return replace(self, beams=beams)

    def described(self) -> dict[str, Any]:
        """Return the settings by name; `length_penalty` is None for greedy search."""
        penalty = self.length_penalty if self.beams > 1 else None
        return {
            "beams": self.beams, "length_penalty": penalty, "no_repeat_ngram_size": self.no_repeat_ngram_size,
            "no_repeat_words": self.no_repeat_words,
        }  # fmt: skip
