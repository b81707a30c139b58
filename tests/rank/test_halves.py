import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.errors import ConfigError
from sumtune.rank.halves import split_in_halves


@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=80).filter(lambda groups: len(set(groups)) > 1), st.integers(0)
)
def test_halves_are_a_partition_and_no_group_is_in_both(groups: list[int], seed: int) -> None:
    first, second = split_in_halves(groups, seed)
    assert sorted(first + second) == list(range(len(groups)))
    assert first
    assert second
    assert not {groups[at] for at in first} & {groups[at] for at in second}
    largest = max(groups.count(group) for group in set(groups))
    assert abs(len(first) - len(second)) <= 2 * largest


def test_the_seed_decides() -> None:
    groups = list(range(50))
    assert split_in_halves(groups, 1) == split_in_halves(groups, 1) != split_in_halves(groups, 2)


def test_one_dialogue_cannot_be_halved() -> None:
    with pytest.raises(ConfigError, match="at least 2 different dialogues"):
        split_in_halves(["a", "a"], 0)
