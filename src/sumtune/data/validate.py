"""Find everything that is wrong with the data at once, before any expensive work."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sumtune.config import ModelConfig
from sumtune.data.example import Example, normalize
from sumtune.data.issues import Issue

__all__ = ["TokenCounter", "check_learnable", "check_lengths", "check_splits"]

FEWEST_TRAINING_EXAMPLES = 2
FEW_TRAINING_EXAMPLES = 20


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
    counts = counter.count([example.summary for example in examples])
    for example, count in zip(examples, counts, strict=True):
        if count == 0:
            yield _issue(
                "no_summary_tokens",
                "the tokenizer turns the summary into no tokens",
                example,
            )


def check_splits(splits: Mapping[str, Sequence[Example]]) -> list[Issue]:
    """Return the issues about sizes, duplicates, leaks and lengths in characters, in a fixed order."""
    return [
        *_check_sizes(splits),
        *_check_leaks(splits),
        *(issue for examples in splits.values() for issue in _check_duplicates(examples)),
        *(issue for examples in splits.values() for issue in _check_summary_is_shorter(examples)),
        *_check_references(splits),
    ]


def check_lengths(
    splits: Mapping[str, Sequence[Example]], counter: TokenCounter, model: ModelConfig
) -> Iterator[Issue]:
    """Yield at most two issues: the share of all dialogues, and of all summaries, over the limits of `model`."""
    examples = [example for same in splits.values() for example in same]
    dialogues = counter.count([example.dialogue for example in examples])
    summaries = counter.count_targets([example.summary for example in examples])
    lost = "and lose their end; raise model.{} to keep it"
    if isinstance(most := model.max_source_tokens, int) and (longer := _longer("dialogues", dialogues, most)):
        if model.long == "parts":
            yield Issue("dialogue_in_parts", "info", f"{longer} and are read in parts")
        else:
            yield Issue("dialogue_truncated", "warning", f"{longer} {lost.format('max_source_tokens')}")
    if isinstance(most := model.max_target_tokens, int) and (longer := _longer("summaries", summaries, most)):
        yield Issue("summary_truncated", "warning", f"{longer} {lost.format('max_target_tokens')}")


def _longer(plural: str, counts: Sequence[int], limit: int) -> str | None:
    """Return how many `counts` of tokens exceed `limit`, as the start of a sentence; None if none does."""
    longer = sum(count > limit for count in counts)
    if not longer:
        return None
    return f"{longer / len(counts):.1%} of the {plural} ({longer} of {len(counts)}) are longer than {limit} tokens"


def _issue(code: str, message: str, example: Example, *, error: bool = True) -> Issue:
    return Issue(code, "error" if error else "warning", message, example.file, example.row)


def _check_sizes(splits: Mapping[str, Sequence[Example]]) -> Iterator[Issue]:
    size = len(splits["train"])
    if size < FEWEST_TRAINING_EXAMPLES:
        message = f"there are {size} examples to train on; at least {FEWEST_TRAINING_EXAMPLES} are needed"
        given = [name for name, examples in splits.items() if examples]
        if not size and given:
            message += (
                f"; the source holds {' and '.join(given)} only: add a train file, or pass one file to have it split"
            )
        yield Issue("too_few_training_examples", "error", message)
    elif size < FEW_TRAINING_EXAMPLES:
        message = f"there are only {size} examples to train on; a few hundred are needed to learn much"
        yield Issue("few_training_examples", "warning", message)
    if not splits["validation"] and size >= FEWEST_TRAINING_EXAMPLES:
        message = f"all {size} examples have the same dialogue, so none is left for validation; 2 dialogues are needed"
        yield Issue("no_validation_examples", "error", message)
    if not splits["test"]:
        message = "there is no test example: the validation split is scored, although training uses it, too"
        yield Issue("empty_split", "warning", message)


def _check_duplicates(examples: Sequence[Example]) -> Iterator[Issue]:
    """Return an issue for each row with the same normalized dialogue, summary and style as an earlier row."""
    first: dict[tuple[str, str, str], Example] = {}
    for example in _as_read(examples):
        original = first.setdefault((example.fingerprint, normalize(example.summary), example.style), example)
        if original is not example:
            yield _issue("duplicate", f"repeats {original.file}:{original.row}", example, error=False)


def _check_leaks(splits: Mapping[str, Sequence[Example]]) -> Iterator[Issue]:
    """Return an issue for each row whose dialogue is also in an earlier split."""
    first: dict[str, tuple[str, Example]] = {}
    for name, examples in splits.items():
        for example in _as_read(examples):
            other_name, other = first.setdefault(example.fingerprint, (name, example))
            if other_name != name:
                message = f"the dialogue of this {name} example is also in {other_name}: {other.file}:{other.row}"
                yield _issue("leak", message, example, error=False)


def _check_summary_is_shorter(examples: Sequence[Example]) -> Iterator[Issue]:
    for example in _as_read(examples):
        if len(example.summary) > len(example.dialogue):
            sizes = f"{len(example.summary)} against {len(example.dialogue)} characters"
            yield _issue("summary_longer", f"the summary is longer than its dialogue ({sizes})", example, error=False)


def _check_references(splits: Mapping[str, Sequence[Example]]) -> Iterator[Issue]:
    for name, examples in splits.items():
        summaries: dict[tuple[str, str], set[str]] = defaultdict(set)
        for example in examples:
            summaries[example.fingerprint, example.style].add(normalize(example.summary))
        several = sum(len(same) > 1 for same in summaries.values())
        if several:
            message = (
                f"{several} of the {len(summaries)} dialogues of {name} have several summaries: each is an example to "
                "learn from, and a reference to score against"
            )
            yield Issue("several_summaries", "info", message)


def _as_read(examples: Sequence[Example]) -> list[Example]:
    """Return the examples in the order of their files, so that issues are listed in that order."""
    return sorted(examples, key=lambda e: (e.file, e.row))
