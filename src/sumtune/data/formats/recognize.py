"""Recognize the format of the rows of a file, before any column is guessed."""

from collections.abc import Iterable, Sequence
from itertools import islice

from sumtune.data.columns import DIALOGUE_NAMES
from sumtune.data.formats.ami import AMI
from sumtune.data.formats.chat_messages import OPENAI, SHAREGPT
from sumtune.data.formats.chat_template import CHAT_TEMPLATE
from sumtune.data.formats.chatgpt_and_claude import CHATGPT, CLAUDE
from sumtune.data.formats.csds import CSDS
from sumtune.data.formats.discord import DISCORD
from sumtune.data.formats.format import Format, Row
from sumtune.data.formats.intercom import INTERCOM
from sumtune.data.formats.mediasum import MEDIASUM
from sumtune.data.formats.prompt_completion import ALPACA, PROMPT_COMPLETION
from sumtune.data.formats.qmsum import QMSUM
from sumtune.data.formats.slack import SLACK
from sumtune.data.formats.teams import TEAMS
from sumtune.data.formats.telegram import TELEGRAM
from sumtune.data.formats.zendesk import ZENDESK

__all__ = ["FORMATS", "SAMPLED_ROWS", "recognize_format"]

FORMATS = (
    QMSUM, AMI, MEDIASUM, CSDS, DISCORD, SLACK, TEAMS, TELEGRAM, ZENDESK, INTERCOM, CHATGPT, CLAUDE, OPENAI, SHAREGPT,
    CHAT_TEMPLATE, ALPACA, PROMPT_COMPLETION,
)  # fmt: skip
"""The first that fits wins, so special formats come before general ones."""
SAMPLED_ROWS = 100


def recognize_format(rows: Iterable[Row], summaries: Sequence[str]) -> Format | None:
    """Return the format of the first rows; None if none is recognized. `summaries` are the known summary columns.

    If there is a summary column, `messages` and `conversations` are read as the dialogue, not as question and answer.
    """
    sample = list(islice(rows, SAMPLED_ROWS))
    for one in FORMATS:
        if one.is_prompt and any(row.get(name) for row in sample for name in summaries):
            continue
        if any(_has_dialogue(row, one) for row in sample):
            continue
        if sample and all(one.matches(row) for row in sample):
            return one
    return None


def _has_dialogue(row: Row, other: Format) -> bool:
    """Return whether a column that does not belong to the format holds a dialogue as text."""
    texts = (key for key, value in row.items() if isinstance(value, str))
    return any(key.lower() in DIALOGUE_NAMES and key not in other.keys for key in texts)
