"""PEFT is imported without bitsandbytes, and finds it where weights in 4 bits need it."""

import subprocess
import sys
from pathlib import Path

ASKED = "from functools import cache\nfrom importlib.util import find_spec\n" + "".join(
    f"@cache\ndef {name}(): return find_spec('bitsandbytes') is not None\n"
    for name in ("is_bnb_available", "is_bnb_4bit_available")
)
IMPORTS = "try: import bitsandbytes\nexcept ImportError: pass\n"
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from sumtune.model.peft_import import import_peft, use_bitsandbytes
import_peft()
from peft.import_utils import is_bnb_4bit_available, is_bnb_available
print("bitsandbytes" in sys.modules, is_bnb_available(), is_bnb_4bit_available())
use_bitsandbytes()
import bitsandbytes
print(is_bnb_available(), is_bnb_4bit_available())
"""


def test_peft_finds_bitsandbytes_only_when_it_is_told_to(tmp_path: Path) -> None:
    for file, text in {"peft/__init__.py": IMPORTS, "peft/import_utils.py": ASKED, "bitsandbytes.py": ""}.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    told = subprocess.run([sys.executable, "-c", PROGRAM, tmp_path], check=True, capture_output=True, text=True)
    assert told.stdout == "False False False\nTrue True\n"
