"""Damage that needs the whole file."""

import re
from random import Random

from .row import Row, column, prediction, put, sentences


@column
def length_sorted_not_restored(rows: list[Row], _: Random) -> list[str]:
    """Sort the dialogues by length for batches, and never put the predictions back in order."""
    return _in_order(rows, sorted(range(len(rows)), key=lambda row: (-len(rows[row]["dialogue"]), row)))


@column
def ranks_concatenated(rows: list[Row], random: Random) -> list[str]:
    """Deal the rows out to devices in turn, and write the devices' outputs one after the other."""
    devices = random.choice([2, 4, 8]) if len(rows) > 8 else 2
    return _in_order(rows, [row for device in range(devices) for row in range(device, len(rows), devices)])


@column
def history_not_reset(rows: list[Row], _: Random) -> list[str]:
    """Do not clear the chat between rows: each answer repeats up to three summaries before it."""
    texts = [prediction(row) for row in rows]
    return [" ".join(texts[max(0, row - 3) : row + 1]) for row in range(len(rows))]


@column
def first_of_batch_for_all(rows: list[Row], random: Random) -> list[str]:
    """Give the first summary of a batch to all its rows."""
    size = random.choice([4, 8])
    return _in_order(rows, [row - row % size for row in range(len(rows))])


@column
def return_sequences_flattened(rows: list[Row], _: Random) -> list[str]:
    """Write two sequences for each dialogue: each row gets a sequence of the row at half its place."""
    texts = []
    for row in range(len(rows)):
        text = rows[row // 2]["prediction"]
        if row % 2:
            words = text.split()
            text = " ".join(words[:-1]) + "." if len(words) > 3 else text + "."
        texts.append(text)
    return texts


@column
def resume_overlap(rows: list[Row], random: Random) -> list[str]:
    """Resume a job that writes some rows again: all later predictions are displaced."""
    written = max(1, int(len(rows) * random.uniform(0.15, 0.35)))
    again = max(1, min(written, random.randint(5, 16)))
    order = [*range(written), *range(written - again, len(rows) - again)]
    return _in_order(rows, order[: len(rows)])


@column
def forward_filled(rows: list[Row], random: Random) -> list[str]:
    """Fill the gaps of failed requests with the summary of the row before."""
    texts: list[str] = []
    for position, row in enumerate(rows):
        failed = position and (random.random() < 0.45 or position == 1)
        texts.append(texts[-1] if failed else row["prediction"])
    return texts


def references_off_by_one(rows: list[Row], _: Random) -> list[Row]:
    """Read the header of the references as a row: all references are late by one."""
    return put(rows, "reference", ["summary", *(row["reference"] for row in rows[:-1])])


@column
def one_column_sorted(rows: list[Row], _: Random) -> list[str]:
    """Sort the column of predictions in a spreadsheet, and no other column."""
    return sorted((row["prediction"] for row in rows), key=str.lower)


@column
def sentences_reread_as_rows(rows: list[Row], _: Random) -> list[str]:
    """Write each sentence on a line and read each line as a row; rows may be lost."""
    texts = [prediction(row) for row in rows]
    lines = [sentence for text in texts for sentence in sentences(text)]
    if len(lines) == len(rows):
        lines = [clause for text in texts for clause in re.split(r"(?<=,)\s+|\s+(?=and )", text) if clause]
    return lines[: len(rows)]


def many_to_many_join(rows: list[Row], random: Random) -> list[Row]:
    """Join on a key that several rows share: dialogues come up to three times, with each other's predictions."""
    joined: list[Row] = []
    for start in range(0, len(rows), 3):
        block = rows[start : start + 3]
        if random.random() < 0.6 or start == 0:
            joined += [{**row, "prediction": other["prediction"]} for row in block for other in block]
        else:
            joined += block
    return joined


@column
def dead_rank_blank_tail(rows: list[Row], random: Random) -> list[str]:
    """Lose a worker: the rows at the end of the file get empty predictions."""
    kept = int(len(rows) * random.uniform(0.55, 0.75))
    return [row["prediction"] if position < kept else "" for position, row in enumerate(rows)]


def _in_order(rows: list[Row], order: list[int]) -> list[str]:
    return [rows[position]["prediction"] for position in order]
