"""Batches of dialogues that are decoded together."""

from collections.abc import Iterator, Sequence

from sumtune.text.batching import micro_batches

__all__ = ["longest_first"]


def longest_first(sources: Sequence[Sequence[object]], max_tokens: int, max_examples: int) -> Iterator[list[int]]:
    """Yield indices of `sources` in batches of at most `max_tokens` (padded) and `max_examples`, longest first.

    In this order no core waits for a long batch at the end, and a lack of memory shows at once.

    >>> list(longest_first(["aa", "bbbb", "c"], max_tokens=6, max_examples=8))
    [[1], [0, 2]]
    """
    lengths = [len(source) for source in sources]
    for batch in micro_batches(range(len(sources)), lengths, max_tokens):
        for start in range(0, len(batch), max_examples):
            yield batch[start : start + max_examples]
