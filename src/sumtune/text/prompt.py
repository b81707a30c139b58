"""The words around a dialogue, saved beside the adapter so that serving uses what was trained."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sumtune.errors import ModelError
from sumtune.files.records import read_record, validated, write_record

__all__ = ["FILE_NAME", "Prompt", "default_prompt"]

FILE_NAME = "prompt.json"
MAX_TOKENS = 1 << 20
MAX_CHARACTERS = 1 << 14

Text = Annotated[str, Field(strict=True, max_length=MAX_CHARACTERS)]
"""Its bound makes pydantic refuse half a character (an unpaired surrogate) as well."""
Tokens = Annotated[int, Field(strict=True, ge=1, le=MAX_TOKENS)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Prompt:
    """Text before the dialogue, after it, and before the summary, and the token limits of both.

    For an encoder–decoder model `before + dialogue + after` is the encoder's input and the summary the decoder's
    output. For a decoder-only model all of it is one sequence, and the loss looks only at the summary.
    """

    before: Text
    after: Text
    before_summary: Text
    max_source_tokens: Tokens
    """Most tokens of the dialogue alone; longer dialogues lose their end."""
    max_target_tokens: Tokens
    """Most tokens of the summary with its begin and end mark; longer ones lose their end in training."""
    single_line: Annotated[bool, Field(strict=True)] = False
    """True where no training summary has a line break: then generation ends at one."""
    end: Text = ""
    """Token that ends a summary, for example `<end_of_turn>` in a chat; "" is the tokenizer's end-of-sequence token."""

    def save(self, folder: Path) -> None:
        """Write `prompt.json` into `folder`."""
        write_record(folder / FILE_NAME, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> "Prompt":
        """Return the prompt saved in `folder`.

        Raises:
            ModelError: it is missing, damaged, or of a newer version.
        """
        return validated(cls, read_record(folder / FILE_NAME, ModelError), folder / FILE_NAME, ModelError)


def default_prompt(is_encoder_decoder: bool, model_type: str, max_source_tokens: int, max_target_tokens: int) -> Prompt:
    """The prompt for a model family: T5 was trained with the prefix `summarize: `, BART and Pegasus with none."""
    if is_encoder_decoder:
        before = "summarize: " if model_type in {"t5", "mt5", "umt5"} else ""
        return Prompt(before, "", "", max_source_tokens, max_target_tokens)
    return Prompt("Conversation:\n", "\n\nSummary:", " ", max_source_tokens, max_target_tokens)
