"""Each fault of training and data is named first in a run folder that is like those that `sumtune run` leaves."""

import json
import random
from dataclasses import replace

import planted
import pytest
from planted import CORPUS, make_run, synthetic, written

from sumtune.data.example import dump_jsonl
from sumtune.diagnose.diagnose_stage import diagnose_file, diagnose_run
from sumtune.errors import RunDirError
from sumtune.files.atomic import write_text
from sumtune.files.run_dir import RunDir

MANY = [synthetic(number) for number in range(400)]
SCORED = [synthetic(number) for number in range(1000, 1040)]
SETTINGS = {"train.epochs": 2}


def diagnosis_of(tmp_path, **changed):
    given = {"train": MANY, "scored": SCORED, "settings": SETTINGS} | changed
    given.setdefault("predictions", [written(example) for example in given["scored"]])
    return diagnose_run(make_run(tmp_path / "run", **given))


def codes(tmp_path, **changed):
    return [finding.code for finding in diagnosis_of(tmp_path, **changed).findings]


def test_a_sound_run_has_no_finding_and_says_what_comes_next(tmp_path):
    diagnosis = diagnosis_of(tmp_path)
    assert diagnosis.findings == ()
    assert [finding.code for finding in diagnosis.advice]
    written_down = json.loads((tmp_path / "run" / "diagnosis.json").read_text(encoding="utf-8"))
    assert written_down["findings"] == []
    assert written_down["n"] == 40


def test_a_warmup_as_long_as_the_run_is_named_first(tmp_path):
    settings = SETTINGS | {"train.epochs": 1, "train.warmup_steps": 100}
    (first, *_) = diagnosis_of(
        tmp_path, settings=settings, warmup=100, rate=lambda step: 3e-4 * (step + 1) / 120
    ).findings
    assert (first.code, first.severity) == ("warmup_too_long", "fault")
    assert first.numbers["total_steps"] == 100


def test_too_few_optimizer_steps_are_named_first(tmp_path):
    assert codes(tmp_path, settings={"train.effective_batch_size": 128, "train.epochs": 1}) == ["too_few_steps"]


def test_a_learning_rate_that_is_too_low_is_named_first(tmp_path):
    settings = SETTINGS | {"train.learning_rate": 1e-6}
    assert codes(tmp_path, settings=settings, losses=lambda _: 2.5, validation=lambda step: 2.5 - 1e-5 * step) == [
        "learning_rate_too_low"
    ]


def test_a_loss_that_fell_in_training_alone_is_not_flat(tmp_path):
    found = codes(
        tmp_path, settings=SETTINGS | {"train.learning_rate": 5e-5}, losses=lambda step: 0.5 + 2 * 0.98**step,
        validation=lambda step: 1.9 + 0.005 * step,
    )  # fmt: skip
    assert "learning_rate_too_low" not in found


@pytest.mark.parametrize(
    "losses",
    [lambda step: 2.5 + 0.02 * step, lambda step: float("nan") if step > 120 else 2.5, lambda step: 2.5 + (step > 90)],
    ids=["rising", "not a number", "jump"],
)
def test_a_learning_rate_that_is_too_high_is_named_first(tmp_path, losses):
    settings = SETTINGS | {"train.learning_rate": 0.1}
    assert codes(tmp_path, settings=settings, losses=losses, validation=losses) == ["learning_rate_too_high"]


def bowl(step):
    """A validation loss that is lowest at step 80 and then rises."""
    return 1.7 + 0.8 * (max(0, 80 - step) / 80) ** 2 + 0.004 * max(0, step - 80)


def test_overfitting_is_named_first(tmp_path):
    (first, *_) = diagnosis_of(tmp_path, settings={"train.epochs": 3}, validation=bowl).findings
    assert first.code == "overfitting"
    assert first.numbers["best_step"] == 100
    assert "--set train.epochs=1 " in first.commands[0]


def test_underfitting_is_named_first(tmp_path):
    assert codes(tmp_path, losses=lambda step: 3 - 0.005 * step, validation=lambda step: 3 - 0.005 * step) == [
        "underfitting"
    ]


def test_a_rank_that_is_too_high_needs_overfitting_and_many_numbers_for_each_label(tmp_path):
    settings = {"train.epochs": 3, "lora.rank": 128}
    run_dir = make_run(tmp_path / "run", train=MANY, scored=SCORED, settings=settings, validation=bowl)
    assert diagnose_run(run_dir).findings[0].code == "overfitting", "without an adapter nothing is known of its size"
    save_adapter(run_dir, 40_000_000)
    assert diagnose_run(run_dir).findings[0].code == "rank_too_high"


def save_adapter(run_dir, parameters):
    """A safetensors header over a file without content, as large as `parameters` numbers."""
    header = json.dumps({"a": {"dtype": "I8", "shape": [parameters], "data_offsets": [0, parameters]}}).encode()
    path = run_dir.adapter / "adapter_model.safetensors"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + parameters)


def test_a_rank_that_is_too_low_is_named_first_and_a_higher_one_with_the_same_losses_is_not(tmp_path):
    def plateau(step):
        return 1.9 + 0.6 * 0.9**step

    plain = {"losses": plateau, "validation": plateau}
    assert codes(tmp_path, settings=SETTINGS | {"lora.rank": 1}, **plain) == ["rank_too_low"]
    diagnosis = diagnosis_of(tmp_path / "b", settings=SETTINGS | {"lora.rank": 16}, **plain)
    assert diagnosis.findings == ()
    assert "larger_model" in [finding.code for finding in diagnosis.advice]


def test_a_loss_on_the_prompt_is_named_first(tmp_path):
    assert codes(tmp_path, label_tokens=lambda one: (len(one.dialogue) + len(one.summary)) // 4) == ["loss_on_prompt"]


def test_dialogues_that_all_lost_their_end_are_no_loss_on_the_prompt(tmp_path):
    assert codes(tmp_path, settings=SETTINGS | {"model.max_source_tokens": 20}) == ["dialogues_truncated"]


@pytest.mark.parametrize("why", [{"norms": lambda _: 0.0}, {"label_tokens": lambda _: 1}], ids=["gradient", "labels"])
def test_nothing_to_learn_is_named_first(tmp_path, why):
    assert codes(tmp_path, **why, losses=lambda _: 2.5, validation=lambda _: 2.5) == ["nothing_learned"]


def test_an_adapter_that_was_not_used_is_named_first_unless_it_learned_nothing(tmp_path):
    same = [written(example, kept=0.3) for example in SCORED]
    assert codes(tmp_path, predictions=same, base=same) == ["adapter_not_used"]
    flat = {"losses": lambda _: 2.5, "validation": lambda _: 2.5, "settings": {"train.learning_rate": 1e-6}}
    assert codes(tmp_path / "b", predictions=same, base=same, **flat) == ["learning_rate_too_low"]


def longer(examples):
    return [replace(one, dialogue=one.dialogue + "\nAda: And so on." * 40) for one in examples]


def test_a_fault_that_cannot_be_undone_comes_before_a_weakness_whose_share_could_else_be_computed(tmp_path):
    scored = longer(SCORED[:20]) + SCORED[20:]
    same = [written(one, kept=0.2 if place < 20 else 0.9) for place, one in enumerate(scored)]
    settings = SETTINGS | {"model.max_source_tokens": 100}
    run = {"train": MANY[:300] + longer(MANY[300:]), "scored": scored, "settings": settings, "predictions": same}
    (weakness,) = diagnosis_of(tmp_path, **run).findings
    assert weakness.code == "dialogues_truncated"
    assert weakness.share > 0
    findings = diagnosis_of(tmp_path / "b", **run, base=same).findings
    assert [(finding.code, finding.share) for finding in findings] == [
        ("adapter_not_used", None),
        ("dialogues_truncated", None),
    ]


def test_too_few_examples_are_named_with_the_measured_slope(tmp_path):
    (finding,) = diagnosis_of(tmp_path, train=MANY[:120], settings={"train.epochs": 6}).findings
    assert finding.code == "too_few_examples"
    assert "120 training examples" in finding.evidence
    assert "Twice as many examples change the loss by -" in finding.evidence


def test_duplicates_are_named_first(tmp_path):
    repeated = [replace(example, row=example.row + 1000) for example in MANY[:60]]
    (finding,) = diagnosis_of(tmp_path, train=MANY + repeated).findings
    assert (finding.code, finding.numbers["duplicates"]) == ("duplicates", 60)


def test_a_leak_is_named_first_and_says_what_the_others_score(tmp_path):
    leaked = SCORED[:20]
    (first, *others) = diagnosis_of(
        tmp_path,
        train=MANY + leaked,
        predictions=[example.summary if example in leaked else written(example) for example in SCORED],
    ).findings
    assert (first.code, first.severity, others) == ("leak", "fault", [])
    assert "too high" in first.title
    assert "they score 1.000, the others 0." in first.evidence


def test_truncated_dialogues_are_named_first_with_what_they_score(tmp_path):
    train, scored = longer(MANY[:300]) + MANY[300:], longer(SCORED[:30]) + SCORED[30:]
    (first, *_) = diagnosis_of(
        tmp_path, train=train, scored=scored, settings=SETTINGS | {"model.max_source_tokens": 100},
        predictions=[written(one, kept=0.2 if len(one.dialogue) > 500 else 0.9) for one in scored],
    ).findings  # fmt: skip
    assert first.code == "dialogues_truncated"
    assert first.share > 0
    assert first.numbers["rouge1_truncated"] < first.numbers["rouge1_whole"]


def moved(examples, count):
    """The first `count` examples with one another's summaries."""
    some = examples[:count]
    return [replace(one, summary=other.summary) for one, other in zip(some, some[1:] + some[:1], strict=True)] + list(
        examples[count:]
    )


def test_summaries_of_other_dialogues_are_named_first(tmp_path):
    assert codes(tmp_path, train=moved(MANY, 400))[0] == "summaries_misplaced"


def test_label_noise_is_named_first_and_the_share_is_near(tmp_path):
    examples = [*CORPUS[:150], *[synthetic(number) for number in range(100)]]
    random.Random(0).shuffle(examples)
    scored = CORPUS[150:] + SCORED[:20]
    others = [replace(one, summary=synthetic(5000 + row).summary) for row, one in enumerate(examples[:75])]
    train = [*others, *examples[75:]]
    finding = diagnosis_of(tmp_path, train=train, scored=scored, settings={"train.epochs": 4}).findings[0]
    assert finding.code == "label_noise"
    assert 0.15 < finding.numbers["share"] <= 0.32


def test_some_summaries_in_the_wrong_rows_are_named(tmp_path):
    examples = [*CORPUS[:150], *MANY[:100]]
    assert codes(tmp_path, train=moved(examples, 75))[0] == "summaries_misplaced"


@pytest.mark.parametrize(
    "change",
    [lambda text: f"- {text}\n- That is all.", lambda text: text.rstrip("."), lambda text: f"{text} {text}", str.lower],
    ids=["list", "no full stop", "twice as long", "no capital"],
)
def test_summaries_of_another_style_or_length_in_training_are_named_first(tmp_path, change):
    train = [replace(example, summary=change(example.summary)) for example in MANY]
    assert codes(tmp_path, train=train) == ["splits_differ"]


def guide(tmp_path, damage):
    """40 examples, one epoch, rank 8, 10 warm-up steps: the run of a widely copied guide."""
    settings = {"train.epochs": 1, "train.warmup_steps": 10, "lora.rank": 8, "train.effective_batch_size": 4}
    scored = CORPUS[40:100]
    predictions = [damage(written(example, kept=0.3)) for example in scored]
    return diagnosis_of(tmp_path, train=CORPUS[:40], scored=scored, settings=settings, predictions=predictions)


def test_of_the_guides_run_warmup_and_data_are_named_with_numbers(tmp_path):
    warmup, data = guide(tmp_path, str).findings
    assert (warmup.code, data.code) == ("warmup_too_long", "too_few_examples")
    assert (warmup.numbers["warmup_asked"], warmup.numbers["total_steps"]) == (10, 10)
    assert data.numbers["examples"] == 40


def test_of_the_guides_run_with_separated_characters_these_come_first_with_the_score_without_them(tmp_path):
    separated, *others = guide(tmp_path, lambda text: text.replace("", " ")).findings
    right = guide(tmp_path / "right", str)
    assert separated.code == "characters_separated"
    assert separated.numbers["rouge1_mended"] == pytest.approx(right.score.mean)
    assert [finding.code for finding in others] == ["warmup_too_long", "too_few_examples"]


def test_outputs_of_a_run_from_elsewhere_are_judged_with_its_training_and_data(tmp_path):
    predictions = [written(example, kept=0.3) for example in CORPUS[40:100]]
    guide(tmp_path, str)
    rows = [
        {"prediction": text.replace("", " "), "reference": example.summary, "dialogue": example.dialogue}
        for text, example in zip(predictions, CORPUS[40:100], strict=True)
    ]
    (tmp_path / "spaced.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    before = RunDir(tmp_path / "run").diagnosis.read_bytes()
    diagnosis = diagnose_file(tmp_path / "spaced.jsonl", run_dir=RunDir(tmp_path / "run"))
    assert [one.code for one in diagnosis.findings] == ["characters_separated", "warmup_too_long", "too_few_examples"]
    assert RunDir(tmp_path / "run").diagnosis.read_bytes() == before, "a file of predictions leaves nothing"
    with pytest.raises(RunDirError, match="no training log"):
        diagnose_file(tmp_path / "spaced.jsonl", run_dir=RunDir(tmp_path / "none"))


def runaway(example, words=80):
    """The summary, and what a model that knows no end mark writes until it is cut off."""
    return " ".join(f"{written(example)}{' And then they talk about it again and' * (words // 6)}".split()[:words])


def test_summaries_that_do_not_end_yet_are_evidence_for_too_little_training(tmp_path):
    made = {
        "scored": CORPUS[40:100],
        "predictions": [runaway(one, 160) for one in CORPUS[40:100]],
        "cut_off": [True] * 60,
    }
    short = {"train.effective_batch_size": 128, "train.epochs": 1}
    (first, *_) = found = diagnosis_of(tmp_path, settings=short, **made).findings
    assert first.code == "too_few_steps"
    assert "never_stops" not in [finding.code for finding in found]
    assert "has not learned to end" in first.evidence
    assert first.share > 0.05
    assert codes(tmp_path / "long", **made)[0] == "never_stops", "where training was long enough it is a cause"


def test_summaries_that_another_tool_wrote_may_not_end_for_its_own_reason(tmp_path):
    diagnosis_of(tmp_path, settings={"train.effective_batch_size": 128, "train.epochs": 1})
    rows = [{"prediction": runaway(one), "reference": one.summary, "dialogue": one.dialogue} for one in CORPUS[40:100]]
    (tmp_path / "endless.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    first, *others = diagnose_file(tmp_path / "endless.jsonl", run_dir=RunDir(tmp_path / "run")).findings
    assert first.code == "never_stops"
    assert "too_few_steps" in [one.code for one in others]


def test_a_run_that_stopped_while_training_is_diagnosed_from_its_log(tmp_path):
    run_dir = make_run(tmp_path / "run", train=MANY, scored=SCORED, losses=lambda step: float("nan") if step else 2.5)
    diagnosis = diagnose_run(RunDir(run_dir.root))
    assert (diagnosis.score, diagnosis.n) == (None, 0)
    assert [finding.code for finding in diagnosis.findings] == ["learning_rate_too_high"]


def test_no_dialogue_is_in_the_diagnosis(tmp_path):
    damaged = [f"{example.dialogue}\n{written(example)}" for example in SCORED]
    diagnosis_of(tmp_path, train=moved(MANY, 400) + SCORED, predictions=damaged)
    text = (tmp_path / "run" / "diagnosis.json").read_text(encoding="utf-8")
    for example in SCORED:
        assert not any(line in text for line in example.dialogue.splitlines())


def test_an_excerpt_that_would_quote_a_dialogue_is_left_out(tmp_path):
    marked = [f"<pad> {example.dialogue.splitlines()[1]} {written(example)}" for example in SCORED]
    (first, *_) = diagnosis_of(tmp_path, predictions=marked).findings
    assert first.code == "special_tokens_left"
    assert first.examples == ("made-1000", "made-1001", "made-1002")


def test_an_unknown_split_file_or_torn_log_line_stops_nothing(tmp_path):
    run_dir = make_run(tmp_path / "run", train=MANY, scored=SCORED)
    with run_dir.train_metrics.open("a", encoding="utf-8") as log:
        log.write('{"event": "st')
    write_text(run_dir.split("test"), dump_jsonl(planted.CORPUS[:5]))
    assert diagnose_run(run_dir).findings == ()
