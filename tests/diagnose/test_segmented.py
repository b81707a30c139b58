"""Words behind characters without spaces: the search finds what comparing all starts of each word finds."""

import math

from hypothesis import given
from hypothesis import strategies as st

from sumtune.diagnose.repairs.vocabulary import LONGEST_WORD, UNKNOWN, Vocabulary

TEXT = "Ann helps Bob at home. He is at home, and Ann is with him; an annex, a home help."
PARTS = st.one_of(
    st.sampled_from(["ann", "helps", "Bob", "homes", "annex", "at", "ß", "Щ"]),
    st.integers(1, 3 * LONGEST_WORD).map("x".__mul__),
    st.text("anehx", max_size=6),
)


def by_comparing_all(vocabulary, run):
    """The same dynamic programme, with every start for every end."""
    best, words = [0.0], [()]
    for end in range(1, len(run) + 1):
        starts = range(max(0, end - LONGEST_WORD), end)
        pieces = [run.casefold()[start:end] for start in starts]
        costs = [
            best[start] + vocabulary._costs.get(piece, UNKNOWN[len(piece)])
            for start, piece in zip(starts, pieces, strict=True)
        ]
        least = min(costs)
        first = starts[costs.index(least)]
        best.append(least)
        words.append((*words[first], run[first:end]))
    return words[-1]


@given(st.lists(PARTS, max_size=8).map("".join))
def test_the_words_are_those_of_least_cost(run):
    vocabulary = Vocabulary([TEXT])
    assert "".join(vocabulary.segmented(run)) == run
    if len(run.casefold()) == len(run):
        assert vocabulary.segmented(run) == by_comparing_all(vocabulary, run)


def test_known_words_cost_less_than_unknown_ones():
    """The search relies on it up to three million words."""
    assert max(Vocabulary([TEXT])._costs.values()) < math.log(3_000_000) < UNKNOWN[1]
