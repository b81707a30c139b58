import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from sumtune import cli
from sumtune.commands.compare import compare_runs
from sumtune.errors import ConfigError, RunDirError
from sumtune.evaluate.bootstrap import paired
from sumtune.evaluate.compare import compare
from sumtune.evaluate.overlap import METRICS
from sumtune.evaluate.reference_groups import ReferencedDialogue
from sumtune.evaluate.scorecard import score_systems
from sumtune.evaluate.scorecard_io import write_scorecard
from sumtune.files.atomic import write_json
from sumtune.files.run_dir import RunDir
from sumtune.summarizer import Completion

COUNT = 40


def examples(count=COUNT):
    return [
        ReferencedDialogue(
            f"e{n}", f"Ann: Who buys item {n}?\nBob: I do, at {n}.", (f"Bob buys item {n} at {n} for Ann.",)
        )
        for n in range(count)
    ]


def scored(words=8, count=COUNT, split="validation", beams=1):
    """A run that writes the first `words` words of each reference, one fewer for every third."""
    texts = [" ".join(one.references[0].split()[: words - (n % 3 == 0)]) for n, one in enumerate(examples(count))]
    return score_systems(
        examples(count), {"tuned": [Completion(text, 5, False) for text in texts]}, split=split,
        decoding={"tuned": {"engine": "torch", "beams": beams}}, seed=0,
    )  # fmt: skip


def compared(first, second, settings=({}, {})):
    return compare(first, second, settings, ("a", "b"))


def test_a_run_against_itself_differs_by_exactly_zero():
    same = compared(scored(), scored())
    for row in same.metrics.values():
        assert (row.difference, row.low, row.high, row.p_value) == (0, 0, 0, 1)
    assert (same.gains, same.losses, dict(same.settings)) == ((), (), {})


def test_a_better_run_differs_by_an_interval_above_zero_and_swapping_turns_the_sign():
    there, back = compared(scored(4), scored(7)), compared(scored(7), scored(4))
    for metric in METRICS:
        row, turned = there.metrics[metric], back.metrics[metric]
        assert row.difference == pytest.approx(row.second - row.first)
        assert 0 < row.low < row.difference < row.high
        assert row.p_value < 0.001
        assert turned.difference == pytest.approx(-row.difference)
        assert (turned.low, turned.high) == pytest.approx((-row.high, -row.low), abs=0.2 * (row.high - row.low))


def test_settings_and_decoding_that_differ_are_named_and_no_others():
    settings = ({"train": {"epochs": 1, "seed": 0}}, {"train": {"epochs": 2, "seed": 0}})
    result = compared(scored(), scored(beams=4), settings)
    assert dict(result.settings) == {"train.epochs": (1, 2), "signature.decoding.tuned.beams": (1, 4)}


def test_the_largest_gains_and_losses_are_shown_largest_first():
    result = compared(scored(4), scored(7))
    changes = [change.change for change in result.gains]
    assert changes == sorted(changes, reverse=True)
    assert len(changes) == 3
    assert result.losses == ()
    assert [change.change for change in compared(scored(7), scored(4)).losses] == pytest.approx([-c for c in changes])


def test_runs_scored_on_different_examples_are_refused_with_the_numbers():
    with pytest.raises(RunDirError, match="different examples: 40 of validation and 30 of test, 30 in common"):
        compared(scored(), scored(count=30, split="test"))


def test_runs_whose_rouge_counts_different_tokens_are_refused():
    first, second = scored(4), scored(7)
    other = replace(second, signature=replace(second.signature, rouge_tokens="char"))
    with pytest.raises(RunDirError, match=r"'rouge-score' tokens in .* and 'char' tokens in .*rouge_tokens"):
        compared(first, other)


def test_the_order_of_the_examples_does_not_matter():
    other = scored(7)
    turned = type(other)(other.signature, other.systems, None, other.examples[::-1])
    assert compared(scored(4), turned) == compared(scored(4), other)


def test_the_p_value_is_that_of_a_sign_permutation_and_of_sacrebleu():
    from sacrebleu.significance import _compute_p_value
    from scipy.stats import bootstrap, permutation_test

    values = np.random.default_rng(1).normal(0.015, 0.1, size=150)
    low, high, p_value = paired(values, 2)
    permuted = permutation_test(
        (values, np.zeros_like(values)), lambda a, b, axis=-1: (a - b).mean(axis=axis), vectorized=True,
        permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(3),
    )  # fmt: skip
    assert p_value == pytest.approx(permuted.pvalue, abs=0.02)
    drawn = np.random.default_rng(4)
    means = np.array([values[drawn.integers(150, size=150)].mean() for _ in range(10_000)])
    theirs = _compute_p_value(np.abs(means - means.mean()), abs(values.mean()))
    assert p_value == pytest.approx(theirs, abs=0.02)
    outside = bootstrap((values,), np.mean, method="percentile", n_resamples=10_000, rng=np.random.default_rng(5))
    width = high - low
    assert (low, high) == pytest.approx(tuple(outside.confidence_interval), abs=0.05 * width)


@pytest.fixture
def runs(tmp_path):
    folders = [RunDir(tmp_path / name) for name in ("first", "second")]
    for folder, words in zip(folders, (4, 7), strict=True):
        write_scorecard(scored(words), folder)
        write_json(folder.run_json, {"config": {"train": {"epochs": words}}})
    return folders


def test_the_command_shows_settings_differences_and_examples(runs):
    console = Console(file=io.StringIO(), width=200)
    compare_runs(runs, console)
    shown = console.file.getvalue()
    for expected in ("train.epochs", "rougeLsum", "gain +", "the same 40 examples", "p"):
        assert expected in shown


def test_one_run_a_folder_without_scores_and_other_formats_are_errors(runs, tmp_path):
    one = CliRunner().invoke(cli.app, ["compare", str(runs[0].root)])
    assert isinstance(one.exception, ConfigError)
    with pytest.raises(RunDirError, match="sumtune evaluate"):
        compare_runs([runs[0], RunDir(tmp_path / "none")], Console())
    scores = runs[1].evaluation / "scores.json"
    write_json(scores, {"systems": json.loads(scores.read_text(encoding="utf-8"))["systems"]})
    with pytest.raises(RunDirError, match="has changed since it was written: run `sumtune evaluate"):
        compare_runs(runs, Console())
    (runs[1].evaluation / "manifest.json").unlink()
    with pytest.raises(RunDirError, match="damaged or of another version"):
        compare_runs(runs, Console())
