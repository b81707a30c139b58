"""`python -m sumtune.kernels`: compile the kernels into the cache; print their folder, or why there are none.

Run this before serving on a machine without a compiler; see docs/serving.md.
"""

import sys

from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import load_kernels, why_no_kernels

folder = cache_dir() / "kernels"
if load_kernels(folder) is None:
    sys.exit(f"No kernels: {why_no_kernels(folder)}")
print(f"The kernels are in {folder}")
