"""A score that is too low or too high is a fault of its own where no other rule explains it."""

import random
from dataclasses import replace
from itertools import permutations

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import _ranked, diagnose
from sumtune.diagnose.finding import Finding
from sumtune.diagnose.gains import Gain
from sumtune.diagnose.outputs import score_change
from sumtune.diagnose.rules.score import score_unexplained
from sumtune.terminal.diagnosis import lines


def found(outputs, **context):
    return diagnose(Context(outputs=outputs, **context))


def most_replaced(outputs, reply="ok."):
    """Seven of eight predictions replaced by a short reply, as right padding in a decoder-only model does."""
    names = [dialogue.partition(":")[0] for dialogue in outputs.dialogues]
    texts = [text if row % 8 == 0 else f"{names[row]}: {reply}" for row, text in enumerate(outputs.predictions)]
    return outputs.with_predictions(texts)


@pytest.mark.parametrize(("reply", "rows"), [
    ("{}: ok", 5), ("{}: ok", 52), ("{}: ok.", 18), ("{}: ok.", 60), ("{} yes", 30), ("{} yes", 5),
    ("of the", 18), ("of the", 52), ("{}: no way", 30), ("{}: no way", 60), ("I see", 5), ("I see", 52),
])  # fmt: skip
def test_a_few_words_are_short_and_neither_cut_off_nor_swapped_whatever_they_are(reply, rows):
    outputs = planted.outputs(60)
    replies = [reply.format(dialogue.partition(":")[0]) for dialogue in outputs.dialogues]
    chosen = random.Random(0).sample(range(60), rows)
    texts = [replies[row] if row in chosen else text for row, text in enumerate(outputs.predictions)]
    codes = [finding.code for finding in found(outputs.with_predictions(texts)).findings]
    same = "one_summary_for_all" if "{" not in reply else None
    assert codes[0] in (same, "odd_lengths", "two_groups", "score_unexplained")
    assert not {"ends_midway", "cut_short", "columns_swapped"} & set(codes)


@pytest.fixture(scope="module")
def unexplained():
    """The diagnosis of outputs that say nothing."""
    return found(planted.outputs(60).with_predictions(list(map(planted.small_talk, planted.outputs(60).dialogues))))


def test_a_score_below_lead_3_without_a_known_cause_is_a_fault_with_five_examples(unexplained):
    diagnosis = unexplained
    finding = diagnosis.findings[0]
    assert finding.code == "score_unexplained"
    assert len(finding.examples) == 5
    assert f"ROUGE-1 is {diagnosis.score.mean:.3f}" in finding.evidence
    assert "No fault was found." not in list(lines(diagnosis))


@pytest.mark.parametrize(("copies", "ratio", "severity"),
                         [(True, 0.8, "weakness"), (True, 0.7, "fault"), (False, 0.8, "fault")])  # fmt: skip
def test_a_system_that_only_copies_and_is_near_lead_3_is_weak_and_not_faulty(copies, ratio, severity):
    outputs = planted.outputs(60)
    turns = [" ".join(turn.partition(": ")[2] for turn in said.splitlines()[-2:]) for said in outputs.dialogues]
    outputs = outputs.with_predictions(turns) if copies else outputs
    lead = outputs.score / ratio
    finding = score_unexplained(outputs, [Gain("lead-3", lead, outputs.score - lead, -0.2, -0.01, 0.001)])
    assert finding.severity == severity
    assert finding.title.startswith("The outputs mostly copy") == (severity == "weakness")


def test_most_predictions_replaced_are_two_groups():
    (finding,) = found(most_replaced(planted.outputs(60))).faults
    assert finding.code == "two_groups"


def test_the_examples_are_those_that_score_lowest(unexplained):
    outputs = planted.outputs(60).with_predictions(list(map(planted.small_talk, planted.outputs(60).dialogues)))
    finding = unexplained.faults[0]
    assert finding.code == "score_unexplained"
    names = [example.partition(": ")[0] for example in finding.examples]
    scores = dict(zip(outputs.ids, outputs.scores, strict=True))
    assert max(scores[name] for name in names) <= sorted(scores.values())[4]


def test_predictions_in_another_order_are_never_blamed_on_the_references():
    outputs = planted.outputs(60)
    moved = found(outputs.with_predictions(sorted(outputs.predictions, key=len)))
    codes = [finding.code for finding in moved.findings]
    assert codes == ["misplaced_rows"]


def test_no_share_of_the_lost_score_is_claimed_where_rouge_1_does_not_show_the_fault():
    outputs = planted.outputs(60)
    columns = replace(outputs, dialogues=outputs.dialogues[::-1])
    some = [" ".join(text.split()[::-1]) if row % 3 == 0 else text for row, text in enumerate(outputs.predictions)]
    every = outputs.mapped(lambda text: " ".join(text.split()[::-1]))
    for damaged in (columns, every, outputs.with_predictions(some)):
        shown = found(damaged)
        assert {finding.share for finding in shown.faults} == {None}
        assert "explains" not in " ".join(lines(shown))
    spaced = found(outputs.mapped(lambda text: text.replace("", " ")))
    assert f"explains {spaced.findings[0].share:.0%}" in " ".join(lines(spaced))


def test_findings_are_sorted_by_effect_and_those_without_one_by_their_rows():
    def fault(code, share, rows):
        return Finding(code, "", "fault", "", share=share, numbers={"share": rows})

    seen, small, unseen, all_rows = (
        fault("a", 0.4, 0.5),
        fault("b", 0.1, 0.05),
        fault("c", None, 0.1),
        fault("d", None, 1),
    )
    unread = fault("letters_dropped", 0.01, 0.2)
    for order in permutations([seen, small, unseen, all_rows, unread]):
        assert _ranked(order) == [unread, all_rows, seen, unseen, small]


@pytest.mark.parametrize("count", [1, 3, 9, 10, 60])
def test_few_examples_are_counted_without_statistics(count):
    outputs = planted.outputs(60).select(range(count))
    for shown in (found(outputs), found(outputs.mapped(lambda text: text.replace("", " ")))):
        text = " ".join(lines(shown))
        assert f"over {count} example" in text
        assert ("95% interval" in text) == (", p 0" in text) == (count >= 10)


def test_a_repair_of_few_rows_has_no_interval():
    for changed in (4, 12):
        outputs = planted.outputs(60)
        texts = [t.replace("", " ") if row < changed else t for row, t in enumerate(outputs.predictions)]
        first = found(outputs.with_predictions(texts)).findings[0]
        assert first.code == "characters_separated"
        assert ("interval" in first.evidence) == (changed >= 10)


def test_a_fault_of_all_rows_comes_before_one_of_three_rows():
    outputs = planted.outputs(60)
    empty = ["" if row in (3, 9, 40) else text for row, text in enumerate(outputs.predictions)]
    moved = replace(outputs.with_predictions(empty), dialogues=outputs.dialogues[-1:] + outputs.dialogues[:-1])
    assert [one.code for one in found(moved).findings] == ["misplaced_rows", "empty_predictions"]


def test_a_known_fault_explains_the_score():
    spaced = planted.outputs(60).mapped(lambda text: text.replace("", " "))
    assert [finding.code for finding in found(spaced).faults] == ["characters_separated"]


def test_outputs_far_below_the_base_model_are_a_fault_and_a_little_below_are_not():
    good = planted.outputs(60, kept=0.95)
    assert [one.code for one in found(planted.outputs(60, kept=0.6), base=good).faults] == ["score_unexplained"]
    assert found(planted.outputs(60, kept=0.93), base=good).faults == ()


def test_references_as_predictions_are_a_fault():
    outputs = planted.outputs(60)
    (finding,) = found(outputs.with_predictions(outputs.first_references)).faults
    assert finding.code == "predictions_are_references"
    assert finding.title == "All predictions are their references"
    assert "60 of 60" in finding.evidence
    for copied, title in ((60, ["All predictions are their references"]), (20, [])):
        mixed = outputs.with_predictions([*outputs.first_references[:copied], *outputs.predictions[copied:]])
        assert [one.title for one in found(mixed).faults] == title


def test_a_later_finding_says_which_rows_its_numbers_leave_out():
    outputs = planted.outputs(60)
    texts = ["" if row < 20 else text.replace("", " ") for row, text in enumerate(outputs.predictions)]
    first, second = found(outputs.with_predictions(texts)).findings
    assert (first.code, second.code) == ("characters_separated", "empty_predictions")
    assert second.evidence.startswith("Not counting `characters_separated`: 33% of the predictions (20 of 60)")
    some = [
        "" if row < 20 else str(text.encode()) if row < 40 else text for row, text in enumerate(outputs.predictions)
    ]
    every = {one.code: one for one in found(outputs.with_predictions(some)).findings}
    assert len(every) == 2
    assert any("Not counting" in one.evidence for one in every.values())
    german = "Die Leute sind nicht zu Hause und sie hat das Brot für {} mit dem Auto auf der Straße geholt."
    texts = [german.format(row) if row >= 25 else "nan" for row in range(60)]
    codes = {one.code: one for one in found(outputs.with_predictions(texts)).findings}
    assert codes["wrong_language"].title.startswith("All other predictions")
    assert codes["wrong_language"].evidence.startswith("Not counting `empty_predictions`, so without 25 rows: 100%")


def test_equal_scores_are_not_said_to_differ():
    outputs = planted.outputs(60)
    assert score_change(outputs, outputs) == f"stays {outputs.score:.3f}"
    empty = outputs.mapped(lambda _: "")
    assert score_change(empty, outputs) == f"is {outputs.score:.3f} instead of 0.000"


def test_empty_thoughts_are_thoughts_and_no_tags():
    first = found(planted.outputs(60).mapped(lambda text: f"<think>\n\n</think>\n\n{text}")).findings[0]
    assert first.code == "thoughts_left"


def test_thoughts_that_never_end_promise_no_score_of_a_summary():
    outputs = planted.outputs(60)
    thoughts = [
        f"<think>\nThey say: {said}" if row % 3 == 0 else text
        for row, (text, said) in enumerate(zip(outputs.predictions, outputs.dialogues, strict=True))
    ]
    first = found(outputs.with_predictions(thoughts)).findings[0]
    assert first.code == "thoughts_left"
    rest = outputs.select([row for row in range(60) if row % 3])
    assert first.evidence.endswith(f"20 of these hold no summary. The others score {rest.score:.3f}.")
