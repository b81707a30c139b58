"""Output for any encoding: characters that it lacks are replaced by ASCII."""

import codecs
import io
import sys

__all__ = ["replace_unencodable"]

HANDLER = "sumtune.replace_unencodable"
REPLACEMENTS = {
    "→": "->", "±": "+/-", "…": "...", "·": "|", "•": "*", "×": "x", "≤": "<=", "≥": ">=", "␛": "^[", "−": "-",
    "–": "-", "—": "-", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\xa0": " ",
    "\u202f": " ",
}  # fmt: skip


def replace_unencodable() -> None:
    """Make standard output and error replace characters that they cannot encode, for example by `->` or `\\xe9`."""
    codecs.register_error(HANDLER, _replacement)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def _replacement(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    spelled = (
        REPLACEMENTS.get(letter) or letter.encode("ascii", "backslashreplace").decode("ascii") for letter in lacking
    )
    return "".join(spelled), error.end
