"""Conversations exported as text: chats with a time in each line, WebVTT and SRT."""

import re

from sumtune.data.file_kind import SUFFIXES
from sumtune.data.formats.format import Reading, split_at_pauses
from sumtune.data.formats.subtitles import is_subtitles, read_subtitles
from sumtune.data.formats.whatsapp import is_chat_log, read_chat_log
from sumtune.data.issues import Issue
from sumtune.data.table import Table
from sumtune.errors import DataError

__all__ = ["read_text_export"]

DISCORD_TEXT = re.compile(r"\ufeff?={20,}\r?\nGuild: ")
"""How DiscordChatExporter begins a text."""


def read_text_export(place: str, file: str, text: str, split: str | None) -> Table:
    """Return the conversations of an exported chat, split at pauses, or the single one of a transcript.

    Raises:
        DataError: `text` is neither.
    """
    log = read_chat_log(text) if is_chat_log(text) else None
    if log is not None and log.turns:
        left_out = f"; left out: notes and media ({log.left_out})" if log.left_out else ""
        parts = [Reading(part).value() for part in split_at_pauses(log.turns)]
        return _table(file, split, parts, "an exported chat", left_out)
    if log is not None:
        raise DataError(f"{place} is an exported chat without any message: it holds only notices and media.")
    if DISCORD_TEXT.match(text):
        raise DataError(
            f"{place} is a Discord channel as text, in which messages cannot be separated: export it as JSON "
            "(DiscordChatExporter: --format Json)."
        )
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    turns = read_subtitles(lines) if is_subtitles(lines) else None
    if turns is not None:
        return _table(file, split, [turns], "a transcript", "")
    raise DataError(
        f"{place} is of an unknown format; expected {', '.join(SUFFIXES)}, an exported chat or a transcript. "
        "A text with one dialogue is summarized by `sumtune summarize FILE`."
    )


def _table(file: str, split: str | None, dialogues: list[object], name: str, left_out: str) -> Table:
    rows = tuple((number, {"dialogue": dialogue}) for number, dialogue in enumerate(dialogues, 1))
    issue = Issue("format", "info", f"it is read as {name}{left_out}", file)
    return Table(file, split, ("dialogue",), rows, (issue,), name)
