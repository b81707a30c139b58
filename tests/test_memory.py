"""What must hold of the memory that stays behind."""

import subprocess
import sys

import pytest

GROWTH = """
import sumtune, torch, psutil
def multiply(sizes):
    weight = torch.ones(640, 640, dtype=torch.bfloat16)
    for rows in sizes:
        torch.ones(rows, 640, dtype=torch.bfloat16) @ weight
multiply(range(1, 200))
before = psutil.Process().memory_info().rss
multiply(range(200, 500))
print(psutil.Process().memory_info().rss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read as Linux counts it")
def test_products_of_ever_new_shapes_leave_nothing_behind():
    grown = subprocess.run([sys.executable, "-c", GROWTH], check=True, capture_output=True, text=True)
    assert int(grown.stdout) < 30e6
