"""CSDS: Chinese customer service dialogues, whose overall summary is a list of sentences."""

from sumtune.data.formats.format import Format, Reading, Row, Turn, is_list_of

__all__ = ["CSDS"]

SPEAKERS = {"Q": "用户", "A": "客服"}


def _read(row: Row) -> list[Reading]:
    speakers = {**SPEAKERS, "Q": str(row.get("QRole") or SPEAKERS["Q"])}
    turns = [
        Turn(speakers.get(str(turn.get("speaker")), str(turn.get("speaker", ""))), str(turn.get("utterance", "")))
        for turn in row["Dialogue"]
    ]
    summary = row["FinalSumm"]
    return [Reading(turns, "".join(map(str, summary)) if isinstance(summary, list) else summary)]


CSDS = Format(
    "CSDS",
    ("Dialogue", "FinalSumm", "UserSumm", "AgentSumm", "QA", "QRole"),
    lambda row: is_list_of(row.get("Dialogue"), "utterance") and isinstance(row.get("FinalSumm"), list | str),
    _read,
)
