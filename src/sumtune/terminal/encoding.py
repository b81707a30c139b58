"""Output that any terminal and log can take: characters that its encoding lacks are spelled out."""

import codecs
import io
import sys

__all__ = ["never_fail_on_output"]

HANDLER = "sumtune.spell_out"
SPELLED = {
    "→": "->", "±": "+/-", "…": "...", "·": "|", "•": "*", "×": "x", "≤": "<=", "≥": ">=", "␛": "^[", "−": "-",
    "–": "-", "—": "-", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\xa0": " ",
    "\u202f": " ",
}  # fmt: skip


def never_fail_on_output() -> None:
    """Make standard output and error write what their encoding lacks as `->`, `...` or `\\xe9` instead of raising."""
    codecs.register_error(HANDLER, _spell_out)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def _spell_out(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    spelled = (SPELLED.get(letter) or letter.encode("ascii", "backslashreplace").decode("ascii") for letter in lacking)
    return "".join(spelled), error.end
