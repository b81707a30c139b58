import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sumtune.rank.choose import CHOSEN, choose

PAIRS = st.lists(st.tuples(st.tuples(st.integers(0, 9)), st.floats(-1, 1)), min_size=1, max_size=20)


@given(PAIRS, st.integers(0, 100))
def test_the_best_the_worst_and_others_between_are_chosen_once(pairs, seed) -> None:
    rewards = dict(pairs)
    candidates = [ids for ids, _ in pairs]
    chosen = choose(candidates, [rewards[ids] for ids in candidates], np.random.default_rng(seed))
    assert len(chosen) == min(CHOSEN, len(rewards))
    assert len({ids for ids, _ in chosen}) == len(chosen)
    assert all(rewards[ids] == reward for ids, reward in chosen)
    found = [reward for _, reward in chosen]
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1]) == (max(rewards.values()), min(rewards.values()))


def test_those_between_are_random() -> None:
    candidates, rewards = [(n,) for n in range(16)], list(range(16))
    drawn = {choose(candidates, rewards, np.random.default_rng(seed))[1] for seed in range(40)}
    assert len(drawn) > 5
