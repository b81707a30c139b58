"""Find numbers in a text, written in digits of any script or as English words."""

import re
import unicodedata
from collections.abc import Iterator

__all__ = ["ENGLISH_VALUES", "digit_spans", "english_number_spans", "has_number", "in_ascii", "value"]

NUMBER = re.compile(r"#\w+#|\d+(?:[.,:]\d+)*")
"""A number, or a placeholder such as `#Person1#`, which is none."""
ENGLISH_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
UNITS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
TENS = "thirty forty fifty sixty seventy eighty ninety"
ENGLISH_VALUES = {word: str(number) for number, word in enumerate(UNITS.split())}
ENGLISH_VALUES |= {word: str(number) for number, word in zip(range(30, 100, 10), TENS.split(), strict=True)}
"""Values of English number words, in digits."""

SEPARATORS = {"٬": ",", "٫": ".", "：": ":", "，": ","}
DIGITS = re.compile(r"\d+")
BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s.,:'’](?=\d)")

Span = tuple[int, int]


def digit_spans(text: str) -> Iterator[Span]:
    """Return an iterator over the start and end of each number in digits of any script."""
    return (match.span() for match in NUMBER.finditer(in_ascii(text)) if not match.group().startswith("#"))


def english_number_spans(text: str) -> Iterator[Span]:
    """Yield the start and end of each English number word from `two` to `ninety`.

    Skips `one`, which is more often a pronoun than a number.
    """
    for match in ENGLISH_WORD.finditer(text):
        if match.group().casefold() in ENGLISH_VALUES.keys() - {"zero", "one"}:
            yield match.span()


def has_number(text: str, number: str) -> bool:
    """Return whether `text` contains `number`, with any grouping of its digits, or as a 12-hour or 24-hour time.

    Returns True in case of doubt, because languages write times and thousands in many ways.

    >>> has_number("Es kostet 1 250 € um 18.40 Uhr.", "1.250"), has_number("um 18.40 Uhr", "6:40")
    (True, True)
    >>> has_number("um 18.40 Uhr", "7:40")
    False
    """
    said, asked = in_ascii(text), DIGITS.findall(in_ascii(number))
    first, *others = map(_without_zeros, asked)
    groups = set(map(_without_zeros, DIGITS.findall(said)))
    hours = {str((int(group) + 12) % 24) for group in groups if len(group) <= 2}
    if first in groups | hours and {"0", *groups}.issuperset(others):
        return True
    return "".join(asked) in BETWEEN_DIGITS.sub("", said)


def in_ascii(text: str) -> str:
    """Return `text` with the digits and separators of all scripts replaced by ASCII ones.

    >>> in_ascii("١٬٢٥٠ ७:३० １２")
    '1,250 7:30 12'
    """
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else SEPARATORS.get(letter, letter) for letter in text
    )


def value(text: str) -> str:
    """Return a canonical spelling of a number, the same for equal values.

    >>> value("1,200"), value("7:00"), value("Five"), value("2.50"), value("007")
    ('1200', '7', '5', '2.5', '7')
    """
    digits = ENGLISH_VALUES.get(text.casefold(), text)
    digits = re.sub(r"[.,](?=\d{3}(?:\D|\Z))", "", digits)
    digits = re.sub(r":00\Z", "", digits).replace(",", ".")
    if "." in digits and ":" not in digits and digits.count(".") == 1:
        digits = digits.rstrip("0").rstrip(".")
    return _without_zeros(digits)


def _without_zeros(digits: str) -> str:
    return digits.lstrip("0") or "0"
