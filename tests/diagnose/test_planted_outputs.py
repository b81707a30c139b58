"""Each fault of outputs is named first, with and without dialogues, and its share is what undoing it gives back."""

import random
from dataclasses import replace
from functools import cache

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.rules import output_faults
from sumtune.evaluate.rouge import rouge1

BABBLE = "and then they talk about the weather again and about what the others said to them on that day " * 5


def spaced(text):
    return text.replace("", " ")


def pieces(text, begin, inside):
    return " ".join(f"{begin}{word[:3]} {inside}{word[3:]}" if word[3:] else begin + word for word in text.split())


def random_case(text):
    chance = random.Random(text)
    return "".join(chance.choice([letter.upper(), letter.lower()]) for letter in text)


EACH = {
    "characters_separated": [spaced, " ".join, lambda text: " ".join(" ".join(text).split())],
    "special_tokens_left": [
        lambda text: f"<pad> {text}</s>",
        lambda text: f"{text}<eos><pad><pad>",
        lambda text: f"[CLS] {text} [SEP]",
        lambda text: f"{text}<|endoftext|>",
    ],
    "text_after_end_mark": [lambda text: f"<s>{text}</s> {text[::-1]}"],
    "never_stops": [
        lambda text: " ".join(f"{text} {BABBLE}".split()[:90]),
        lambda text: f"{text} {text} {text} {text} {text} {text} {text} {text}"[:400],
        lambda text: f"{text}\n{BABBLE}"[:420],
    ],
    "wrong_language": [
        lambda text: f"Die Leute sind nicht zu Hause und sie hat das Brot für {len(text)} mit dem Auto auf der Straße.",
        lambda text: "".join(chr(0x410 + ord(c) - 65) if c.isascii() and c.isalpha() else c for c in text),
    ],
    "case_destroyed": [str.upper, str.lower, str.swapcase, random_case],
    "cut_short": [
        lambda text: " ".join(text.split()[:20]),
        lambda text: " ".join(text.split()[:12]).rstrip(".,"),
        lambda text: text[:90],
    ],
    "word_pieces_left": [
        lambda text: pieces(text, "▁", ""),
        lambda text: pieces(text, "", "##"),
        lambda text: pieces(text, "Ġ", ""),
        lambda text: text.replace(" ", "▁"),
    ],
    "empty_predictions": [lambda _: "", lambda _: " \n", lambda text: "" if len(text) % 3 == 0 else text],
    "one_summary_for_all": [lambda _: "Two people talk about their plans."],
    "preamble_left": [lambda text: f"Summarize the following conversation: {text}"],
}
PLANTED = [
    (code, number, damage, dialogues)
    for code, damages in EACH.items()
    for number, damage in enumerate(damages)
    for dialogues in (True, False)
    if dialogues or number == 0
]
"""Each damage with dialogues, and one of each kind without."""


@cache
def clean_outputs(seed, dialogues):
    """Good outputs, in which nothing is found."""
    outputs = planted.outputs(28, seed=seed, dialogues=dialogues)
    assert codes(outputs) == []
    return outputs


def codes(outputs):
    return [finding.code for finding in output_faults.find_output_faults(outputs)]


@pytest.mark.parametrize(
    ("code", "number", "damage", "dialogues"),
    PLANTED,
    ids=[f"{code}-{number}-{'dialogues' if dialogues else 'alone'}" for code, number, _, dialogues in PLANTED],
)
def test_a_damage_is_named_first_and_alone_with_title_and_evidence(code, number, damage, dialogues):
    (finding,) = output_faults.find_output_faults(clean_outputs(number % 2, dialogues).mapped(damage))
    assert finding.code == code
    assert finding.title
    assert any(letter.isdigit() for letter in finding.evidence)
    assert len(finding.examples) <= 3


@pytest.mark.parametrize("dialogues", [True, False], ids=["dialogues", "alone"])
def test_an_echo_of_prompt_and_dialogue_is_named_first(dialogues):
    clean = planted.outputs(28)
    for before, after in (("Conversation:\n", "\n\nSummary: "), ("", "\n"), ("Summarize this, please.\n", "\nTL;DR: ")):
        echo = [before + d + after + p for d, p in zip(clean.dialogues, clean.predictions, strict=True)]
        damaged = clean.with_predictions(echo)
        code = "prompt_echoed" if dialogues else "prompt_echoed_in_part"
        assert codes(damaged if dialogues else replace(damaged, dialogues=None)) == [code]


@pytest.mark.parametrize("dialogues", [True, False], ids=["dialogues", "alone"])
@pytest.mark.parametrize("shift", [1, -1, 2])
def test_shifted_predictions_are_named_first_and_score_the_same_when_moved_back(shift, dialogues):
    clean = planted.outputs(40, dialogues=dialogues)
    moved = clean.predictions[shift:] + clean.predictions[:shift]
    (finding,) = diagnose(Context(outputs=clean.with_predictions(moved))).findings
    assert finding.code == "misplaced_rows"
    assert finding.numbers["rouge1_mended"] == pytest.approx(clean.score)


def test_swapped_columns_are_named_first():
    clean = planted.outputs(28)
    summaries = clean.first_references
    said = replace(clean, predictions=clean.dialogues, dialogues=clean.predictions)
    wanted = replace(clean, references=tuple((text,) for text in clean.dialogues), dialogues=summaries)
    for swapped in (said, wanted):
        assert codes(swapped) == ["columns_swapped"]
        assert codes(replace(swapped, dialogues=None)) == ["columns_swapped"]


def test_columns_that_are_swapped_in_some_rows_are_named_first():
    clean = planted.outputs(40)
    pairs = list(zip(clean.predictions, clean.dialogues, strict=True))
    pairs[::8] = [pair[::-1] for pair in pairs[::8]]
    predictions, dialogues = zip(*pairs, strict=True)
    first, *_ = diagnose(Context(outputs=replace(clean, predictions=predictions, dialogues=dialogues))).findings
    assert (first.code, first.numbers["share"]) == ("columns_swapped", 5 / 40)
    assert first.repaired.predictions == clean.predictions


def test_rows_that_stand_in_the_file_again_are_a_weakness():
    clean = planted.outputs(40)
    rows = [*range(40), *range(20)]
    twice = replace(clean.select(rows), ids=tuple(map(str, range(60))))
    (finding,) = diagnose(Context(outputs=twice)).findings
    assert (finding.code, finding.severity) == ("predictions_repeat", "weakness")
    assert "20 of 60 rows" in finding.evidence


def test_references_that_copy_more_than_predictions_are_a_suspicion_but_no_fault():
    clean = planted.outputs(40)
    quoted = tuple((text.splitlines()[1],) for text in clean.dialogues)
    diagnosis = diagnose(Context(outputs=replace(clean, references=quoted)))
    assert [(finding.code, finding.severity) for finding in diagnosis.findings] == [("columns_swapped", "weakness")]
    assert diagnosis.faults == ()


def test_the_share_of_the_lost_score_is_what_scoring_again_gives_back():
    clean = planted.outputs(32)
    damaged = clean.mapped(spaced)
    (finding,) = diagnose(Context(outputs=damaged)).findings
    before = sum(rouge1(*pair) for pair in zip(damaged.predictions, clean.first_references, strict=True)) / 32
    after = sum(rouge1(*pair) for pair in zip(clean.predictions, clean.first_references, strict=True)) / 32
    assert finding.share == pytest.approx((after - before) / (1 - before))
    assert finding.numbers["share"] == 1
    assert (finding.numbers["rouge1"], finding.numbers["rouge1_mended"]) == pytest.approx((before, after))
    assert f"{after:.3f}" in finding.evidence
    assert before < 0.05 < 0.4 < after


def test_the_references_themselves_get_all_back_when_the_spaces_go():
    references = planted.outputs(32)
    perfect = references.with_predictions(references.first_references)
    (finding,) = diagnose(Context(outputs=perfect.mapped(spaced))).findings
    assert finding.share == pytest.approx(1)


def test_two_faults_at_once_are_both_named_and_their_shares_add_up():
    clean = planted.outputs(40)
    damaged = clean.mapped(lambda text: spaced(f"<pad> {text}</s>"))
    findings = diagnose(Context(outputs=damaged)).findings
    assert [finding.code for finding in findings] == ["characters_separated", "special_tokens_left"]
    total = (clean.score - damaged.score) / (1 - damaged.score)
    assert sum(finding.share for finding in findings) == pytest.approx(total, abs=0.02)


def test_what_the_engine_says_about_the_limit_counts_where_texts_end_well():
    clean = planted.outputs(40)
    assert codes(replace(clean, cut_off=(True,) * 26 + (False,) * 14)) == ["cut_short"]
    assert codes(replace(clean, cut_off=(False,) * 40)) == []


@pytest.mark.parametrize("every", [3, 5])
def test_texts_that_replace_a_fault_are_not_accused(every):
    clean = clean_outputs(3, dialogues=True)
    same = [
        "The conversation is about plans." if row % every == 0 else text for row, text in enumerate(clean.predictions)
    ]
    assert codes(clean.with_predictions(same)) == ["one_summary_for_all"]
