"""MediaSum: interviews as two lists of the same length, speakers and utterances."""

from sumtune.data.formats.format import Format, Reading, Row, Turn

__all__ = ["MEDIASUM"]


def _matches(row: Row) -> bool:
    said, speakers = row.get("utt"), row.get("speaker")
    return isinstance(said, list) and isinstance(speakers, list) and len(said) == len(speakers) > 0


def _read(row: Row) -> list[Reading]:
    return [Reading([Turn(str(name), str(said)) for name, said in zip(row["speaker"], row["utt"], strict=True)])]


MEDIASUM = Format("MediaSum", ("utt", "speaker"), _matches, _read)
