"""Encoding of dialogues and summaries as token ids."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sumtune.data.example import Example
from sumtune.data.styles import MAX_STYLE_TOKENS
from sumtune.errors import ModelError
from sumtune.text.position_limits import UNLIMITED, PositionLimits
from sumtune.text.prompt import Prompt
from sumtune.text.word_starts import word_starts

__all__ = ["Encoded", "Encoder"]

CACHED_STYLES = 128
BATCH_TEXTS = 256
"""Texts tokenized in one call. One by one is slower, and a whole corpus in one call would fill memory with offsets."""
JOINT_TOKENS = 8
"""Upper bound on the tokens that a style adds where it touches the prompt."""


@dataclass(frozen=True)
class Encoded:
    """One example as token ids.

    `source` is the input (dialogue and prompt), `target` the output to learn (summary and end-of-sequence token).
    A decoder-only model reads both as one sequence; its loss mask covers exactly the positions of `target`.
    """

    source: tuple[int, ...]
    target: tuple[int, ...]

    @property
    def length(self) -> int:
        """Number of tokens of source and target together."""
        return len(self.source) + len(self.target)


class Encoder:
    """Encodes text as token ids, in the same way for training, evaluation and serving.

    Prompt, dialogue and summary are tokenized separately, so a token never spans two of them and the loss mask covers
    exactly the summary.
    """

    prompt: Prompt
    """The prompt, with token limits reduced to the positions of the model."""

    def __init__(
        self, tokenizer: Any, prompt: Prompt, is_encoder_decoder: bool, positions: PositionLimits = UNLIMITED,
        vocabulary_size: int | None = None,
    ) -> None:  # fmt: skip
        """Create an encoder for a model with embeddings for ids below `vocabulary_size` (None: no limit).

        `tokenizer` is a Hugging Face tokenizer.

        Raises:
            ModelError: the tokenizer has no end-of-sequence token, a special token or a part of the prompt has no
                embedding, or the model has too few positions for a dialogue.
        """
        if tokenizer.eos_token_id is None:
            raise ModelError("The tokenizer has no end-of-sequence token; choose a model that defines one.")
        self.tokenizer = tokenizer
        self.is_encoder_decoder = is_encoder_decoder
        self.vocabulary_size = vocabulary_size
        specials = self._require_known(list(tokenizer("").input_ids))
        self._end_id = self._end(prompt.end)
        ends = bool(specials) and specials[-1] == tokenizer.eos_token_id
        self._head = specials[:-1] if ends else specials
        self._tail = specials[-1:] if ends and is_encoder_decoder else []
        self._target_head = self._head if is_encoder_decoder else []
        self.prompt = prompt
        self.around = lru_cache(CACHED_STYLES)(self._around)
        """Returns the ids before and after a dialogue with a style ("" for none)."""
        self.prompt = positions.fit(prompt, self.overhead, is_encoder_decoder)

    @property
    def head(self) -> list[int]:
        """Ids that start every source, such as `<bos>`; empty for T5."""
        return self._head

    @property
    def overhead(self) -> int:
        """Number of source tokens besides the dialogue; with styles, an upper bound for all of them."""
        without = sum(map(len, self.around("")))
        if (styled := self.prompt.styled) is None:
            return without
        words = len(self._head) + len(self._tail) + len(self._ids(styled.before)) + len(self._ids(styled.after))
        return max(without, words + MAX_STYLE_TOKENS + JOINT_TOKENS)

    def _around(self, style: str) -> tuple[list[int], list[int]]:
        before, after = self.prompt.around(style)
        return self._head + self._ids(before), self._ids(after) + self._tail

    @property
    def end_ids(self) -> list[int]:
        """Ids that end a summary: end-of-sequence and, for summaries of one line, all tokens made of line breaks."""
        breaks = [self._ids("\n" * count) for count in (1, 2, 3)] if self.prompt.single_line else []
        marks = dict.fromkeys([self._end_id, self.tokenizer.eos_token_id])
        return [*marks, *(ids[0] for ids in breaks if len(ids) == 1)]

    @cached_property
    def word_starts(self) -> list[bool]:
        """Whether the token of each id starts a word."""
        return word_starts(self.tokenizer, self.vocabulary_size or len(self.tokenizer))

    def _end(self, mark: str) -> int:
        """Return the id that ends a summary."""
        (end,) = self.tokenizer.convert_tokens_to_ids([mark]) if mark else [self.tokenizer.eos_token_id]
        if end is None or end == getattr(self.tokenizer, "unk_token_id", None):
            raise ModelError(f"The prompt ends summaries with {mark!r}, which is not a token of the tokenizer.")
        return self._require_known([int(end)])[0]

    def _ids(self, text: str) -> list[int]:
        return self._require_known(list(self.tokenizer(text, add_special_tokens=False).input_ids))

    def _ids_of(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Yield `_ids` of each text."""
        for start in range(0, len(texts), BATCH_TEXTS):
            batch = list(texts[start : start + BATCH_TEXTS])
            yield from map(self._require_known, self.tokenizer(batch, add_special_tokens=False).input_ids)

    def _require_known(self, ids: list[int]) -> list[int]:
        """Return `ids`; raise ModelError if one of them has no embedding."""
        if self.vocabulary_size is not None and ids and (largest := max(ids)) >= self.vocabulary_size:
            (token,) = self.tokenizer.convert_ids_to_tokens([largest])
            raise ModelError(
                f"The tokenizer gives {token!r} the id {largest}, but the model has only {self.vocabulary_size:,} "
                f"embeddings, for ids below {self.vocabulary_size}. Resize the model to its tokenizer "
                "(`resize_token_embeddings`, then `save_pretrained`), use the tokenizer that belongs to the model, or, "
                "if it occurs only in your data, remove it there."
            )
        return ids

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, before truncation.

        Raises:
            ModelError: a text has a token without an embedding.
        """
        return [len(ids) for ids in self._ids_of(texts)]

    def count_targets(self, summaries: Sequence[str]) -> list[int]:
        """Return the number of target tokens of each summary, with its special tokens, before truncation."""
        marks = len(self._target_head) + 1
        return [marks + count for count in self.count([self._target_text(summary) for summary in summaries])]

    def source(self, dialogue: str, style: str = "") -> tuple[int, ...]:
        """Return the ids of prompt and dialogue. A dialogue over `max_source_tokens` loses its end.

        Raises:
            ModelError: the dialogue has a token without an embedding. `target` and `encode` raise it, too.
        """
        return self.sources([dialogue], [style])[0]

    def sources(self, dialogues: Sequence[str], styles: Sequence[str] | None = None) -> list[tuple[int, ...]]:
        """Return `source` of each dialogue; `styles` has the style of each, "" for none."""
        arounds = map(self.around, styles or [""] * len(dialogues))
        limit = self.prompt.max_source_tokens
        return [
            (*before, *ids[:limit], *after)
            for ids, (before, after) in zip(self._ids_of(dialogues), arounds, strict=True)
        ]

    def dialogue(self, source: Sequence[int]) -> str:
        """Return the text of the dialogue in `source`, as `source` encoded it; with an unknown prompt, all its text."""
        for style in ("", *(self.prompt.styles or ())):
            before, after = self.around(style)
            end = len(source) - len(after)
            if list(source[: len(before)]) == before and list(source[end:]) == after and len(before) <= end:
                source = source[len(before) : end]
                break
        return str(self.tokenizer.decode(list(source), skip_special_tokens=True))

    def target(self, summary: str) -> tuple[int, ...]:
        """Return the ids of the summary with its special tokens, cut to `max_target_tokens`."""
        return self.targets([summary])[0]

    def targets(self, summaries: Sequence[str]) -> list[tuple[int, ...]]:
        """Return `target` of each summary."""
        head, limit = self._target_head, self.prompt.max_target_tokens - 1
        texts = [self._target_text(summary) for summary in summaries]
        return [(*[*head, *ids][:limit], self._end_id) for ids in self._ids_of(texts)]

    def target_of(self, generated: Sequence[int]) -> tuple[int, ...]:
        """Return generated ids as a target: with the special tokens of `target`, cut to `max_target_tokens`."""
        head = self._target_head if list(generated[: len(self._target_head)]) != self._target_head else []
        return (*[*head, *generated][: self.prompt.max_target_tokens - 1], self._end_id)

    def _target_text(self, summary: str) -> str:
        return self.prompt.before_summary + summary.strip()

    def encode(self, dialogue: str, summary: str, style: str = "") -> Encoded:
        """Return source and target of one example."""
        return Encoded(self.source(dialogue, style), self.target(summary))

    def encode_examples(self, examples: Sequence[Example]) -> list[Encoded]:
        """Return `encode` of each example."""
        sources = self.sources([one.dialogue for one in examples], [one.style for one in examples])
        return list(map(Encoded, sources, self.targets([one.summary for one in examples])))

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of generated ids, without special tokens or surrounding white space."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True)).strip()
