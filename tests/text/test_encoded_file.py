"""Examples in a file are those that were written, read one at a time."""

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save, save_file

from sumtune.errors import RunDirError
from sumtune.text.encode import Encoded
from sumtune.text.encoded_file import load_encoded, save_encoded

ids = st.lists(st.integers(0, 2**31 - 1), max_size=5).map(tuple)


@given(st.lists(st.builds(Encoded, ids, ids), max_size=6))
def test_the_file_is_a_sequence_of_what_was_written(tmp_path_factory, examples):
    path = tmp_path_factory.mktemp("encoded") / "train.safetensors"
    save_encoded(iter(examples), path)
    read = load_encoded(path)
    assert list(read) == examples
    assert len(read) == len(examples)
    places = range(-len(examples), len(examples))
    assert [read[at] for at in places] == [examples[at] for at in places]
    assert read[1:4] == examples[1:4]
    for outside in (len(examples), -len(examples) - 1):
        with pytest.raises(IndexError):
            read[outside]


def test_examples_stay_in_the_file(tmp_path):
    generator = random.Random(0)
    examples = [Encoded(tuple(generator.choices(range(10**6), k=500)), (7,)) for _ in range(400)]
    save_encoded(examples, tmp_path / "train.safetensors")
    tracemalloc.start()
    try:
        read = load_encoded(tmp_path / "train.safetensors")
        assert sum(one.length for one in read) == 501 * 400
        assert tracemalloc.get_traced_memory()[1] < 100_000, "bytes: an example has 32 for its places, and 2,000 of ids"
    finally:
        tracemalloc.stop()


def test_the_file_is_what_safetensors_writes(tmp_path):
    examples = [Encoded((1, 2, 3), (4,)), Encoded((), (5, 6))]
    save_encoded(examples, tmp_path / "train.safetensors")
    arrays = {"source_ids": [1, 2, 3], "source_lengths": [3, 0], "target_ids": [4, 5, 6], "target_lengths": [1, 2]}
    whole = save({name: np.array(numbers, np.int32) for name, numbers in arrays.items()})
    assert (tmp_path / "train.safetensors").read_bytes() == whole


GOOD = {"source_ids": [1, 2, 3], "source_lengths": [1, 2], "target_ids": [4, 5], "target_lengths": [1, 1]}


@pytest.mark.parametrize("changed", [
    {"source_lengths": [1, 3]}, {"source_lengths": [3]}, {"target_ids": [4]}, {"target_lengths": [-1, 3]},
    {"target_lengths": [[1, 1]]}, {"source_ids": None}, {"target_lengths": None},
])  # fmt: skip
def test_a_file_that_does_not_fit_together_is_refused(tmp_path, changed):
    arrays = {name: np.array(value, np.int32) for name, value in (GOOD | changed).items() if value is not None}
    save_file(arrays, tmp_path / "train.safetensors")
    with pytest.raises(RunDirError, match="is damaged"):
        load_encoded(tmp_path / "train.safetensors")
