"""Repairs of what is written around a summary: JSON, Python literals, quotes, Markdown, tags, row numbers, scores."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from sumtune.diagnose.repairs.preambles import THOUGHT
from sumtune.diagnose.repairs.repair import OfText, Repair
from sumtune.diagnose.text_features import overlap, words

__all__ = ["REPAIRS"]

SAME = 0.6
"""Two texts in a list are candidates for the same summary if their words overlap at least this much."""
TEXT_KEYS = (
    "summary", "summary_text", "generated_text", "text", "content", "output", "response", "answer", "prediction",
    "result", "message", "translation_text",
)  # fmt: skip
OBJECT = re.compile(
    r"""^[\w.]+\((?:.*?\b)?(?:content|text|summary\w*|generated_text|data)=(['"])(.*?)(?<!\\)\1""", re.S
)
ARRAY = re.compile(r"^(?:np\.)?(?:array|tensor|Series|Text|str)\((.*?)(?:,\s*dtype=.*)?\)$", re.S)
OPEN_JSON = re.compile(
    r"""^\s*[{\[].{0,40}?["'](?:summary\w*|text|content|output|response|answer)["']\s*:\s*["'](.*)$""", re.S
)
JSON_START = re.compile(r'\{\s*"|\[\s*[{"]|^"')
JSON_SHARE = 0.6
"""Share of the characters that JSON must have if other text is around it."""
EVENT = re.compile(r"^data:\s*(\{.*\})\s*$", re.M)
"""Server-sent event of a stream."""
QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("„", "“"), ("«", "»"), ("`", "`"), ("‘", "’"), ("「", "」"))
FENCE_MARK = "```"
FENCE = re.compile(r"^\s*```\w*\s*\n?(.*?)\n?\s*(?:```\s*)?$", re.S)
HEADING = re.compile(r"^\s*#{1,6}\s+(?:[^\n]{0,40}\n+)?")
EMPHASIS = re.compile(r"(?<![\w*])(\*{2,3}|__)(?=[^\s*_])(.+?)(?<=[^\s*_])\1(?![*])", re.S)
"""Text in bold. A masked word such as `g****` is none."""
BLOCK_QUOTE = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.M)
"""The mark of a quotation in Markdown and in e-mails."""
LIST_MARK = re.compile(r"\s*[-*•‣◦·–—][ \t]+(?=\S)")
INLINE_MARK = re.compile(r"(?:^|(?<=[.!?;]))\s*[-*•‣◦·–—][ \t]+(?=\w)")
LIST_NUMBER = re.compile(r"\s*(\d{1,2})[.)][ \t]+(?=\w)")
TAGGED = re.compile(
    r"^.*?<(summary|answer|output|response|result|text|final|article)>\s*(.*?)\s*(?:</\1>.*)?$", re.S | re.I
)
HTML_TAG = re.compile(
    r"</?(?:a|b|body|br|code|div|em|font|h[1-6]|head|html|i|li|ol|p|pre|span|strong|table|td|tr|u|ul)\b[^<>]*/?>"
    rf"|(?!</?(?:{THOUGHT})>)"
    r"(?:<([a-z][\w:.-]+)(?:\s[^<>]*)?>(?=.*</\1>)|</[a-z][\w:.-]+>|<[a-z][\w:.-]+(?:\s[^<>]*)?/>)",
    re.I | re.S,
)
"""A tag of HTML, or one of XML that has an end. A special token such as `<pad>` or `</s>` is none, nor is a tag around
thoughts."""
ROW_NUMBER = re.compile(
    r"^\s*(?:[A-Z]-\d+|\[\d+\]|#\d+|(?:row|id|example|sample|idx|index)[ _=:#-]*\d+|\d{1,7})"
    r"\s*(?:[.:)|,;\t]|-\s|\s{2,})\s*"
)
LEVEL = r"\[?(?:DEBUG|INFO|WARNING|ERROR)\]?"
LOGGED = re.compile(
    r"^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?Z?\]?"
    rf"(?:\s*[-|:]?\s*{LEVEL})?[\s:|-]*|^\s*{LEVEL}(?::[\w.]+:|[\s:|-]+)\s*"
)
SERIES = re.compile(r"^\s*\d+\s{2,}(.*?)(?:\nName: .*)?(?:, dtype: \w+)?$", re.S)
CSV_ROW = re.compile(r"""^[^\s,"]{1,40}[,;\t]\s*"(.*)"\s*(?:[,;\t][^,"]{0,40})*$""", re.S)
DECIMALS = re.compile(r"\.\d\d")
COUNTED = re.compile(
    r"(?<!\s)\s*+"
    r"(?:[(\[]\s*+(?:~\s*+)?\d[\d.,]*+\s*+(?:words?|tokens?|char(?:acter)?s?|sentences?|m?s|sec(?:ond)?s?)\s*+[)\]]"
    r"|[(\[]?\s*+(?:(?:word|token|character) count|words|tokens|length)\s*+[=:]\s*+\d++\s*+[)\]]?)\s*+$",
    re.I,
)
"""What a program or a model counted: `(9 words)`, `Word count: 9`."""
SCORED = re.compile(
    r"(?<!\s)\s*+(?:[(\[|]\s*+)?"
    r"(?:(?:score|prob\w*+|logprob|confidence|p|loss)\s*+[=:]\s*+)?-?\d?\.\d{2,}+\s*+[)\]]?\s*+$",
    re.I,
)


def json_wrapped(text: str) -> str:
    """Return the text inside JSON. A text in quotation marks is JSON only if something in it is escaped.

    >>> json_wrapped('{"summary": "Ann helps."}'), json_wrapped('[{"summary_text": "Ann helps."}]')
    ('Ann helps.', 'Ann helps.')
    >>> json_wrapped('data: {"delta": {"content": "Ann "}}\\n\\ndata: {"delta": {"content": "helps."}}')
    'Ann helps.'
    >>> json_wrapped('"Ann\\\\nhelps."'), json_wrapped('"Ann helps."')
    ('Ann\\nhelps.', '"Ann helps."')
    """
    stripped = text.strip()
    if EVENT.match(stripped):
        return _streamed(text)
    start = JSON_START.search(stripped)
    if start is None:
        return text
    try:
        value, end = json.JSONDecoder().raw_decode(stripped, start.start())
    except ValueError:
        found = OPEN_JSON.match(stripped)
        return found[1].rstrip("\"'}] \n") if found else text
    is_whole = start.start() == 0 and end == len(stripped)
    if isinstance(value, str) and value == stripped[start.start() + 1 : end - 1]:
        return text
    return _text_in(value, text) if is_whole or end - start.start() >= JSON_SHARE * len(stripped) else text


def _streamed(text: str) -> str:
    """Return the pieces of text in server-sent events, joined."""
    try:
        return "".join(piece for event in EVENT.findall(text) for piece in _named(json.loads(event))) or text
    except ValueError:
        return text


def _named(value: Any) -> Iterator[str]:
    """Return the strings under a key for texts, at any depth."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from [one] if key in TEXT_KEYS and isinstance(one, str) else _named(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _named(one)


def python_literal(text: str) -> str:
    """Return the text inside a Python literal, or the representation of an object.

    >>> python_literal("b'Ann helps.'"), python_literal("['Ann helps.']"), python_literal("Msg(content='Ann helps.')")
    ('Ann helps.', 'Ann helps.', 'Ann helps.')
    """
    stripped = text.strip()
    if (called := ARRAY.match(stripped)) is not None:
        stripped = called[1].strip()
    if (found := OBJECT.match(stripped)) is not None:
        return found[2]
    if not re.match(r"""[bru]+['"]|[\[({]""", stripped) or stripped[-1] not in "'\"])}":
        return text
    try:
        return _text_in(ast.literal_eval(stripped), text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _text_in(value: Any, text: str) -> str:
    """Return the summary in a parsed value: what stands under a key for texts, or else all strings, or else `text`."""
    found = list(_named(value)) or list(_strings(value))
    if not found:
        return text
    if len(found) > 1 and all(overlap(set(words(found[0])), set(words(one))) >= SAME for one in found[1:]):
        return found[0]
    return " ".join(found)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple | set):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def quoted(text: str) -> str:
    """Remove quotation marks around the whole text, even several.

    >>> quoted('"Ann helps."'), quoted("'Go' and 'stop'"), quoted("\'\'\'Ann helps.\'\'\'")
    ('Ann helps.', "'Go' and 'stop'", 'Ann helps.')
    """
    stripped = text.strip()
    if stripped.startswith(FENCE_MARK):
        return text
    inner = next((stripped[1:-1] for marks in QUOTES if _are_around(stripped, *marks)), None)
    return text if inner is None else quoted(inner)


def _are_around(text: str, start: str, end: str) -> bool:
    """Return whether a pair of quotation marks is around `text`, and not around its first and its last words."""
    inner = text[1:-1].strip(start + end)
    return (
        len(text) > len(start + end)
        and text[0] == start
        and text[-1] == end
        and not re.search(rf"(?<!\w){start}|{end}(?!\w)", inner)
    )


def markdown_left(text: str) -> str:
    """Remove code fences, headings, marks of emphasis and of quotations.

    >>> markdown_left("```\\nAnn helps.\\n```"), markdown_left("# Summary\\n\\n**Ann** helps.")
    ('Ann helps.', 'Ann helps.')
    >>> markdown_left("> Ann helps.\\n> Bob is late."), markdown_left("5 > 3 is true.")
    ('Ann helps.\\nBob is late.', '5 > 3 is true.')
    """
    if all(map(BLOCK_QUOTE.match, filter(str.strip, text.splitlines()))):
        text = BLOCK_QUOTE.sub("", text)
    if (fenced := FENCE.match(text)) is not None:
        text = fenced[1]
    return EMPHASIS.sub(r"\2", HEADING.sub("", text))


def list_marks_left(text: str) -> str:
    r"""Remove the marks or numbers of a list.

    >>> list_marks_left("- Ann helps.\n- Bob is late."), list_marks_left("1. Ann helps.\n2. Bob is late.")
    ('Ann helps.\nBob is late.', 'Ann helps.\nBob is late.')
    >>> list_marks_left("* Ann helps. * Bob is late.")
    'Ann helps. Bob is late.'
    >>> list_marks_left("12. Ann helps."), list_marks_left("Ann - a nurse")
    ('12. Ann helps.', 'Ann - a nurse')
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and LIST_MARK.match(text):
        return INLINE_MARK.sub(lambda mark: " " * bool(mark.start()), text)
    marks = [LIST_MARK.match(line) or LIST_NUMBER.match(line) for line in lines]
    numbers = [int(mark[1]) for mark in marks if mark is not None and mark.re is LIST_NUMBER]
    if not lines or None in marks or numbers not in ([], list(range(1, len(lines) + 1))):
        return text
    return "\n".join(line[mark.end() :] for line, mark in zip(lines, marks, strict=True) if mark is not None)


def tagged(text: str) -> str:
    """Return the text inside a tag such as `<summary>`.

    >>> tagged("<summary>Ann helps.</summary>")
    'Ann helps.'
    """
    found = TAGGED.match(text)
    return found[2] if found is not None and words(found[2]) else text


def html_tags(text: str) -> str:
    """Remove the tags of HTML or XML.

    >>> html_tags("<p>Ann <b>helps</b>.</p>"), html_tags('<speak>Ann helps. <break time="1s"/></speak>')
    ('Ann helps.', 'Ann helps.')
    """
    return " ".join(HTML_TAG.sub(" ", text).split()).replace(" .", ".") if HTML_TAG.search(text) else text


def numbered(text: str) -> str:
    """Remove a row number or an id, a date with a log level, or what pandas prints around a text.

    >>> numbered("12: Ann helps."), numbered("0    Ann helps.\\nName: summary, dtype: object")
    ('Ann helps.', 'Ann helps.')
    """
    for pattern in (SERIES, CSV_ROW):
        if (found := pattern.match(text)) is not None and words(found[1]):
            return found[1]
    rest = ROW_NUMBER.sub("", LOGGED.sub("", text))
    return rest if any(map(str.isalpha, rest)) else text


def score_appended(text: str) -> str:
    """Remove a score or a count at the end.

    >>> score_appended("Ann helps. (score: -0.34)"), score_appended("It costs 5.50")
    ('Ann helps.', 'It costs 5.50')
    >>> score_appended("Ann helps. (2 words)"), score_appended("Ann runs. It takes 9 s")
    ('Ann helps.', 'Ann runs. It takes 9 s')
    """
    found = COUNTED.search(text)
    if found is None and DECIMALS.search(text):  # much faster than `SCORED`
        found = SCORED.search(text)
    return text[: found.start()] if found is not None and re.search(r"[.!?]$", text[: found.start()]) else text


def _repair(function: Callable[[str], str], what: str, remedy: str) -> Repair:
    return Repair(function.__name__, OfText(function), what, remedy)


REPAIRS = (
    _repair(json_wrapped, "are wrapped in JSON",
            "parse the answer with json.loads, and write only the text of the summary"),
    _repair(python_literal, "are Python literals or objects, not their text",
            "write the text itself, not str() of bytes, a list, a dict or an object"),
    _repair(quoted, "are in quotation marks", "remove the quotation marks where predictions are written"),
    _repair(markdown_left, "contain Markdown", "ask for plain text, or remove the Markdown"),
    _repair(list_marks_left, "are lists, not sentences", "ask for sentences, or remove the marks of the list"),
    _repair(tagged, "are wrapped in a tag", "write only the text inside the tag"),
    _repair(html_tags, "contain HTML or XML tags", "remove the tags where predictions are written"),
    _repair(numbered, "begin with a row number, an id, a date or a log level",
            "write only the text of the summary to the column of predictions"),
    _repair(score_appended, "end with a score or a count", "write the number to its own column"),
)  # fmt: skip
