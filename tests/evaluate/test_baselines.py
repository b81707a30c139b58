from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sumtune.evaluate.baselines import BASELINES, lead_3, longest_3

turn = st.builds("{}: {}".format, st.sampled_from(["Ann", "Bob", "Zoe"]), st.text("xyz", min_size=1, max_size=12))
turns = st.lists(turn, max_size=8)


@given(turns)
def test_lead_3_is_the_first_three_turns_as_they_are(turns):
    assert lead_3("\n".join(turns)) == " ".join(turns[:3])


@given(turns, st.sampled_from(["\n", "\r\n", "\n\n", "\n  \n"]))
def test_empty_lines_and_line_ends_do_not_matter(turns, separator):
    for baseline in BASELINES.values():
        assert baseline(separator.join(turns)) == baseline("\n".join(turns))


@given(turns)
def test_longest_3_is_a_subsequence_and_nothing_left_out_is_longer(turns):
    chosen = longest_3("\n".join(turns))
    kept = _subsequence(chosen, turns)
    assert kept is not None
    assert len(kept) == min(3, len(turns))
    left_out = Counter(turns) - Counter(kept)
    assert all(len(out) <= min(map(len, kept)) for out in left_out)


@given(st.lists(turn, max_size=3))
def test_both_keep_all_of_a_short_dialogue(turns):
    dialogue = "\n".join(turns)
    assert lead_3(dialogue) == longest_3(dialogue) == " ".join(turns)


def test_of_equally_long_turns_the_earlier_wins():
    assert longest_3("A: 1\nB: 2\nC: 3\nD: 4") == "A: 1 B: 2 C: 3"


def _subsequence(joined, turns):
    """Three or fewer of `turns` in order that make up `joined`, by trying all."""
    from itertools import combinations

    size = min(3, len(turns))
    return next((kept for kept in combinations(turns, size) if " ".join(kept) == joined), None)
