"""Damage to the order and number of rows; these kinds need the whole file."""

from dataclasses import replace
from random import Random

from second_fresh.row import Row, column


@column
def two_devices_concatenated(rows: list[Row], _: Random) -> list[str]:
    """Gather the even rows of one device before the odd rows of the other."""
    texts = [row.prediction for row in rows]
    return texts[::2] + texts[1::2]


@column
def completion_order(rows: list[Row], random: Random) -> list[str]:
    """Collect sixteen requests at a time in the order in which they end."""
    texts = [row.prediction for row in rows]
    return [
        text
        for start in range(0, len(texts), 16)
        for text in sorted(texts[start : start + 16], key=lambda text: len(text) + random.uniform(0, 40))
    ]


@column
def header_counted_as_row(rows: list[Row], _: Random) -> list[str]:
    """Read the header as the first prediction."""
    return ["prediction", *(row.prediction for row in rows[:-1])]


@column
def failed_rows_dropped(rows: list[Row], random: Random) -> list[str]:
    """Drop a few failed rows and close the gap; the end is filled with "nan"."""
    failed = set(random.sample(range(len(rows)), max(1, len(rows) // 20)))
    texts = [row.prediction for number, row in enumerate(rows) if number not in failed]
    return texts + ["nan"] * (len(rows) - len(texts))


@column
def stale_variable(rows: list[Row], random: Random) -> list[str]:
    """Write the last answer once more whenever a request fails."""
    texts: list[str] = []
    for row in rows:
        texts.append(texts[-1] if texts and random.random() < 0.3 else row.prediction)
    return texts


@column
def lines_of_two_writers(rows: list[Row], _: Random) -> list[str]:
    """Let two processes write without a lock: a line's second half is that of the other process's line."""
    texts = [row.prediction for row in rows]
    half = len(texts) // 2
    crossed = list(texts)
    for number in range(half):
        other = number + half
        one, two = texts[number], texts[other]
        crossed[number] = one[: len(one) // 2] + two[len(two) // 2 :]
        crossed[other] = two[: len(two) // 2] + one[len(one) // 2 :]
    return crossed


@column
def cache_by_first_speaker(rows: list[Row], _: Random) -> list[str]:
    """Cache the answers by a key that many dialogues share: their length in hundreds of characters."""
    cache: dict[int, str] = {}
    return [cache.setdefault(len(row.dialogue) // 100, row.prediction) for row in rows]


@column
def joined_by_string_ids(rows: list[Row], _: Random) -> list[str]:
    """Join by ids that were sorted as strings on one side: 0, 1, 10, 11, 2 …"""
    order = sorted(range(len(rows)), key=str)
    return [rows[number].prediction for number in order]


def appended_by_second_run(rows: list[Row], _: Random) -> list[Row]:
    """Append the outputs of an earlier, shorter run to the same file: half of the rows stand twice."""
    return rows + rows[: len(rows) // 2]


def references_shifted(rows: list[Row], _: Random) -> list[Row]:
    """Lose the first reference, so that each row has that of the next."""
    new = [row.reference for row in rows[1:]] + [row.reference for row in rows[:1]]
    return [replace(row, reference=reference) for row, reference in zip(rows, new, strict=True)]


@column
def second_half_missing(rows: list[Row], _: Random) -> list[str]:
    """Stop the process in the middle; the missing rows are read as empty."""
    return [row.prediction if number < len(rows) // 2 else "" for number, row in enumerate(rows)]


@column
def last_batch_for_all(rows: list[Row], _: Random) -> list[str]:
    """Overwrite a buffer of eight: each batch holds the texts of the last one."""
    last = [row.prediction for row in rows[-8:]]
    return [last[number % len(last)] for number in range(len(rows))]
