from pathlib import Path

import numpy as np
import pytest

from sumtune.rank.candidate_files import Candidates, load_candidates, save_candidates

SOME = Candidates((((3, 1, 2), ()), ((7,), (8, 9))), ((0.5, -0.09), (1 / 3, 0.1)), 2.25)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "some.safetensors"
    save_candidates(SOME, path, "made from this")
    assert load_candidates(path, "made from this") == SOME
    assert load_candidates(path, "made from that") is None
    assert load_candidates(tmp_path / "missing", "made from this") is None


@pytest.mark.parametrize("byte", range(0, 600, 37))
def test_a_damaged_file_is_not_loaded(tmp_path: Path, byte: int) -> None:
    path = tmp_path / "some.safetensors"
    save_candidates(SOME, path, "made from this")
    content = bytearray(path.read_bytes())
    content[byte % len(content)] ^= 1
    path.write_bytes(content)
    found = load_candidates(path, "made from this")  # the seconds have no checksum
    assert found is None or (found.ids, found.rewards) == (SOME.ids, SOME.rewards)


def test_half_a_file_and_a_flipped_token_are_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    save_candidates(SOME, path, "made from this")
    whole = path.read_bytes()
    tokens = np.array([3, 1, 2, 7, 8, 9], np.int32).tobytes()
    assert tokens in whole
    for damaged in (whole[: len(whole) // 2], whole.replace(tokens, tokens[:-4] + b"\x05\0\0\0")):
        path.write_bytes(damaged)
        assert load_candidates(path, "made from this") is None
