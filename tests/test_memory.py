"""What must hold of the memory that stays behind."""

import gc
import mmap
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sumtune.memory import collect_rarely, peak_bytes, reset_peak, unmap_pages

GROWTH = """
import sumtune, torch, psutil
def multiply(sizes):
    weight = torch.ones(32, 32, dtype=torch.bfloat16)
    for rows in sizes:
        torch.ones(rows, 32, dtype=torch.bfloat16) @ weight
multiply(range(1, 400))
before = psutil.Process().memory_info().rss
multiply(range(400, 1000))
print(psutil.Process().memory_info().rss - before)
"""


ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}
"""Two threads of small products mostly wait for each other, and longer beside other tests."""


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read as Linux counts it")
def test_products_of_ever_new_shapes_leave_nothing_behind():
    grown = subprocess.run([sys.executable, "-c", GROWTH], check=True, capture_output=True, text=True, env=ONE_THREAD)
    assert int(grown.stdout) < 15e6


def test_imports_are_not_searched_for_reference_cycles_all_the_time():
    before = gc.get_threshold()
    try:
        collect_rarely()
        gc.collect()
        searched = sum(generation["collections"] for generation in gc.get_stats())
        made = [[] for _ in range(20_000)]
        assert sum(generation["collections"] for generation in gc.get_stats()) == searched
        assert len(made) == 20_000
    finally:
        gc.set_threshold(*before)


def resident(part: np.ndarray) -> int:
    """Kilobytes of the mapping that `part` begins in."""
    text = Path("/proc/self/smaps").read_text(encoding="utf-8")
    block = text[text.index(f"{part.ctypes.data:x}-") :]
    return int(block[block.index("Rss:") + 4 : block.index(" kB\nPss")])


@pytest.mark.skipif(sys.platform != "linux", reason="memory maps as Linux has them")
def test_unmapped_pages_leave_memory_and_keep_their_content(tmp_path):
    content = np.random.default_rng(0).integers(0, 256, 512 * mmap.PAGESIZE, dtype=np.uint8)
    (tmp_path / "file").write_bytes(content.tobytes())
    mapped = np.memmap(tmp_path / "file", np.uint8, "c")
    assert mapped.sum() == content.sum()
    unmap_pages([(mapped.ctypes.data, mapped.nbytes)])
    assert resident(mapped) == 0
    assert (mapped == content).all()


def test_what_was_written_to_is_left_alone(tmp_path):
    (tmp_path / "file").write_bytes(bytes(512 * mmap.PAGESIZE))
    mapped = np.memmap(tmp_path / "file", np.uint8, "c")
    plain = np.ones(512 * mmap.PAGESIZE, np.uint8)
    mapped[:] = 1
    unmap_pages([(mapped.ctypes.data, mapped.nbytes), (plain.ctypes.data, plain.nbytes)])
    assert mapped.all()
    assert plain.all()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is that of the whole process")
def test_the_peak_is_what_was_held_since_it_was_forgotten():
    np.ones(20_000_000)
    reset_peak()
    before = peak_bytes()
    np.ones(10_000_000)
    assert 60e6 < peak_bytes() - before < 120e6
