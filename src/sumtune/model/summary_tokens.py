"""The tokens of the training summaries, saved with the adapter so that generation can always write them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from sumtune.errors import ModelError
from sumtune.files.records import read_record, write_record

__all__ = ["SUMMARY_TOKENS", "SummaryTokens"]

SUMMARY_TOKENS = "summary_tokens.json"


class _Record(BaseModel):
    """Content of `summary_tokens.json`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    english: bool
    ids: list[int]


@dataclass(frozen=True)
class SummaryTokens:
    """The set of tokens in the training summaries, and whether the summaries are English."""

    ids: tuple[int, ...]
    """In ascending order."""
    english: bool

    @classmethod
    def of(cls, targets: Iterable[Sequence[int]], english: bool) -> Self:
        """Collect the tokens of `targets`, the token ids of each summary."""
        return cls(tuple(sorted({token for target in targets for token in target})), english)

    def save(self, folder: Path) -> None:
        """Write `summary_tokens.json` into `folder`."""
        write_record(folder / SUMMARY_TOKENS, {"english": self.english, "ids": list(self.ids)})

    @classmethod
    def load(cls, folder: Path, vocabulary: int) -> Self | None:
        """Return the tokens saved in `folder`, or None if there is no file (adapters of the first releases).

        Raises:
            ModelError: the file is damaged or from a newer version, or an id is not below `vocabulary`, the number of
                tokens of the model.
        """
        file = folder / SUMMARY_TOKENS
        if not file.exists():
            return None
        try:
            record = _Record.model_validate(read_record(file, ModelError))
        except ValidationError:
            raise ModelError(f"{file} is damaged: expected `english` and a list of token ids.") from None
        if unknown := [token for token in record.ids if not 0 <= token < vocabulary]:
            raise ModelError(f"{file} names token {unknown[0]}, but the base model has {vocabulary} tokens.")
        return cls(tuple(sorted(set(record.ids))), record.english)
