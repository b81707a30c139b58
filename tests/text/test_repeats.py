"""The sequences that summaries repeat, against a slow formula."""

import random
from collections import Counter

import pytest

from sumtune.text.repeats import (
    FEWEST_TOKENS,
    FEWEST_WORDS,
    LONGEST,
    MOST_REPEATING,
    longest_repeat,
    shortest_forbidden,
)


def slow(ids):
    pairs = [(a, b) for a in range(len(ids)) for b in range(a + 1, len(ids))]
    lengths = [next(n for n in range(len(ids)) if b + n == len(ids) or ids[a + n] != ids[b + n]) for a, b in pairs]
    return min(max(lengths, default=0), LONGEST)


@pytest.mark.parametrize("seed", range(20))
def test_the_longest_repeat_is_that_of_all_pairs_of_places(seed):
    source = random.Random(seed)
    ids = [source.randrange(4) for _ in range(source.randrange(60))]
    ids += ids[: source.randrange(40)]
    assert longest_repeat(ids) == slow(ids)


def test_a_summary_of_one_loop_counts_up_to_the_bound():
    assert [longest_repeat([1] * count) for count in (0, 1, 2, 10, 500)] == [0, 0, 1, 9, LONGEST]


@pytest.mark.parametrize(("longer", "size"), [(0, 8), (2, 8), (3, 11), (8, 11)])
def test_the_size_is_the_smallest_that_at_most_a_fifth_of_the_summaries_repeat(longer, size):
    longest = Counter({2: 10 - longer, 10: longer})
    assert shortest_forbidden(longest, 8) == size
    assert sum(count for length, count in longest.items() if length >= size) <= MOST_REPEATING * longest.total()


def test_names_may_always_be_repeated_and_forms_keep_their_lines():
    for fewest in (FEWEST_TOKENS, FEWEST_WORDS):
        assert shortest_forbidden({0: 5}, fewest) == fewest
        assert shortest_forbidden({LONGEST: 3, 0: 7}, fewest) == 0
