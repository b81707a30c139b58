"""The page decodes text files with the same rules as the command line."""

import base64
import json
import shutil
import subprocess
from importlib.resources import files

import pytest

from sumtune.data.dialogue import is_unicode
from sumtune.data.encoding import LEGACY, decode

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node.js")

PROGRAM = """
import { decode } from "data:text/javascript;base64,%s";
for (const bytes of %s) {
  try { console.log(JSON.stringify(decode(Uint8Array.from(bytes)))); } catch { console.log("null"); }
}
"""
CONTENTS = [
    b"",
    "Ann: Hi 👋\nBob: Yo".encode(),
    "Ann: Café\r\nBob: ça va ?".encode("utf-8-sig"),
    *("Ann: Café 👋".encode(encoding) for encoding in ("utf-16", "utf-16-be", "utf-16-le")),
    b"\xfe\xff" + "Ann: Café 👋".encode("utf-16-be"),
    "Ann: Café at 5?\nBob: Yes".encode("cp1252"),
    "Ann: ¿5 £? «fine»".encode("cp1252"),  # within Latin-1, for which Node 20 takes Windows-1252
    "Änn: Ã© für alle\r\n".encode("latin-1"),
    b"Ann: \x81 and more",
    "Zoë: ".encode() + b"\xff and more",
    "Аня: привет".encode("cp1251"),
    "Ann: Hi".encode("utf-16")[:-1],
    b"\xff\xd8\xff",
    b"caf\xe9",
]


def by_command_line(content: bytes) -> dict[str, object] | None:
    try:
        text, encoding = decode(content, guess=True)
    except UnicodeDecodeError:
        return None
    return {"text": text, "guessed": encoding == LEGACY} if is_unicode(text) else None


def test_the_page_and_the_command_line_decode_the_same_text() -> None:
    module = base64.b64encode((files("sumtune.serve") / "page" / "encoding.js").read_bytes()).decode()
    program = PROGRAM % (module, json.dumps([list(content) for content in CONTENTS]))
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-"], input=program, capture_output=True, text=True, check=True, timeout=60
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == [by_command_line(one) for one in CONTENTS]
