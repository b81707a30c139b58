"""The words around a dialogue, saved beside the adapter so that serving uses what was trained."""

from dataclasses import asdict, dataclass
from pathlib import Path

from sumtune.errors import ModelError
from sumtune.files.records import read_record, write_record

__all__ = ["Prompt", "default_prompt"]

FILE_NAME = "prompt.json"


@dataclass(frozen=True)
class Prompt:
    """Text before the dialogue, after it, and before the summary, and the token limits of both.

    For an encoder–decoder model `before + dialogue + after` is the encoder's input and the summary the decoder's
    output. For a decoder-only model all of it is one sequence, and the loss looks only at the summary.
    """

    before: str
    after: str
    before_summary: str
    max_source_tokens: int
    """Most tokens of the dialogue alone; longer dialogues lose their end."""
    max_target_tokens: int
    """Most tokens of the summary with its begin and end mark; longer ones lose their end in training."""
    single_line: bool = False
    """True where no training summary has a line break: then generation ends at one."""

    def save(self, folder: Path) -> None:
        """Writes `prompt.json` into `folder`."""
        write_record(folder / FILE_NAME, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> "Prompt":
        """The prompt saved in `folder`.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        return cls(**read_record(folder / FILE_NAME, ModelError))


def default_prompt(is_encoder_decoder: bool, model_type: str, max_source_tokens: int, max_target_tokens: int) -> Prompt:
    """The prompt for a model family: T5 was trained with the prefix `summarize: `, BART and Pegasus with none."""
    if is_encoder_decoder:
        before = "summarize: " if model_type in {"t5", "mt5", "umt5"} else ""
        return Prompt(before, "", "", max_source_tokens, max_target_tokens)
    return Prompt("Conversation:\n", "\n\nSummary:", " ", max_source_tokens, max_target_tokens)
