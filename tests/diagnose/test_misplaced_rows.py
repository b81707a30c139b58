"""Whatever column is moved in whatever way: that column and that order are named, and never another column."""

import random
from dataclasses import replace

import numpy as np
import planted
import pytest

from sumtune.diagnose import alignment
from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.row_matching import LEAST_SIMILARITY, match_rows, rare_words
from sumtune.diagnose.rules.misplaced_rows import misplaced_rows

COUNT = 60
CLEAN = planted.outputs(COUNT)
ROWS = list(range(COUNT))
SIZES = [len(text) for text in CLEAN.predictions]
DIALOGUE_SIZES = [len(text) for text in CLEAN.dialogues]


def in_batches(size, order):
    return [row for start in range(0, COUNT, size) for row in order(ROWS[start : start + size])]


ORDERS = {
    "moved 2 rows up from row 1 on": ROWS[2:] + ROWS[:2],
    "moved 1 row down from row 1 on": ROWS[-1:] + ROWS[:-1],
    "moved 1 row up from row 31 on": [*ROWS[:30], *ROWS[31:], 30],
    "in reverse order": ROWS[::-1],
    "in reverse order inside each batch of 8": in_batches(8, lambda rows: rows[::-1]),
    "sorted by the length of the dialogue in ascending order": sorted(ROWS, key=DIALOGUE_SIZES.__getitem__),
    "sorted by their own length in descending order": sorted(ROWS, key=lambda row: -SIZES[row]),
    "sorted by row number as text": sorted(ROWS, key=str),
    "in the order of 3 processes, one after the other": ROWS[::3] + ROWS[1::3] + ROWS[2::3],
    "taken in turns from 4 parts of the file": [row for start in range(15) for row in ROWS[start::15]],
    "exchanged between rows 6 and 21": [{5: 20, 20: 5}.get(row, row) for row in ROWS],
    "in no recognizable order": random.Random(0).sample(ROWS, COUNT),
}


def moved(outputs, column, order):
    values = getattr(outputs, column)
    return replace(outputs, **{column: tuple(values[row] for row in order)})


@pytest.mark.parametrize("description", ORDERS)
def test_moved_predictions_are_named_with_their_order_and_score_in_the_right_one(description):
    (finding,) = diagnose(Context(outputs=moved(CLEAN, "predictions", ORDERS[description]))).findings
    assert (finding.code, finding.columns) == ("misplaced_rows", ("prediction",))
    assert description in finding.evidence
    assert finding.numbers["rouge1_mended"] == pytest.approx(CLEAN.score)


@pytest.mark.parametrize(("column", "name"), [("references", "reference"), ("dialogues", "dialogue")])
@pytest.mark.parametrize("description", ["moved 2 rows up from row 1 on", "in reverse order"])
def test_the_column_out_of_step_is_named(description, column, name):
    (finding,) = diagnose(Context(outputs=moved(CLEAN, column, ORDERS[description]))).findings
    assert (finding.code, finding.columns) == ("misplaced_rows", (name,))
    assert description in finding.evidence
    assert finding.repaired == CLEAN


@pytest.mark.parametrize(("column", "name"), [("predictions", "prediction"), ("dialogues", "dialogue")])
@pytest.mark.parametrize("row", [1, 2, 9, 31, 55])
def test_a_text_written_twice_moves_the_rest_from_its_copy_on(column, name, row):
    finding = misplaced_rows(moved(CLEAN, column, [*ROWS[:row], row - 1, *ROWS[row:-1]]))
    assert finding.columns == (name,)
    assert f"they are moved 1 row down from row {row + 1} on" in finding.evidence
    assert (finding.numbers["in_own_row"], finding.numbers["in_other_row"]) == (row, COUNT - 1 - row)


@pytest.mark.parametrize("row", [1, 2, 31, 55])
def test_a_missing_text_moves_the_rest_from_its_row_on(row):
    finding = misplaced_rows(moved(CLEAN, "predictions", [*ROWS[: row - 1], *ROWS[row:], row - 1]))
    assert f"moved 1 row up from row {row} on" in finding.evidence


def test_two_texts_written_twice_are_two_moves():
    order = [row for row in ROWS for _ in range(2 if row in (9, 39) else 1)][:COUNT]
    evidence = misplaced_rows(moved(CLEAN, "predictions", order)).evidence
    assert "they are moved 1 row down from row 11 on, 2 rows down from row 41 on" in evidence


def test_copies_of_a_text_leave_its_own_row_clear():
    rows = [row for row in ROWS if row not in (20, 21)]
    twins = planted.outputs(COUNT).select([*rows[:20], rows[19], *rows[20:]])  # a whole row stands in the file twice
    one, two = rare_words([twins.predictions, twins.dialogues])
    assert match_rows(one, two).home.all()


def test_every_order_is_named_in_a_long_file_too(monkeypatch):
    monkeypatch.setattr(alignment, "MOST_DOUBTED", COUNT - 1)
    for description, order in ORDERS.items():
        assert description in misplaced_rows(moved(CLEAN, "predictions", order)).evidence


def test_without_dialogues_it_is_not_claimed_which_column_was_moved():
    alone = replace(moved(CLEAN, "predictions", ROWS[::-1]), dialogues=None)
    finding = misplaced_rows(alone)
    assert finding.title == "Predictions and references are in different orders"
    assert finding.numbers["rouge1_mended"] == pytest.approx(CLEAN.score)


def test_predictions_of_another_file_belong_to_other_rows():
    others = [one for one in planted.CORPUS if one.id not in CLEAN.ids]
    finding = misplaced_rows(CLEAN.with_predictions([planted.written(one) for one in others[:COUNT]]))
    assert finding.title == "The predictions do not belong to the rows of this file"
    assert finding.repaired is None


def test_predictions_of_another_file_are_not_only_called_unrelated():
    others = [planted.written(one) for one in planted.CORPUS if one.id not in CLEAN.ids][:COUNT]
    first = diagnose(Context(outputs=CLEAN.with_predictions(others))).findings[0]
    assert (first.code, first.repaired) == ("misplaced_rows", None)
    assert "same split" in first.remedy


def test_a_header_row_counted_as_an_example_is_named():
    finding = misplaced_rows(CLEAN.with_predictions(["summary", *CLEAN.predictions[:-1]]))
    assert "because a header row was counted" in finding.evidence


@pytest.mark.parametrize(
    "rewrite",
    [lambda _: "They talk about their plans.", lambda text: f"{text.split()[0]} talks about plans.",
     lambda _: "", lambda text: text[::-1]],
    ids=["constant", "template", "empty", "reversed"],
)  # fmt: skip
@pytest.mark.parametrize("count", [8, 40])
def test_texts_that_match_nothing_are_not_called_misplaced(rewrite, count):
    assert misplaced_rows(planted.outputs(count).mapped(rewrite)) is None


def test_the_assignment_has_the_largest_total_similarity():
    from scipy.optimize import linear_sum_assignment

    one, two = rare_words([CLEAN.predictions, moved(CLEAN, "dialogues", ROWS[::-1]).dialogues])
    found = match_rows(one, two)
    cosines = (one @ two.T).toarray()
    # Each row may stay alone, at the price of the least similarity.
    alone = np.where(np.eye(COUNT, dtype=bool), LEAST_SIMILARITY, 0)
    rows, columns = linear_sum_assignment(np.hstack([cosines, alone]), maximize=True)
    assert found.partners.tolist() == np.where(columns < COUNT, columns, -1).tolist()
    matched = found.partners >= 0
    assert found.similarities[matched] == pytest.approx(cosines[rows[matched], columns[matched]])
    for row in np.flatnonzero(matched):
        others = [*np.delete(cosines[row], columns[row]), *np.delete(cosines[:, columns[row]], row)]
        assert found.clear[row] == (cosines[row, columns[row]] >= 1.5 * max(others))
