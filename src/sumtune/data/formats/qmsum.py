"""QMSum: a meeting with queries. The general ones ask for a summary of the whole meeting."""

from typing import Any

from sumtune.data.formats.format import Format, Reading, Row, Turn, is_list_of

__all__ = ["QMSUM"]


def _general_answer(row: Row) -> Any:
    """Return the answer to the query for a summary or, without one, to the first general query."""
    queries = row.get("general_query_list")
    if not is_list_of(queries, "answer"):
        return None
    asked = [query for query in queries or () if "summar" in str(query.get("query", "")).lower()]
    return (asked or queries or [{}])[0].get("answer")


def _read(row: Row) -> list[Reading]:
    turns = [Turn(str(turn.get("speaker", "")), str(turn.get("content", ""))) for turn in row["meeting_transcripts"]]
    return [Reading(turns, _general_answer(row))]


QMSUM = Format(
    "QMSum",
    ("meeting_transcripts", "general_query_list", "specific_query_list", "topic_list"),
    lambda row: is_list_of(row.get("meeting_transcripts"), "content"),
    _read,
)
