"""Find everything that is wrong with the data at once, before any expensive work."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sumtune.config import ModelConfig
from sumtune.data.example import Example
from sumtune.data.example_file import ExampleFile, fingerprints
from sumtune.data.issues import Issue
from sumtune.plurals import counted

__all__ = ["TokenCounter", "check_learnable", "check_lengths", "check_splits"]

FEWEST_TRAINING_EXAMPLES = 2
FEW_TRAINING_EXAMPLES = 20
AT_A_TIME = 1024
"""Examples that are in memory while their tokens are counted."""


class TokenCounter(Protocol):
    """Counts tokens as training will see them. Implemented by `text.encode.Encoder`."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text alone, before any truncation."""
        ...

    def count_targets(self, summaries: Sequence[str]) -> list[int]:
        """Return the number of tokens of each summary with the special tokens of training, before any truncation."""
        ...


def check_learnable(examples: Sequence[Example], counter: TokenCounter) -> Iterator[Issue]:
    """Return an issue for each summary that has no token to learn."""
    for some in _in_turn(examples):
        for example, count in zip(some, counter.count([example.summary for example in some]), strict=True):
            if count == 0:
                message = "the tokenizer turns the summary into no tokens"
                yield Issue("no_summary_tokens", "error", message, example.file, example.row)


def _in_turn(examples: Sequence[Example]) -> Iterator[list[Example]]:
    """Yield all examples, a few at a time."""
    for start in range(0, len(examples), AT_A_TIME):
        yield list(examples[start : start + AT_A_TIME])


def check_splits(splits: Mapping[str, ExampleFile]) -> list[Issue]:
    """Return the issues about sizes, duplicates, leaks and lengths in characters, in a fixed order."""
    as_read = {name: _as_read(examples) for name, examples in splits.items()}
    return [
        *_check_sizes(splits),
        *_check_leaks(as_read),
        *(issue for examples in as_read.values() for issue in _check_duplicates(examples)),
        *(issue for examples in as_read.values() for issue in _check_summary_is_shorter(examples)),
        *_check_references(splits),
    ]


def check_lengths(
    splits: Mapping[str, Sequence[Example]], counter: TokenCounter, model: ModelConfig
) -> Iterator[Issue]:
    """Yield at most two issues: the share of all dialogues, and of all summaries, over the limits of `model`."""
    dialogue_limit, summary_limit = _limit(model.max_source_tokens), _limit(model.max_target_tokens)
    long_dialogues = long_summaries = 0
    for some in (some for examples in splits.values() for some in _in_turn(examples)):
        long_dialogues += sum(count > dialogue_limit for count in counter.count([one.dialogue for one in some]))
        long_summaries += sum(count > summary_limit for count in counter.count_targets([one.summary for one in some]))
    total = sum(map(len, splits.values()))
    lost = "and lose their end; raise model.{} to keep it"
    if long_dialogues:
        longer = _longer("dialogues", long_dialogues, total, dialogue_limit)
        if model.long == "parts":
            yield Issue("dialogue_in_parts", "info", f"{longer} and are read in parts")
        else:
            yield Issue("dialogue_truncated", "warning", f"{longer} {lost.format('max_source_tokens')}")
    if long_summaries:
        longer = _longer("summaries", long_summaries, total, summary_limit)
        yield Issue("summary_truncated", "warning", f"{longer} {lost.format('max_target_tokens')}")


def _limit(tokens: int | str) -> float:
    """Return a limit in tokens; `auto` is no limit."""
    return tokens if isinstance(tokens, int) else math.inf


def _longer(plural: str, longer: int, total: int, limit: float) -> str:
    """Return how many texts of `total` exceed `limit` tokens, as the start of a sentence."""
    return f"{longer / total:.1%} of the {plural} ({longer} of {total}) are longer than {limit} tokens"


def _check_sizes(splits: Mapping[str, ExampleFile]) -> Iterator[Issue]:
    size = len(splits["train"])
    if size < FEWEST_TRAINING_EXAMPLES:
        message = f"the training data have {counted(size, 'example')}; at least {FEWEST_TRAINING_EXAMPLES} are needed"
        given = [name for name, examples in splits.items() if examples]
        if not size and given:
            message += (
                f"; the source holds {' and '.join(given)} only: add a train file, or pass one file to have it split"
            )
        yield Issue("too_few_training_examples", "error", message)
    elif size < FEW_TRAINING_EXAMPLES:
        message = f"the training data have only {counted(size, 'example')}; a few hundred are needed to learn much"
        yield Issue("few_training_examples", "warning", message)
    if not splits["validation"] and size >= FEWEST_TRAINING_EXAMPLES:
        message = f"all {size} examples have the same dialogue, so none is left for validation; 2 dialogues are needed"
        yield Issue("no_validation_examples", "error", message)
    if not splits["test"]:
        message = "there is no test example: the validation split is scored, although training uses it, too"
        yield Issue("empty_split", "warning", message)


def _check_duplicates(examples: ExampleFile) -> Iterator[Issue]:
    """Return an issue for each row with the same normalized dialogue, summary and style as an earlier row."""
    for at, first in _repeats(_numbers(examples, "dialogue", "summary", "style")):
        file, row = examples.place(first)
        yield Issue("duplicate", "warning", f"repeats {file}:{row}", *examples.place(at))


def _check_leaks(splits: Mapping[str, ExampleFile]) -> Iterator[Issue]:
    """Return an issue for each row whose dialogue is also in an earlier split."""
    names, ends = list(splits), np.cumsum([len(examples) for examples in splits.values()])
    for at, first in _repeats(np.concatenate([fingerprints(examples) for examples in splits.values()])):
        split, other = np.searchsorted(ends, (at, first), side="right").tolist()
        if split != other:
            file, row = splits[names[other]].place(first - ends[other])  # counted from the end
            message = f"the dialogue of this {names[split]} example is also in {names[other]}: {file}:{row}"
            yield Issue("leak", "warning", message, *splits[names[split]].place(at - ends[split]))


def _check_summary_is_shorter(examples: ExampleFile) -> Iterator[Issue]:
    for example in examples.take(examples.facts("is_longer")):
        sizes = f"{len(example.summary)} against {len(example.dialogue)} characters"
        message = f"the summary is longer than its dialogue ({sizes})"
        yield Issue("summary_longer", "warning", message, example.file, example.row)


def _check_references(splits: Mapping[str, ExampleFile]) -> Iterator[Issue]:
    for name, examples in splits.items():
        dialogues = _numbers(examples, "dialogue", "style")
        pairs = _numbers(examples, "dialogue", "style", "summary")
        summaries = np.bincount(dialogues[np.unique(pairs, return_index=True)[1]])
        several = int((summaries > 1).sum())
        if several:
            message = (
                f"{name} has several summaries for {several} of its {counted(len(summaries), 'dialogue')}: each is an "
                "example to learn from, and a reference to score against"
            )
            yield Issue("several_summaries", "info", message)


def _as_read(examples: ExampleFile) -> ExampleFile:
    """Return the examples in the order of their files, so that issues are listed in that order."""
    alphabetic = np.argsort(np.argsort(np.array(examples.files, object), kind="stable"))
    return examples.take(np.lexsort((examples.facts("row"), alphabetic[examples.facts("file")])))


def _repeats(values: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Yield the position of each value that repeats an earlier one, and the position of the earliest."""
    _, first, number = np.unique(values, return_index=True, return_inverse=True)
    earliest = first[number]
    for at in np.flatnonzero(earliest != np.arange(len(values))).tolist():
        yield at, int(earliest[at])


def _numbers(examples: ExampleFile, *facts: str) -> NDArray[np.intp]:
    """Return a number from 0 for each example: the same for those with the same `facts`."""
    numbers = np.zeros(len(examples), np.intp)
    for fact in facts:
        values, inverse = np.unique(examples.facts(fact), return_inverse=True)
        numbers = np.unique(numbers * len(values) + inverse, return_inverse=True)[1]
    return numbers
