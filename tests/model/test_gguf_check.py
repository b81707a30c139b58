"""A GGUF header is checked before other code reads the file: any bytes are accepted or refused with one error."""

import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sumtune.errors import ModelError
from sumtune.model.gguf_check import MAX_TENSORS, check_gguf


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every kind of value and two tensors, one of them quantized."""
    file = tmp_path_factory.mktemp("gguf") / "whole.gguf"
    writer = GGUFWriter(file, "gemma3")
    writer.add_uint32("gemma3.block_count", 1)
    writer.add_float32("gemma3.scale", 0.5)
    writer.add_bool("tokenizer.flag", True)
    writer.add_array("tokenizer.ggml.tokens", ["<pad>", "<eos>", "word"])
    writer.add_array("tokenizer.ggml.scores", [0.0, -1.0, -2.0])
    writer.add_tensor("token_embd.weight", np.ones((3, 8), np.float32))
    quantized = np.zeros((2, 34), np.uint8)
    writer.add_tensor("blk.0.attn_q.weight", quantized, raw_dtype=GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def changed(whole: Path, tmp_path: Path, old: bytes, new: bytes) -> Path:
    content = whole.read_bytes()
    assert content.count(old) == 1
    file = tmp_path / "changed.gguf"
    file.write_bytes(content.replace(old, new))
    return file


def test_a_whole_file_is_accepted(whole: Path) -> None:
    check_gguf(whole)


def test_a_file_cut_off_anywhere_is_refused(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    file, last = tmp_path / "cut.gguf", struct.calcsize("<2Q") + 40
    ends_in_padding = 32  # the writer fills up the last tensor, too
    for size in {*range(0, len(content) - ends_in_padding, 7), last}:
        file.write_bytes(content[:size])
        with pytest.raises(ModelError, match=r"cut off|does not begin|ends at byte"):
            check_gguf(file)


def test_the_tensor_that_does_not_fit_is_named(whole: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut.gguf"
    file.write_bytes(whole.read_bytes()[:-64])
    with pytest.raises(ModelError, match=r"tensor 'blk\.0\.attn_q\.weight' ends at byte"):
        check_gguf(file)
    shape = struct.pack("<2Q", 8, 3)
    for other in (struct.pack("<2Q", 1 << 40, 3), struct.pack("<2Q", (1 << 64) - 1, (1 << 64) - 1)):
        with pytest.raises(ModelError, match=r"tensor 'token_embd\.weight' ends at byte"):
            check_gguf(changed(whole, tmp_path, shape, other))


def test_what_is_named_twice_or_unknown_is_refused(whole: Path, tmp_path: Path) -> None:
    twice = changed(whole, tmp_path, struct.pack("<Q", 19) + b"blk.0.attn_q.weight",
                    struct.pack("<Q", 19) + b"token_embd.weight\0\0")  # fmt: skip
    check_gguf(twice)  # two zero bytes make another name
    quantized = struct.pack("<I2QI", 2, 32, 2, GGMLQuantizationType.Q8_0)
    with pytest.raises(ModelError, match=r"'blk\.0\.attn_q\.weight': 999"):
        check_gguf(changed(whole, tmp_path, quantized, struct.pack("<I2QI", 2, 32, 2, 999)))
    with pytest.raises(ModelError, match=r"not a multiple of the block size 32"):
        check_gguf(changed(whole, tmp_path, quantized, struct.pack("<I2QI", 2, 33, 2, GGMLQuantizationType.Q8_0)))
    with pytest.raises(ModelError, match="9 dimensions"):
        check_gguf(changed(whole, tmp_path, quantized, struct.pack("<I2QI", 9, 32, 2, GGMLQuantizationType.Q8_0)))


def test_absurd_numbers_are_refused_at_once(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    for at, value, message in ((8, MAX_TENSORS + 1, "tensors"), (16, (1 << 64) - 1, "cut off"), (4, 99, "version")):
        broken = bytearray(content)
        struct.pack_into("<Q" if at > 4 else "<I", broken, at, value)
        file = tmp_path / "broken.gguf"
        file.write_bytes(broken)
        with pytest.raises(ModelError, match=message):
            check_gguf(file)


@settings(max_examples=100, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_are_accepted_or_refused_and_nothing_else(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path / "fuzzed.gguf"
    file.write_bytes(content)
    with suppress(ModelError):
        check_gguf(file)
