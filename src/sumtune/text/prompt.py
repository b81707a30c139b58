"""The prompt around a dialogue. It is saved with the adapter, so serving uses the same one as training."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sumtune.data.styles import FIELD, MAX_STYLE_CHARACTERS
from sumtune.errors import ModelError
from sumtune.files.records import read_record, validated, write_record

__all__ = ["FILE_NAME", "Prompt", "StyledTexts", "default_prompt", "default_styled_texts"]

FILE_NAME = "prompt.json"
MAX_TOKENS = 1 << 20
MAX_CHARACTERS = 1 << 14
T5_FAMILY = frozenset({"t5", "mt5", "umt5"})

Text = Annotated[str, Field(strict=True, max_length=MAX_CHARACTERS)]
"""The maximum length also makes pydantic reject unpaired surrogates."""
Tokens = Annotated[int, Field(strict=True, ge=1, le=MAX_TOKENS)]
Style = Annotated[str, Field(strict=True, min_length=1, max_length=MAX_STYLE_CHARACTERS)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class StyledTexts:
    """Text before and after a dialogue that has a style, with `{style}` in its place."""

    before: Text
    after: Text
    styles: tuple[Style, ...] = ()
    """The styles of the training examples."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Prompt:
    """Three texts (before the dialogue, after it, before the summary), and token limits of dialogue and summary.

    An encoder–decoder model reads `before + dialogue + after` and writes the summary. A decoder-only model reads
    everything as one sequence, and the loss covers only the summary.
    """

    before: Text
    after: Text
    before_summary: Text
    max_source_tokens: Tokens
    """Maximum number of tokens of the dialogue alone; `long` says what happens to a longer one."""
    max_target_tokens: Tokens
    """Maximum number of tokens of the summary with its special tokens; a longer one loses its end in training."""
    long: Literal["parts", "truncate"] = "truncate"
    """How a longer dialogue is read: in parts, whose summaries are then summarized, or without its end."""
    single_line: Annotated[bool, Field(strict=True)] = False
    """True if no training summary has a line break. Generation then ends at the first one."""
    no_repeat_ngram_size: Literal[0] | Annotated[int, Field(strict=True, ge=2, le=64)] = 0
    """Length, in tokens, of sequences that are never written twice in a summary; 0 allows all repeats."""
    no_repeat_words: Literal[0] | Annotated[int, Field(strict=True, ge=2, le=64)] = 0
    """The same in words."""
    end: Text = ""
    """Token that ends a summary, for example `<end_of_turn>` in a chat; "" is the tokenizer's end-of-sequence token."""
    styled: StyledTexts | None = None
    """Prompt of dialogues with a style; None for a model that is tuned without styles."""

    def around(self, style: str = "") -> tuple[str, str]:
        """Return the text before and after a dialogue: `before` and `after` if there is no style, or no styled prompt.

        >>> Prompt("", "Summary:", "", 64, 64, styled=StyledTexts("", "Summary ({style}):")).around("brief")
        ('', 'Summary (brief):')
        """
        if not style or self.styled is None:
            return self.before, self.after
        return self.styled.before.replace(FIELD, style), self.styled.after.replace(FIELD, style)

    @property
    def styles(self) -> tuple[str, ...] | None:
        """The styles of the training examples; None for a model that is tuned without styles."""
        return None if self.styled is None else self.styled.styles

    def save(self, folder: Path) -> None:
        """Write `prompt.json` into `folder`."""
        record = asdict(self)
        if self.styled is None:
            del record["styled"]
        write_record(folder / FILE_NAME, record)

    @classmethod
    def load(cls, folder: Path) -> "Prompt":
        """Return the prompt saved in `folder`.

        Raises:
            ModelError: the file is missing, damaged, or from a newer version.
        """
        return validated(cls, read_record(folder / FILE_NAME, ModelError), folder / FILE_NAME, ModelError)


def default_prompt(is_encoder_decoder: bool, model_type: str, max_source_tokens: int, max_target_tokens: int) -> Prompt:
    """Return the default prompt of a model family. T5 was trained with the prefix `summarize: `; BART had none."""
    if is_encoder_decoder:
        before = "summarize: " if model_type in T5_FAMILY else ""
        return Prompt(before, "", "", max_source_tokens, max_target_tokens)
    return Prompt("Conversation:\n", "\n\nSummary:", " ", max_source_tokens, max_target_tokens)


def default_styled_texts(is_encoder_decoder: bool, model_type: str) -> StyledTexts:
    """Return the default prompt of a model family for a dialogue with a style."""
    if is_encoder_decoder:
        return StyledTexts(f"summarize ({FIELD}): " if model_type in T5_FAMILY else f"({FIELD}) ", "")
    return StyledTexts("Conversation:\n", f"\n\nSummary ({FIELD}):")
