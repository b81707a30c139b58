import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sumtune.data.example import Example
from sumtune.data.split import complete_splits, order, select_share, split_examples, split_name

NAMES = ("train", "validation", "test")


@st.composite
def example_lists(draw: st.DrawFn, min_size: int = 0) -> list[Example]:
    """Examples of few different dialogues, so that many share one."""
    pairs = st.tuples(st.integers(0, 40), st.integers(0, 3))
    drawn = draw(st.lists(pairs, min_size=min_size, max_size=60))
    return [
        Example(f"id-{row}", f"Dialogue {dialogue}" + " " * (row % 2), f"Summary {summary}", "a.csv", row)
        for row, (dialogue, summary) in enumerate(drawn, 1)
    ]


def ids(examples: list[Example]) -> Counter[str]:
    return Counter(example.id for example in examples)


@given(example_lists())
def test_split_is_a_partition_that_keeps_a_dialogue_together(examples: list[Example]) -> None:
    splits = split_examples(examples)
    assert tuple(splits) == NAMES
    assert sum((ids(part) for part in splits.values()), Counter()) == ids(examples)
    dialogues = [{example.fingerprint for example in part} for part in splits.values()]
    assert sum(map(len, dialogues)) == len(set().union(*dialogues))


@given(example_lists(), st.randoms(use_true_random=False))
def test_split_does_not_depend_on_input_order(examples: list[Example], shuffle: random.Random) -> None:
    shuffled = shuffle.sample(examples, len(examples))
    assert split_examples(shuffled) == split_examples(examples)
    assert complete_splits({"train": shuffled}) == complete_splits({"train": examples})
    assert order(shuffled) == order(examples)


@given(example_lists(min_size=1))
def test_no_split_is_empty_where_there_are_enough_dialogues(examples: list[Example]) -> None:
    dialogues = len({example.fingerprint for example in examples})
    filled = [name for name, part in split_examples(examples).items() if part]
    assert filled == list(NAMES[:dialogues])


@given(example_lists(min_size=30))
def test_shares_are_as_near_as_whole_dialogues_allow(examples: list[Example]) -> None:
    splits = split_examples(examples)
    groups = Counter(example.fingerprint for example in examples)
    if len(groups) < 3:
        return
    largest = max(groups.values())
    assert abs(len(splits["train"]) - 0.8 * len(examples)) <= 2 * largest
    assert abs(len(splits["test"]) - 0.1 * len(examples)) <= 2 * largest


def test_hundred_dialogues_are_cut_80_10_10() -> None:
    examples = [Example(str(n), f"Dialogue {n}", "S", "a.csv", n) for n in range(100)]
    assert [len(part) for part in split_examples(examples).values()] == [80, 10, 10]
    assert [len(part) for part in complete_splits({"train": examples}).values()] == [90, 10, 0]


@given(example_lists(), example_lists())
def test_given_splits_are_kept(train: list[Example], other: list[Example]) -> None:
    splits = complete_splits({"train": train, "validation": other, "test": other})
    assert splits["test"] == order(other)
    assert ids(splits["train"] + splits["validation"]) == ids(train) + ids(other)
    if other:
        assert splits["validation"] == order(other)


@given(example_lists(min_size=1), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_smaller_share_is_a_subset_of_a_larger(examples: list[Example], one: float, other: float) -> None:
    smaller, larger = (select_share(examples, share) for share in sorted((one, other)))
    assert smaller
    assert larger[: len(smaller)] == smaller
    assert select_share(examples, 1.0) == order(examples)


def test_split_names() -> None:
    assert [split_name(name) for name in ("train", "Val", "valid", "DEV", "test", "notes")] == [
        "train",
        "validation",
        "validation",
        "validation",
        "test",
        None,
    ]
