"""Read and check the values in the style column."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sumtune.data.dialogue import is_unicode
from sumtune.data.example import Example
from sumtune.data.issues import Issue, undecodable
from sumtune.data.placeholders import is_placeholder
from sumtune.data.styles import MAX_STYLE_CHARACTERS, MAX_STYLE_TOKENS, clean_style

__all__ = ["check_style_value", "check_styles", "read_style"]

MAX_STYLES = 100
"""Maximum number of styles in training; a column with more of them holds something else."""


def read_style(value: Any) -> str | None:
    """Return the style in a cell: "" if it is missing or a placeholder, None if it is not text.

    >>> read_style("in one  sentence"), read_style("N/A"), read_style(["short"])
    ('in one sentence', '', None)
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return None
    style = clean_style(value)
    return "" if is_placeholder(style) else style


def check_style_value(value: Any, file: str, row: int) -> Iterator[Issue]:
    """Yield an error if the cell `value` cannot be a style."""
    style = read_style(value)
    if style is None:
        yield Issue("style_not_text", "error", "the style is not text", file, row)
    elif not is_unicode(style):
        yield undecodable(file, row, "the style")
    elif len(style) > MAX_STYLE_CHARACTERS:
        yield Issue("style_too_long", "error", f"the style has {len(style)} characters; a style has up to "
                    f"{MAX_STYLE_CHARACTERS}", file, row)  # fmt: skip


def check_styles(
    training: Iterable[Example], column: str, count: Callable[[Sequence[str]], list[int]] | None
) -> Iterator[Issue]:
    """Yield errors if the training examples have no styles, too many, or one with too many tokens."""
    first = {example.style: example for example in training if example.style}
    if not first:
        yield Issue("no_styles", "error", f"no training example has a style in the column {column!r}")
    if len(first) > MAX_STYLES:
        message = (
            f"the column {column!r} has {len(first)} different styles in training, but a model learns up to "
            f"{MAX_STYLES}: choose a column whose values repeat"
        )
        yield Issue("too_many_styles", "error", message)
    elif count is not None:
        for tokens, example in zip(count(list(first)), first.values(), strict=True):
            if tokens > MAX_STYLE_TOKENS:
                message = f"the style has {tokens} tokens; a style has up to {MAX_STYLE_TOKENS}"
                yield Issue("style_too_long", "error", message, example.file, example.row)
