"""What the report says follows from the files of the run."""

from dataclasses import replace
from itertools import pairwise
from statistics import mean

import pytest
import scored_run
import tiny

from sumtune.evaluate.overlap import Overlap
from sumtune.model.tokenizer import load_encoder
from sumtune.report.view.examples import chosen_examples, segments
from sumtune.report.view.faithfulness import KINDS, claims_of
from sumtune.report.view.first_batch import first_batch_of
from sumtune.report.view.forecast import promises_of
from sumtune.report.view.gains import gains_of
from sumtune.report.view.groups import groupings_of
from sumtune.report.view.run_files import read_run_files
from sumtune.report.view.training import MOST_POINTS, training_of
from sumtune.report.view.verdict import verdict_of
from sumtune.text.claims.check import Inconsistency
from sumtune.text.encoded_file import save_encoded
from sumtune.text.prompt import Prompt


def with_scores(card, **rouge1):
    """The scorecard with these ROUGE-1 scores of each system, in turn over the examples."""

    def changed(place, example):
        systems = dict(example.systems)
        for name, scores in rouge1.items():
            key = name.replace("_", "-")
            value = scores[place % len(scores)]
            systems[key] = replace(systems[key], scores=Overlap(value, value, value, value, value))
        return replace(example, systems=systems)

    return replace(card, examples=tuple(changed(place, one) for place, one in enumerate(card.examples)))


LOW, MIDDLE, HIGH, MIXED = (0.1, 0.12), (0.3, 0.32), (0.5, 0.52), (0.1, 0.5)


@pytest.mark.parametrize(
    ("base", "copying", "kind", "words"),
    [
        (LOW, LOW, "good", "beats the untuned model, and it beats copying"),
        (LOW, HIGH, "mixed", "Tuning helped, but the tuned model scores below copying"),
        (LOW, MIXED, "mixed", "Tuning helped, but the tuned model is not clearly better"),
        (MIXED, LOW, "mixed", "It is not clear that tuning helped, but the tuned model beats copying"),
        (HIGH, HIGH, "bad", "Tuning made the summaries worse, and"),
    ],
)
def test_the_verdict_says_what_the_intervals_say(card, base, copying, kind, words):
    scored = with_scores(card, tuned=MIDDLE, base=base, lead_3=LOW, longest_3=copying)
    verdict = verdict_of(scored, None)
    assert verdict.kind == kind
    assert words in verdict.headline


def test_gains_are_mean_differences_and_their_sign_is_in_words(card):
    scored = with_scores(card, tuned=MIDDLE, base=LOW, lead_3=LOW, longest_3=HIGH)
    gains = {gain.system: gain for gain in gains_of(scored)}
    assert gains["base"].difference == pytest.approx(0.2)
    assert gains["longest-3"].high < 0 < gains["base"].low
    text = " ".join(verdict_of(scored, None).sentences)
    assert "0.200 above the untuned model (95% interval 0.200 to 0.200)" in text
    assert "0.200 below longest-3, the better way of copying" in text
    assert "fewer than 1 in 10,000" in text


def test_a_fault_comes_before_any_score(card):
    scored = with_scores(card, tuned=HIGH, base=LOW, lead_3=LOW, longest_3=LOW)
    assert verdict_of(scored, {"findings": [{"severity": "weakness"}]}).kind == "good"
    faulty = verdict_of(scored, {"findings": [{"severity": "fault"}]})
    assert faulty.kind == "bad"
    assert "fault" in faulty.headline


def test_groups_are_a_partition_of_the_examples_by_size(card):
    scores = [example.systems["tuned"].scores.rouge1 for example in card.examples]
    for grouping in groupings_of(card):
        assert sum(group.n for group in grouping.groups) == len(scores)
        assert mean(group.mean for group in grouping.groups for _ in range(group.n)) == pytest.approx(mean(scores))
        ends = [[int(end.replace(",", "")) for end in group.label.split("–")] for group in grouping.groups]
        assert all(before[-1] < after[0] for before, after in pairwise(ends))
        assert all(group.low <= group.mean <= group.high for group in grouping.groups)


def test_a_difference_between_groups_is_claimed_only_if_their_intervals_do_not_overlap(card):
    length = groupings_of(with_scores(card, tuned=(0.9, 0.1, 0.12, 0.1, 0.11)))[0]  # every fifth is a long one
    assert length.sentence.startswith("Best with")
    length, _, reference = groupings_of(with_scores(card, tuned=MIXED))
    assert length.sentence.startswith("No clear difference")
    assert reference.sentence == "All conversations are alike in this: 10 words."


def test_best_median_and_worst_come_first_and_each_example_once(card):
    shown = chosen_examples(card, 5)
    scores = sorted(example.systems["tuned"].scores.rouge1 for example in card.examples)
    assert [one.role for one in shown] == ["best", "median", "worst"] + ["random"] * 5
    best, _, worst = (one.summaries[0].rouge1 for one in shown[:3])
    assert (best, worst) == (scores[-1], scores[0])
    assert len({one.id for one in shown}) == len(shown)
    assert chosen_examples(card, 5) == shown, "the same ones every time"
    few = replace(card, examples=card.examples[:2])
    assert [one.role for one in chosen_examples(few)] == ["best", "worst"]


def test_claims_are_counted_by_summary_and_quoted_with_their_reasons(card):
    found = claims_of(card, quotes=3)
    having = [one.id for one in card.examples if one.systems["tuned"].inconsistencies]
    assert (found.summaries, found.total) == (len(having), len(card.examples))
    assert [name for name, _, _ in found.quoted] == having[:3]
    assert all(reason.endswith(".") for _, _, reason in found.quoted)
    assert dict(found.by_kind)[KINDS["name"]] == len(having), "Wolfgang is in each"


def test_segments_join_to_the_text_and_overlapping_marks_keep_all_reasons():
    found = [Inconsistency("sentence", "", 0, 15, "all"), Inconsistency("name", "", 10, 14, "name")]
    parts = segments("Bob is in Oslo.", found)
    assert "".join(part.text for part in parts) == "Bob is in Oslo."
    assert [part.reasons for part in parts] == [("all",), ("all", "name"), ("all",)]
    assert segments("", []) == ()


def test_the_curves_are_those_of_the_log_and_the_kept_moment_is_the_result(run):
    files = read_run_files(run)
    training = training_of(files)
    assert [x for x, _ in training.losses] == list(range(1, scored_run.STEPS + 1))
    assert training.losses[0][1] == pytest.approx(3 - 1 / 6)
    assert training.kept_step == scored_run.STEPS
    best = files.config.train.model_copy(update={"result": "best"})
    of_best = replace(files, config=files.config.model_copy(update={"train": best}), best_step=6)
    assert training_of(of_best).kept_step == 6
    steps = [event for event in files.events if event["event"] == "step"]
    many = replace(files, events=tuple({**steps[0], "step": step} for step in range(1, 1001)))
    assert len(training_of(many).losses) <= MOST_POINTS
    nan = replace(files, events=({**steps[0], "loss": float("nan")}, *steps[1:]))
    assert len(training_of(nan).losses) == len(steps) - 1, "a loss that is not a number has no point"


def test_the_first_micro_batch_is_that_of_the_training(run):
    files = read_run_files(run)
    batch = first_batch_of(files, texts=False)
    assert 1 <= batch.examples <= files.config.train.effective_batch_size
    assert batch.learned_tokens == 6 * batch.examples, "every target has six tokens"
    assert batch.texts == ()


def test_its_texts_are_decoded_from_the_token_ids(own_run, tiny_models):
    prompt = Prompt("Conversation:\n", "\n\nSummary:", " ", 1024, 64)
    encoder = load_encoder(tiny_models["gemma"], prompt)  # leaves the tokenizer in the cache
    rows = [tiny.conversation(number) for number in range(8)]
    save_encoded([encoder.encode(**row) for row in rows], own_run.transformation / "train.safetensors")
    files = read_run_files(own_run)
    model = files.config.model.model_copy(update={"name": str(tiny_models["gemma"])})
    batch = first_batch_of(replace(files, config=files.config.model_copy(update={"model": model})), texts=True)
    assert len(batch.texts) == batch.examples
    for text in batch.texts:
        [row] = [row for row in rows if row["summary"] in text.learned]
        assert text.read == (f"<s>Conversation:\n{row['dialogue']}\n\nSummary:",)
        assert text.learned == f" {row['summary']}</s>"
    assert first_batch_of(files, texts=True).texts == (), "the tokenizer of the embedded model is not in the cache"


def test_a_forecast_of_the_rest_is_not_compared_with_the_whole(card):
    forecast = {"training_s": 100.0, "evaluation_s": 20.0, "after_step": 0}
    record = {"forecast": forecast, "training_s": 130.0, "evaluation_s": 20.5}
    training, evaluation = promises_of(record, card)
    assert (training.remark, evaluation.remark) == ("30% more", "about the same")
    expected = {"after_step": 7, "expected": {"rouge1": [0.0, 1.0]}}
    [score] = promises_of(record | {"forecast": forecast | expected}, card)
    assert (score.name, score.remark) == ("rouge1", "inside it")
    both = {"forecast": {"peak_memory_bytes": 2e9}, "actual": {"peak_memory_bytes": 3e9}}
    [memory] = promises_of(both, card)
    assert memory.remark == "50% more"
    assert promises_of({}, card) == ()
