"""The sequences that summaries repeat, against a slow formula."""

import random
from collections import Counter

import pytest

from sumtune.text.repeats import FEWEST_TOKENS, MOST_TOKENS, RARE, longest_repeat, no_repeat_ngram_size


def slow(ids):
    pairs = [(a, b) for a in range(len(ids)) for b in range(a + 1, len(ids))]
    lengths = [next(n for n in range(len(ids)) if b + n == len(ids) or ids[a + n] != ids[b + n]) for a, b in pairs]
    return min(max(lengths, default=0), MOST_TOKENS)


@pytest.mark.parametrize("seed", range(20))
def test_the_longest_repeat_is_that_of_all_pairs_of_places(seed):
    source = random.Random(seed)
    ids = [source.randrange(4) for _ in range(source.randrange(60))]
    ids += ids[: source.randrange(40)]
    assert longest_repeat(ids) == slow(ids)


def test_a_summary_of_one_loop_counts_up_to_the_bound():
    assert [longest_repeat([1] * count) for count in (1, 2, 10, 500)] == [0, 1, 9, MOST_TOKENS]


@pytest.mark.parametrize("rare", [0, 1, 2])
def test_the_size_is_the_smallest_that_few_summaries_repeat(rare):
    longest = Counter({2: 97, 6: 3 - rare, 9: rare})
    size = no_repeat_ngram_size(longest)
    assert sum(count for length, count in longest.items() if length >= size) <= RARE * longest.total()
    assert size == (10 if rare > 1 else 7)


def test_names_may_always_be_repeated_and_forms_keep_their_lines():
    assert no_repeat_ngram_size({0: 5}) == FEWEST_TOKENS
    assert no_repeat_ngram_size({MOST_TOKENS: 9, 0: 91}) == 0
