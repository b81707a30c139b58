import csv
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from sumtune.evaluate import chrf, overlap, rouge, scorecard_io
from sumtune.evaluate.baselines import BASELINES
from sumtune.evaluate.bootstrap import interval
from sumtune.evaluate.faithfulness import MEASURES, measure
from sumtune.evaluate.overlap import METRICS
from sumtune.evaluate.reference_groups import ReferencedDialogue
from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.evaluate.scorecard import score_systems, spread_by_score
from sumtune.evaluate.scorecard_io import load_scorecard, write_scorecard
from sumtune.files.run_dir import RunDir
from sumtune.summarizer import Completion

DECODING = {
    "tuned": {"engine": "native", "number_format": "int8", "beams": 4, "length_penalty": 1.0},
    "base": {"engine": "torch", "number_format": "float32", "beams": 1, "length_penalty": None},
}
NAMES = ["Ann", "Bob", "Cem", "Dua", "Eve", "Fay", "Gus", "Hal", "Ida"]


def make_example(place, name):
    dialogue = f"{name}: I lost key number {place}\u2028!\nOlu: Again?\n{name}: Yes, please help.\nOlu: [b]Coming[/b]."
    return ReferencedDialogue(f"e{place}", dialogue, (f"{name} lost key {place}. Olu will help {name}.",))


EXAMPLES = [make_example(place, name) for place, name in enumerate(NAMES)]


def completion(text, cut_off=False):
    return Completion(text, len(text.split()), cut_off)


def make_predictions():
    tuned = [" ".join(example.references[0].split()[: 1 + place]) for place, example in enumerate(EXAMPLES)]
    return {
        "tuned": [completion(text, cut_off=place < 3) for place, text in enumerate(tuned)],
        "base": [completion("")] * 2 + [completion("Olu comes.")] * (len(EXAMPLES) - 2),
        **{name: [baseline(example.dialogue) for example in EXAMPLES] for name, baseline in BASELINES.items()},
    }


def make_scorecard(examples=EXAMPLES, predictions=None, seed=0):
    return score_systems(
        examples,
        predictions or make_predictions(),
        split="test",
        decoding=DECODING,
        seed=seed,
    )


@pytest.fixture
def run_dir(tmp_path):
    run_dir = RunDir(tmp_path)
    write_scorecard(make_scorecard(), run_dir)
    return run_dir


def read_predictions(run_dir):
    with (run_dir.evaluation / "predictions.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read_scores(run_dir):
    return json.loads((run_dir.evaluation / "scores.json").read_text(encoding="utf-8"))


def test_metrics_csv_is_a_header_and_the_row_of_the_tuned_system(run_dir):
    text = (run_dir.evaluation / "metrics.csv").read_text(encoding="utf-8")
    assert text.startswith("rouge1,rouge2,rougeL,rougeLsum\n")
    (row,) = csv.DictReader(text.splitlines())
    tuned = read_scores(run_dir)["systems"]["tuned"]
    for metric in ROUGE_METRICS:
        assert float(row[metric]) == pytest.approx(tuned[metric]["mean"], abs=1e-6)
        assert len(row[metric].partition(".")[2]) >= 4


def test_means_of_the_predictions_are_the_means_of_the_scores(run_dir):
    rows, scores = read_predictions(run_dir), read_scores(run_dir)
    assert scores["n"] == len(rows) == len(EXAMPLES)
    for name, system in scores["systems"].items():
        for metric in METRICS:
            values = [row["systems"][name][metric] for row in rows]
            assert system[metric]["mean"] == pytest.approx(sum(values) / len(values))
            assert system[metric]["low"] <= system[metric]["mean"] <= system[metric]["high"]


def test_a_line_of_predictions_holds_the_example_and_what_each_system_made_of_it(run_dir):
    for row, example in zip(read_predictions(run_dir), EXAMPLES, strict=True):
        assert (row["id"], row["dialogue"], (row["reference"],)) == (example.id, example.dialogue, example.references)
        assert list(row["systems"]) == ["tuned", "base", "lead-3", "longest-3"]
        for name, system in row["systems"].items():
            scores = overlap.score(system["prediction"], example.references[0])
            assert {metric: system[metric] for metric in METRICS} == vars(scores)
            measures = measure(system["prediction"], example.dialogue, example.references)
            assert {name: system[name] for name in MEASURES} == vars(measures)
            assert ("tokens" in system) == ("cut_off" in system) == (name in ("tuned", "base"))


def test_shares_and_words_are_counted_over_examples(run_dir):
    systems = read_scores(run_dir)["systems"]
    assert systems["tuned"]["measures"]["cut_off"]["mean"] == pytest.approx(3 / 9)
    assert systems["base"]["measures"]["empty"]["mean"] == pytest.approx(2 / 9)
    assert systems["base"]["measures"]["empty"]["high"] > 2 / 9
    assert systems["base"]["measures"]["words"]["mean"] == pytest.approx(7 * 2 / 9)
    assert "cut_off" not in systems["lead-3"]["measures"]


def test_the_signature_says_all_that_makes_numbers_comparable(run_dir):
    signature = read_scores(run_dir)["signature"]
    assert signature["split"] == "test"
    assert (signature["n"], signature["references"]) == (9, 9)
    assert signature["rouge"] == rouge.signature("rouge-score")
    assert signature["stemmer"] is True
    assert signature["sentence_splitting"] == rouge.ENGLISH_SENTENCE_END
    assert signature["rouge_tokens"] == "rouge-score"
    assert signature["tokens"] == rouge.describe_tokens("rouge-score")
    assert signature["chrf"] == chrf.signature()
    assert signature["decoding"] == DECODING
    assert signature["seed"] == 0
    assert list(signature["versions"]) == [
        "sumtune", "rouge-score", "sacrebleu", "regex", "ctranslate2", "transformers", "torch"
    ]  # fmt: skip
    assert signature["versions"]["rouge-score"] == "0.1.2"


def test_intervals_are_those_of_the_bootstrap_with_the_seed():
    card = make_scorecard(seed=5)
    values = np.array([example.systems["base"].scores.rouge1 for example in card.examples])
    estimate = card.systems["base"].metrics["rouge1"]
    assert (estimate.low, estimate.high) == pytest.approx(interval(values, 5))


def test_a_system_scores_the_same_whatever_stands_beside_it():
    alone = make_scorecard(predictions={"tuned": make_predictions()["tuned"]})
    assert alone.systems["tuned"] == make_scorecard().systems["tuned"]


def test_old_scores_stay_whole_where_new_ones_cannot_be_written(run_dir, monkeypatch):
    def full_disk(path, value):
        raise OSError("No space left on device")

    before = load_scorecard(run_dir)
    monkeypatch.setattr(scorecard_io, "write_record", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_scorecard(make_scorecard(seed=5), run_dir)
    assert load_scorecard(run_dir) == before
    assert [path.name for path in run_dir.root.iterdir()] == [run_dir.evaluation.name]


def test_missing_predictions_systems_and_examples_are_errors():
    predictions = make_predictions()
    with pytest.raises(ValueError, match="'base' has 1 predictions for 9"):
        make_scorecard(predictions=predictions | {"base": predictions["base"][:1]})
    with pytest.raises(ValueError, match="'tuned'"):
        make_scorecard(predictions={"base": predictions["base"]})
    with pytest.raises(ValueError, match="at least one example"):
        make_scorecard(examples=[])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 50])
def test_spread_is_ordered_distinct_and_does_not_depend_on_the_order_of_examples(count):
    card = make_scorecard()
    chosen = spread_by_score(card, count)
    scores = [example.systems["tuned"].scores.rouge1 for example in chosen]
    assert len({example.id for example in chosen}) == len(chosen) == min(count, 9)
    assert scores == sorted(scores)
    assert chosen == spread_by_score(replace(card, examples=card.examples[::-1]), count)


def test_three_of_nine_are_the_middles_of_the_lower_middle_and_upper_third():
    card = make_scorecard()
    ordered = sorted(card.examples, key=lambda example: (example.systems["tuned"].scores.rouge1, example.id))
    assert spread_by_score(card, 3) == [ordered[1], ordered[4], ordered[7]]


def test_scoring_imports_neither_torch_nor_rich():
    code = (  # nltk imports SciPy where it can
        "import sys; from sumtune.evaluate import rouge, scorecard as card\n"
        "rouge.score('a b', 'a b'); [card._version(name) for name in card._PACKAGES]\n"
        "assert not {'torch', 'transformers', 'ctranslate2', 'rich', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def with_two_references():
    examples = [replace(one, references=(*one.references, f"{one.references[0]} Soon.")) for one in EXAMPLES]
    examples[0] = EXAMPLES[0]
    return make_scorecard(examples=examples)


def test_of_several_references_best_and_mean_are_kept_and_the_upper_mark_is_theirs_against_each_other(tmp_path):
    card = with_two_references()
    assert card.signature.references == 17
    assert card.reference_agreement.n == 8
    for example in card.examples[1:]:
        alone = [rouge.score(example.systems["tuned"].text, reference).rouge1 for reference in example.references]
        assert example.systems["tuned"].scores.rouge1 == max(alone)
        assert example.systems["tuned"].mean_scores.rouge1 == pytest.approx(sum(alone) / 2)
    agreement = [rouge.score(*example.references).rougeLsum for example in card.examples[1:]]
    assert card.reference_agreement.metrics["rougeLsum"].mean == pytest.approx(sum(agreement) / 8)
    tuned = card.systems["tuned"]
    assert tuned.mean_metrics["rouge1"].mean < tuned.metrics["rouge1"].mean


def test_with_one_reference_each_there_is_no_reference_agreement():
    assert make_scorecard().reference_agreement is None
    assert make_scorecard().systems["tuned"].mean_metrics is None


@pytest.mark.parametrize("make", [make_scorecard, with_two_references])
def test_what_was_written_is_read_again(tmp_path, make):
    write_scorecard(make(), RunDir(tmp_path))
    assert load_scorecard(RunDir(tmp_path)) == make()
