"""Repairs of escapes and encodings of characters."""

import base64
import binascii
import codecs
import html
import quopri
import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

import ftfy

from sumtune.diagnose.repairs.repair import OfText, Repair, Row
from sumtune.diagnose.text_features import ends_sentence, share

__all__ = ["REPAIRS"]

READABLE = 0.6
"""Share of the characters of a decoded text that must be letters or spaces."""
ASCII_BYTES = 0.95
"""Share of the bytes of text in UTF-16 that are ASCII characters if the text was ASCII itself."""
EBCDIC = "cp037"
"""An encoding of mainframes, in which no letter has its ASCII code."""
SWAPPED_BYTES = 0.8
"""Share of the characters whose low byte is zero in UTF-16 text of the other byte order."""
KNOWN_GAIN = 0.25
"""Share of the letters that must become part of known words."""
BACKSLASH = re.compile(r"\\(?:[nrt\"'/\\]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8})")
URL = re.compile(r"%[0-9A-Fa-f]{2}")
SPREADSHEET = re.compile("_x([0-9A-Fa-f]{4})_")
QUOTED_PRINTABLE = re.compile(r"=(?:[0-9A-F]{2}|\r?\n)")
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff\u00ad\u202a-\u202e]")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\[0?[0-9;]{1,5}m")
COMPATIBLE = re.compile("[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff\ufb00-\ufb06\u24b6-\u24e9]")
CYRILLIC = re.compile("[\u0400-\u052f]")
LOOKALIKES = str.maketrans("аеорсухіјѕԁһАВЕКМНОРСТХІЈЅ", "aeopcyxijsdhABEKMHOPCTXIJS")
FEWEST_CHARACTERS = 16
FEWEST_WORDS = 4
BACKWARDS = re.compile(r"\s*(?:[a-z][^\s.!?]*[.!?]\s|[^\s.!?]+[.!?]\s+(?=[a-z])).*\s[A-Z]\S*\s*$", re.S)
"""A text that begins with the end of a sentence and ends with the start of one. A name at its start is such an end if a
small letter follows."""
LOST_QUOTES = re.compile("â€[œ\ufffd\x9d¦]")
QUOTES = {"œ": "“", "\ufffd": "”", "\x9d": "”", "¦": "…"}
"""What quotation marks and dots become if a byte of theirs is unknown to the other encoding."""
CODES = re.compile(r"^\W*\d{1,6}(?:[\s,;]+\d{1,6}){5,}\W*$")


def html_escaped(text: str) -> str:
    """Undo HTML escapes, even double ones.

    >>> html_escaped("Ann&#39;s tea &amp;amp; cake")
    "Ann's tea & cake"
    """
    return html.unescape(html.unescape(text)) if re.search(r"&(?:#\d+|#x[0-9a-fA-F]+|\w{2,8});", text) else text


def url_encoded(text: str) -> str:
    """Undo the escapes of URLs.

    >>> url_encoded("Ann%20helps%20Bob%21"), url_encoded("5% more")
    ('Ann helps Bob!', '5% more')
    """
    escaped = len(URL.findall(text)) >= 2 or (" " not in text.strip() and text.count("+") >= 3)
    return unquote_plus(text) if escaped else text


def backslash_escaped(text: str) -> str:
    r"""Undo the escapes of a string literal.

    >>> backslash_escaped(r"Ann helps.\nBob\u2019s late.")
    'Ann helps.\nBob’s late.'
    """
    return BACKSLASH.sub(lambda match: _unescaped(match.group()), text)


def _unescaped(escape: str) -> str:
    return "/" if escape == r"\/" else codecs.decode(escape, "unicode_escape")


def spreadsheet_escaped(text: str) -> str:
    """Undo the escapes of characters in Excel files.

    >>> spreadsheet_escaped("Ann helps._x000D_ Bob is late.")
    'Ann helps.\\r Bob is late.'
    """
    return SPREADSHEET.sub(lambda match: chr(int(match[1], 16)), text)


def quoted_printable(text: str) -> str:
    """Undo the encoding of e-mails.

    >>> quoted_printable("Ann=20helps=2E Caf=C3=A9")
    'Ann helps. Café'
    """
    if len(QUOTED_PRINTABLE.findall(text)) < 2:
        return text
    return quopri.decodestring(text.encode()).decode("utf-8", "replace")


def mojibake(text: str) -> str:
    """Undo the reading of UTF-8 in another encoding, of EBCDIC, or of UTF-16 in the other byte order.

    >>> mojibake("Annâ€™s cafÃ©")
    'Ann’s café'
    >>> mojibake("Ann helps.".encode("utf-16-le").decode("utf-16-be"))
    'Ann helps.'
    >>> mojibake("Ann helps Bob at home.".encode().decode("utf-16-le"))
    'Ann helps Bob at home.'
    >>> mojibake("Ann helps.".encode().decode("cp037")), mojibake("Ann helps.".encode("cp037").decode("latin-1"))
    ('Ann helps.', 'Ann helps.')
    """
    if text.isascii():
        return text
    if share(ord(letter) % 256 == 0 for letter in text) >= SWAPPED_BYTES:
        return text.encode("utf-16-be", "ignore").decode("utf-16-le", "ignore")
    pairs = text.encode("utf-16-le", "ignore")
    if (
        len(pairs) >= FEWEST_CHARACTERS
        and share(byte in b"\n\r\t" or 32 <= byte < 127 for byte in pairs) >= ASCII_BYTES
    ):
        return pairs.decode("ascii", "ignore")
    if (found := _from_ebcdic(text)) is not None:
        return found
    return LOST_QUOTES.sub(lambda mark: QUOTES[mark[0][2]], ftfy.fix_encoding(text))


def _from_ebcdic(text: str) -> str | None:
    """Return a text that was read as EBCDIC, or written in EBCDIC, if it becomes readable."""
    for read, written in ((EBCDIC, "utf-8"), ("latin-1", EBCDIC)):
        try:
            found = text.encode(read).decode(written)
        except UnicodeError:
            continue
        if _is_readable(found) and share(letter.isascii() for letter in found) >= ASCII_BYTES:
            return found
    return None


def invisible_characters(text: str) -> str:
    r"""Remove control characters, colours of the terminal and characters without width.

    >>> invisible_characters("A\x00n\x00n\x00 \u200bhelps")
    'Ann helps'
    """
    return INVISIBLE.sub("", ANSI.sub("", text)) if INVISIBLE.search(text) or "[0m" in text else text


def styled_letters(text: str) -> str:
    """Return full-width, bold, circled or joined letters as plain ones, and lookalikes of Latin letters as Latin.

    >>> styled_letters("Ａｎｎ 𝐡𝐞𝐥𝐩𝐬"), styled_letters("Аnn hеlps")
    ('Ann helps', 'Ann helps')
    """
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text) if COMPATIBLE.search(text) else text
    return " ".join(_latin(word) for word in plain.split(" "))


def _latin(word: str) -> str:
    """Return a word of both Latin and Cyrillic letters in Latin ones."""
    mixed = re.search("[A-Za-z]", word) and CYRILLIC.search(word)
    latin = word.translate(LOOKALIKES) if mixed else word
    return word if CYRILLIC.search(latin) else latin


def letters_decomposed(text: str) -> str:
    """Return letters with separate accents as single characters.

    >>> letters_decomposed("cafe\u0301") == "caf\u00e9"
    True
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def encoded(text: str) -> str:
    """Decode base64, hexadecimal or character codes if readable text comes out.

    >>> encoded("QW5uIGhlbHBzIEJvYi4="), encoded("65 110 110 32 104 101"), encoded("Tomorrow at 5")
    ('Ann helps Bob.', 'Ann he', 'Tomorrow at 5')
    """
    for decode in (_from_base64, _from_hex, _from_codes):
        try:
            found = decode(text.strip())
        except (ValueError, binascii.Error, OverflowError):
            continue
        if _is_readable(found):
            return found
    return text


def _is_readable(text: str) -> bool:
    return (
        text.replace("\n", " ").isprintable()
        and share(letter.isalpha() or letter == " " for letter in text) >= READABLE
    )


def _from_base64(text: str) -> str:
    return base64.b64decode(text, validate=True).decode() if len(text) >= FEWEST_CHARACTERS else ""


def _from_hex(text: str) -> str:
    return bytes.fromhex(text.removeprefix("0x").replace(":", "")).decode() if len(text) >= FEWEST_CHARACTERS else ""


def _from_codes(text: str) -> str:
    codes = [int(code) for code in re.findall(r"\d+", text)] if CODES.match(text) else []
    return "".join(map(chr, codes)) if codes and share(code < 128 for code in codes) > READABLE else ""


def letters_reversed(text: str, row: Row) -> str:
    """Reverse the order of words whose last sentence ends first; or the text, or each word, if known words come out."""
    tokens = text.split()
    if len(tokens) >= FEWEST_WORDS and BACKWARDS.match(text) and not ends_sentence(text):
        return " ".join(tokens[::-1])
    known = row.corpus.vocabulary.known_share
    if known(text) + KNOWN_GAIN > 1 or len(tokens) < FEWEST_WORDS:  # a few letters make a word in both directions
        return text
    both = (text[::-1], " ".join(word[::-1] for word in text.split()))
    found = max(both, key=lambda one: (known(one), ends_sentence(one)))  # both may have the same words
    return found if known(found) >= known(text) + KNOWN_GAIN else text


def letters_substituted(text: str, row: Row) -> str:
    """Put back the letters, if known words come out."""
    table = row.corpus.letter_table
    if not table:
        return text
    found = "".join(_replaced(letter, table) for letter in text)
    known = row.corpus.vocabulary.known_share
    return found if known(found) >= known(text) + KNOWN_GAIN else text


def _replaced(letter: str, table: Mapping[str, str]) -> str:
    found = table.get(letter.lower(), letter)
    return found.upper() if letter.isupper() else found


def _repair(function: Callable[[str], str], what: str, remedy: str) -> Repair:
    return Repair(function.__name__, OfText(function), what, remedy)


REPAIRS = (
    _repair(html_escaped, "contain HTML escapes such as `&amp;`", "decode them with html.unescape"),
    _repair(url_encoded, "are encoded for a URL", "decode them with urllib.parse.unquote_plus"),
    _repair(backslash_escaped, r"contain escapes such as `\n` as text",
            "write the text itself, not its repr or a JSON string that is never decoded"),
    _repair(spreadsheet_escaped, "contain escapes of a spreadsheet such as `_x000D_`",
            "decode them with openpyxl.utils.escape.unescape"),
    _repair(quoted_printable, "are encoded for e-mail (quoted-printable)", "decode them with quopri"),
    _repair(mojibake, "were read in the wrong encoding", 'open files with encoding="utf-8"'),
    _repair(invisible_characters, "contain control characters or characters without width",
            "remove them where predictions are written, and open files in the right encoding"),
    _repair(styled_letters, "contain styled letters or lookalikes from another script",
            'normalize them with unicodedata.normalize("NFKC", text), and do not mix scripts'),
    _repair(letters_decomposed, "have their accents as separate characters",
            'normalize them with unicodedata.normalize("NFC", text)'),
    _repair(encoded, "are base64, hexadecimal or character codes", "decode them to text"),
    Repair("letters_reversed", letters_reversed, "are written backwards",
           "remove the reversal of the text or its tokens"),
    Repair("letters_substituted", letters_substituted, "have each letter replaced by another one",
           "remove the cipher or table of characters through which the text went, or choose the right keyboard"),
)  # fmt: skip
