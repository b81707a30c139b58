"""Predictions that stand in the wrong row. All of these need the whole file."""

from dataclasses import replace
from random import Random

from .row import Row, column, sentences


def _texts(rows: list[Row]) -> list[str]:
    return [row.prediction for row in rows]


@column
def shuffled_loader(rows: list[Row], random: Random) -> list[str]:
    """The loader of the test set shuffled: the predictions are in another order than the references."""
    return random.sample(_texts(rows), len(rows))


@column
def first_line_taken_for_header(rows: list[Row], _: Random) -> list[str]:
    """The first prediction was taken for a header: all predictions are one row too high, and the last is empty."""
    return [*_texts(rows)[1:], ""]


@column
def blank_line_skipped(rows: list[Row], random: Random) -> list[str]:
    """An empty prediction in the first half was skipped on reading: from there on all are one row too high."""
    place = random.randrange(len(rows) // 2 + 1)
    texts = _texts(rows)
    return [*texts[:place], *texts[place + 1 :], texts[-1]]


@column
def sorted_by_length(rows: list[Row], _: Random) -> list[str]:
    """The dialogues were sorted by length for batching, and the predictions were not put back in order."""
    return [row.prediction for row in sorted(rows, key=lambda row: len(row.dialogue), reverse=True)]


@column
def gathered_by_device(rows: list[Row], _: Random) -> list[str]:
    """Four devices took every fourth example, and their results were written one device after the other."""
    texts = _texts(rows)
    return [text for rank in range(4) for text in texts[rank::4]]


@column
def written_as_completed(rows: list[Row], random: Random) -> list[str]:
    """Sixteen requests ran at the same time, and the answers were written in the order of their arrival."""
    order = sorted(range(len(rows)), key=lambda index: index + random.uniform(0, 16))
    return [rows[index].prediction for index in order]


@column
def files_in_order_of_names(rows: list[Row], _: Random) -> list[str]:
    """One file for each output, read in the order of their names: 0, 1, 10, 11, 2 instead of 0, 1, 2."""
    return [rows[index].prediction for index in sorted(range(len(rows)), key=str)]


@column
def column_sorted_alone(rows: list[Row], _: Random) -> list[str]:
    """In the spreadsheet only the column of predictions was sorted, not the table."""
    return sorted(_texts(rows))


@column
def joined_on_id_of_shard(rows: list[Row], _: Random) -> list[str]:
    """The ids start at 0 in each of three shards: the join gave every row the prediction of the first shard."""
    size = -(-len(rows) // 3)
    return [rows[index % size].prediction for index in range(len(rows))]


def joined_on_repeated_key(rows: list[Row], _: Random) -> list[Row]:
    """The key of the join is not unique: rows of two examples are crossed, so that there are twice as many rows."""
    pairs = [rows[start : start + 2] for start in range(0, len(rows), 2)]
    return [replace(left, prediction=right.prediction) for pair in pairs for left in pair for right in pair]


@column
def start_written_twice(rows: list[Row], _: Random) -> list[str]:
    """A restarted run appended to its old file: the first 40% of predictions come twice, and the others come late."""
    texts = _texts(rows)
    return [*texts[: len(rows) * 2 // 5], *texts][: len(rows)]


@column
def first_of_batch_for_all(rows: list[Row], _: Random) -> list[str]:
    """decode(outputs[0]) in a loop over batches of four: each row got the output of its batch's first row."""
    return [rows[index - index % 4].prediction for index in range(len(rows))]


@column
def beams_fill_the_rows(rows: list[Row], _: Random) -> list[str]:
    """Four hypotheses for each example in one flat list, cut to the number of rows: row 4 holds example 1."""
    return [rows[index // 4].prediction for index in range(len(rows))]


@column
def one_line_for_each_sentence(rows: list[Row], _: Random) -> list[str]:
    """Each sentence became a line of a text file that is read as one row a line: later rows hold earlier sentences."""
    return [line for row in rows for line in sentences(row.prediction)][: len(rows)]
