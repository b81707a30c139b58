"""AMI and ICSI meetings as HMNet and others prepare them: utterances as lists of words, summaries as sentences."""

from collections.abc import Mapping
from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, is_list_of

__all__ = ["AMI"]


def _text(utterance: Any) -> str:
    if isinstance(utterance, Mapping):
        utterance = utterance.get("word", utterance.get("words", ""))
    return " ".join(map(str, utterance)) if isinstance(utterance, list) else str(utterance)


def _read(row: Row) -> list[Reading]:
    turns = [
        Turn(str(turn.get("role") or turn.get("speaker") or ""), _text(turn.get("utt", turn.get("text", ""))))
        for turn in row["meeting"]
    ]
    summary = row.get("summary")
    return [Reading(turns, " ".join(map(str, summary)) if isinstance(summary, list) else summary)]


AMI = Format("AMI or ICSI meetings", ("meeting", "summary"), lambda row: is_list_of(row.get("meeting"), "utt"), _read)
