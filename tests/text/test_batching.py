import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sumtune.text.batching import epoch_order, micro_batches, sample_by_length

many_lengths = st.lists(st.integers(1, 300), max_size=400)


def padding(batches: list[list[int]], lengths: list[int]) -> int:
    return sum(len(batch) * max(lengths[at] for at in batch) - sum(lengths[at] for at in batch) for batch in batches)


@given(many_lengths, st.integers(1, 9), st.integers(0, 5), st.integers(0, 5))
def test_an_epoch_has_every_example_once_in_full_batches(
    lengths: list[int], batch_size: int, seed: int, epoch: int
) -> None:
    batches = epoch_order(lengths, batch_size, seed, epoch)
    assert sorted(at for batch in batches for at in batch) == list(range(len(lengths)))
    assert sorted(map(len, batches), reverse=True)[:-1] == [batch_size] * (len(batches) - 1)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    lengths = [5 + at % 90 for at in range(200)]
    order = epoch_order(lengths, 4, seed=1, epoch=2)
    np.random.seed(0)
    random.seed(0)
    assert list(epoch_order(lengths, 4, seed=1, epoch=2)) == list(order)
    assert len({str(list(epoch_order(lengths, 4, seed, epoch))) for seed in range(3) for epoch in range(3)}) == 9


def test_similar_lengths_come_together_but_batches_in_random_order() -> None:
    rng = random.Random(0)
    lengths = [rng.randint(10, 500) for _ in range(1000)]
    shuffled = rng.sample(range(1000), 1000)
    batches = epoch_order(lengths, 4, seed=0, epoch=0)
    assert padding(batches, lengths) < 0.2 * padding([shuffled[at : at + 4] for at in range(0, 1000, 4)], lengths)
    firsts = [lengths[batch[0]] for batch in batches]
    assert abs(np.corrcoef(firsts[:-1], firsts[1:])[0, 1]) < 0.3


@given(st.lists(st.integers(1, 120), min_size=1, max_size=60), st.integers(1, 300), st.data())
def test_micro_batches_are_a_partition_under_the_budget(lengths: list[int], budget: int, data: st.DataObject) -> None:
    indices = data.draw(st.lists(st.sampled_from(range(len(lengths))), unique=True))
    groups = micro_batches(indices, lengths, budget)
    assert sorted(at for group in groups for at in group) == sorted(indices)
    for group in groups:
        assert group
        assert len(group) == 1 or len(group) * max(lengths[at] for at in group) <= budget


@given(st.lists(st.integers(1, 120), min_size=1, max_size=60), st.integers(1, 300))
def test_micro_batches_are_as_few_as_greedy_filling_allows(lengths: list[int], budget: int) -> None:
    groups = micro_batches(range(len(lengths)), lengths, budget)
    for group in groups[:-1]:
        assert (len(group) + 1) * lengths[group[0]] > budget


@given(many_lengths, st.integers(1, 50), st.randoms(use_true_random=False))
def test_a_sample_by_length_has_shortest_and_longest_and_even_steps(
    lengths: list[int], count: int, rng: random.Random
) -> None:
    chosen = sample_by_length(lengths, count)
    assert len(chosen) == len(set(chosen)) == min(count, len(lengths))
    picked = [lengths[at] for at in chosen]
    assert picked == sorted(picked)
    if count > 1 and lengths:
        assert (picked[0], picked[-1]) == (min(lengths), max(lengths)) or len(lengths) == 1
    shuffled = rng.sample(lengths, len(lengths))
    assert [shuffled[at] for at in sample_by_length(shuffled, count)] == picked


def test_a_sample_by_length_has_equal_steps() -> None:
    assert sample_by_length(range(101), 11) == list(range(0, 101, 10))
