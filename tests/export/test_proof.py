"""The proof of an export: what it accepts and what it refuses, without a model."""

import pytest
import tiny

from sumtune.evaluate.reference_groups import ReferencedDialogue
from sumtune.export.proof import Sample, Written, compare_written

PAIRS = [tiny.conversation(number) for number in range(40)]
SUMMARIES = [pair["summary"] for pair in PAIRS]
SAMPLE = Sample(
    "validation",
    tuple(ReferencedDialogue(str(at), pair["dialogue"], (pair["summary"],)) for at, pair in enumerate(PAIRS)),
    too_long=0,
)
PROMPTS = [[2, 7, at] for at in range(40)]


TUNED = Written(PROMPTS, SUMMARIES, 20.0, {"beams": 1})
WORSE = Written(PROMPTS, ["Ana waits."] * 40, 8.0, {"beams": 1})


def compare(summaries, prompts=PROMPTS, exact=TUNED, scored=TUNED):
    return compare_written(exact, scored, Written(prompts, summaries, 40.0, {}), SAMPLE, "auto", seed=0)


def test_the_same_summaries_pass():
    proof = compare(SUMMARIES)
    assert proof.problems == []
    assert proof.exact.identical == proof.scored.identical == proof.n == 40
    assert (proof.exact.tuned_s, proof.exported_s) == (0.5, 1.0)
    assert proof.exact.metrics["rouge1"].difference == 0


def test_the_difference_to_float32_decides_and_the_one_to_the_scored_engine_does_not():
    lucky, unlucky = compare(WORSE.summaries, exact=WORSE), compare(WORSE.summaries, scored=WORSE)
    assert lucky.problems == []
    assert lucky.scored.metrics["rouge1"].high < -0.01
    assert "ROUGE-1 is" in unlucky.problems[0]
    assert unlucky.scored.metrics["rouge1"].difference == 0


def test_other_prompt_tokens_are_refused_even_if_the_summaries_are_the_same():
    proof = compare(SUMMARIES, [*PROMPTS[:30], [2, 8, 30], *PROMPTS[31:]])
    (problem,) = proof.problems
    assert "1 of 40 prompts have other tokens; example 31 differs first at token 2" in problem


@pytest.mark.parametrize("damage", [
    lambda at: SUMMARIES[at] + " " + SUMMARIES[(at + 1) % 40],  # no end mark
    lambda at: SUMMARIES[(at + 3) % 40],  # about something else
    lambda _: "",
], ids=["runs on", "unrelated", "empty"])  # fmt: skip
def test_worse_summaries_are_refused(damage):
    (problem,) = compare([damage(at) for at in range(40)]).problems
    assert "ROUGE-1 is" in problem


def test_a_loss_that_may_be_chance_passes_and_so_does_a_gain():
    assert compare([SUMMARIES[0][:20], *SUMMARIES[1:]]).problems == [], "one worse example of forty"
    assert compare(SUMMARIES, exact=WORSE).problems == []


def test_a_small_loss_passes_although_it_is_certain():
    proof = compare([text + " so" * (at % 8 == 0) for at, text in enumerate(SUMMARIES)])
    assert -0.01 < proof.exact.metrics["rouge1"].difference < proof.exact.metrics["rouge1"].high < 0
    assert proof.problems == []
