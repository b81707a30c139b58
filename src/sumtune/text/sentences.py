"""Split a text in any language into sentences by punctuation alone."""

import re
from collections.abc import Iterator

import regex

__all__ = ["SENTENCE_END", "split_sentences"]

ABBREVIATIONS = """
    bzw ca dott dr dra evtl fig ing inż mevr mgr mme mr mrs ms mudr np nr núm prof sig sgt sr sra sta
    tel z г-н им см стр ул
"""
"""Abbreviations whose full stop rarely ends a sentence, because a name or a number usually follows."""
GERMAN_ARTICLES = "am beim das dem den der des die im ins vom zum"
GERMAN_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"


def _any(words: str) -> str:
    return "|".join(words.split())


_CLOSING = r"[\"'”“’»)\]]*"
_INITIAL = r"(?-i:\p{Lu})"
_NO_END = rf"(?<!\b(?:{_INITIAL}|{_any(ABBREVIATIONS)}|(?:{_any(GERMAN_ARTICLES)})\s\p{{Nd}}{{1,2}})\.)"
"""No sentence ends after an initial (`J. Roth`), an abbreviation (`Dr. Roth`) or a German ordinal (`am 3. Mai`)."""
_NO_START = rf"(?!(?-i:\p{{Ll}}|(?<=\p{{Nd}}\.\s)(?:{_any(GERMAN_MONTHS)})\b))"
"""No sentence begins with a lower-case letter or between a day and its month."""
_SPACED_MARK = rf"[.!?…؟۔।॥]{_CLOSING}"
_UNSPACED_MARK = "[。！？｡][」』”’）)]*"
_SPACED_END = rf"(?<={_SPACED_MARK}){_NO_END}\s+{_NO_START}"
_UNSPACED_END = rf"(?<={_UNSPACED_MARK})(?![。！？｡」』”’）)]|と|って)\s*(?=\S)"
SENTENCE_END = regex.compile(rf"(?iV1){_SPACED_END}|{_UNSPACED_END}")
"""Matches between two sentences on the same line."""
MARK = re.compile(rf"{_SPACED_MARK}(?=\s)|{_UNSPACED_MARK}")
"""Everything behind which `SENTENCE_END` can match; several times as fast to find."""


def split_sentences(text: str) -> list[str]:
    """Return the sentences of `text` without surrounding white space; a line break also ends a sentence.

    In scripts without sentence-ending punctuation, such as Thai, each line is one sentence.

    >>> split_sentences("Treffen am 3. Mai mit Dr. Roth. Wer kommt?"), split_sentences("我到了。你呢？")
    (['Treffen am 3. Mai mit Dr. Roth.', 'Wer kommt?'], ['我到了。', '你呢？'])
    """
    parts = (part.strip() for line in text.splitlines() for part in _split_line(line))
    return [part for part in parts if part]


def _split_line(line: str) -> Iterator[str]:
    """Yield what `SENTENCE_END.split(line)` returns."""
    start = 0
    for mark in MARK.finditer(line):
        if end := SENTENCE_END.match(line, mark.end()):
            yield line[start : end.start()]
            start = end.end()
    yield line[start:]
