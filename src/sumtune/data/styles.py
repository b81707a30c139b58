"""Styles: a short text such as "in one sentence" in the prompt, which says what kind of summary to write."""

from collections.abc import Callable, Sequence

from sumtune.errors import ModelError

__all__ = ["FIELD", "MAX_STYLE_CHARACTERS", "MAX_STYLE_TOKENS", "check_style", "clean_style", "without_field"]

FIELD = "{style}"
"""Place of the style in a prompt or an instruction."""
MAX_STYLE_CHARACTERS = 200
MAX_STYLE_TOKENS = 64
"""Positions that a prompt with styles reserves for the style."""
SHOWN_STYLES = 8


def clean_style(text: str) -> str:
    """Return `text` on one line, with every run of white space as one space.

    >>> clean_style(" in one\\n sentence ")
    'in one sentence'
    """
    return " ".join(text.split())


def without_field(text: str) -> str:
    """Return `text` for a dialogue without a style: without the field and a space before it.

    >>> without_field("Summarize the conversation {style}.")
    'Summarize the conversation.'
    """
    return text.replace(f" {FIELD}", "").replace(FIELD, "")


def check_style(style: str, known: Sequence[str] | None, count: Callable[[Sequence[str]], list[int]]) -> str | None:
    """Return a note if `style` is not among `known`, the styles of training; None if it is, or is empty.

    `known` is None for a model that was tuned without styles, and `count` counts tokens.

    Raises:
        ModelError: the model was tuned without styles, or the style is too long.
    """
    if not style:
        return None
    if known is None:
        raise ModelError("This model was tuned without styles: leave the style out, or tune with --style-column.")
    if any("\ud800" <= character <= "\udfff" for character in style):
        raise ModelError("The style is not valid Unicode text.")
    if len(style) > MAX_STYLE_CHARACTERS or count([style])[0] > MAX_STYLE_TOKENS:
        raise ModelError(
            f"The style is too long: it may have up to {MAX_STYLE_CHARACTERS} characters and {MAX_STYLE_TOKENS} tokens."
        )
    if style in known:
        return None
    shown = ", ".join(map(repr, known[:SHOWN_STYLES])) + (" …" if len(known) > SHOWN_STYLES else "")
    return f"The model was not tuned with the style {style!r}. It knows: {shown}."
