"""`python -m sumtune.kernels`: compile the kernels into the cache; print their folder, or why there are none.

With `--into-package`, they are compiled into the package, for an image that has no compiler later; see docs/serving.md.
"""

import sys

from sumtune.errors import ConfigError
from sumtune.files.cache_dir import cache_dir
from sumtune.kernels.build import compile_into_package, load_kernels, why_no_kernels

folder = cache_dir() / "kernels"
if sys.argv[1:] == ["--into-package"]:
    try:
        folder = compile_into_package()
    except ConfigError as error:
        sys.exit(f"No kernels: {error}")
elif load_kernels(folder) is None:
    sys.exit(f"No kernels: {why_no_kernels(folder)}")
print(f"The kernels are in {folder}")
