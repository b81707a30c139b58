"""Findings about training and data, and advice, each with the numbers that its title and evidence must print, in order.

`CASES` has a function for each form of a finding: it plants the cause and returns the finding, the numbers that it
prints, and those that only `diagnosis.json` has.
"""

import math
import random
from dataclasses import replace

import numpy as np
from planted import synthetic, written
from slow_formulas import clear_matches, difference_error, mean, mean_error, mean_score, median, scores, slope

from sumtune.diagnose.context import Context, Data, MoreData, Training
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules import advice, data, expectation, fit, pairs, splits, training

CASES = {}
TRAIN = tuple(synthetic(number) for number in range(60))
SCORED = tuple(synthetic(number) for number in range(1000, 1030))
ARRAYS = {
    "rates", "losses", "norms", "steps", "validation_losses", "validation_steps", "label_tokens", "source_tokens",
}  # fmt: skip


def case(code, form=""):
    """Register a function that returns a finding with `code`, and its numbers."""

    def register(function):
        CASES[f"{code} {form}".strip()] = function
        return function

    return register


def noise(count, size=0.3, center=2.0):
    chance = random.Random(0)
    return [center + chance.gauss(0, size) for _ in range(count)]


def run(losses=(), validation=(), train=None, lora=None, **changed):
    """A training run with these losses."""
    losses = list(losses) or noise(100)
    settings = {
        "train": {"effective_batch_size": 4, "epochs": 1, "learning_rate": 3e-4, "warmup_steps": 10, "result": "best"}
        | (train or {}),
        "lora": {"rank": 8} | (lora or {}),
    }
    known = {
        "settings": settings, "examples": 400, "total_steps": len(losses), "warmup_steps": 10, "ended": True,
        "rates": [settings["train"]["learning_rate"] or 1.0] * len(losses), "losses": losses,
        "norms": [1.0] * len(losses), "steps": range(1, len(losses) + 1), "validation_losses": validation,
        "validation_steps": [len(losses) * place / max(1, len(validation) - 1) for place in range(len(validation))],
        "steps_an_epoch": len(losses),
    }  # fmt: skip
    given = (known | changed).items()
    values = {name: np.array(value, float) if name in ARRAYS else value for name, value in given}
    return Context(training=Training(**values))


def with_data(context, train=TRAIN, scored=SCORED, **limits):
    return replace(context, data=Data({"train": train, "test": scored}, "test", **limits))


def outputs_of(examples, texts):
    return Outputs(
        ids=tuple(one.id for one in examples), predictions=tuple(texts),
        references=tuple((one.summary,) for one in examples), dialogues=tuple(one.dialogue for one in examples),
    )  # fmt: skip


def fifths(values):
    size = max(1, round(len(values) / 5))
    return values[:size], values[-size:]


def slope_of(losses, warmup=10):
    """The change of the loss for each doubling of the steps after warm-up, and two standard errors."""
    steps = range(warmup + 1, len(losses) + 1)
    value, error = slope([math.log2(step) for step in steps], losses[warmup:])
    return value, 2 * error, len(losses) - warmup


@case("nothing_learned", "without gradient")
def no_gradient():
    norms = [1.0, *[1e-13] * 99]
    return training.nothing_learned(run(norms=norms)), [1e-12, sum(norm < 1e-12 for norm in norms) / 100, 100]


@case("nothing_learned", "without labels")
def no_labels():
    return training.nothing_learned(run(label_tokens=[1, 1, 0, 1])), [3 / 4], [0, 100]


@case("loss_on_prompt")
def prompt():
    context = with_data(run(label_tokens=[90 + row for row in range(60)], source_tokens=[70] * 60))
    labels = sum(90 + row for row in range(60))
    texts = [sum(len(getattr(one, name)) for one in TRAIN) for name in ("summary", "dialogue")]
    return training.loss_on_prompt(context), [labels / (labels + 70 * 60), texts[0] / sum(texts)]


@case("learning_rate_too_high", "rising")
def rising():
    losses = [2 + 0.02 * step for step in range(100)]
    finding = training.learning_rate_too_high(run(losses, train={"learning_rate": 0.02}))
    return finding, [0.02, *map(mean, fifths(losses))], [0]


@case("learning_rate_too_high", "not finite")
def not_finite():
    losses = [*noise(98), math.nan, math.inf]
    finding = training.learning_rate_too_high(run(losses, norms=[math.inf] * 3 + [1.0] * 97))
    return finding, [0.0003, 5], map(mean, fifths(losses[:98]))


@case("warmup_too_long", "asked")
def warmup():
    context = run(noise(10), train={"warmup_steps": 50, "epochs": 2}, warmup_steps=8, examples=20, rates=[2.4e-4] * 10)
    return training.warmup_too_long(context), [20, 4, 2, 10, 50, 8, 0.8]


@case("warmup_too_long", "cut")
def warmup_cut():
    context = run(noise(10), train={"warmup_steps": 50, "epochs": 2}, warmup_steps=1, examples=20)
    return training.warmup_too_long(context), [20, 4, 2, 10, 50, 1, 50]


@case("warmup_too_long", "logged")
def warmup_logged():
    context = run(noise(10), train={"warmup_steps": None, "epochs": None}, warmup_steps=8)
    return training.warmup_too_long(context), [10, 8, 0.0003], [1]


@case("learning_rate_too_low", "training loss")
def flat():
    losses = noise(100, 0.05)
    first, last = fifths(losses)
    change, error = (mean(last) - mean(first)) / mean(first), difference_error(first, last) / mean(first)
    return training.learning_rate_too_low(run(losses, train={"learning_rate": 1e-5})), [100, 1e-5, change, 2 * error]


@case("learning_rate_too_low", "validation loss")
def flat_validation():
    context = run(validation=[2.5, 2.49, 2.48, 2.485], train={"learning_rate": 1e-5})
    return training.learning_rate_too_low(context), [100, 1e-5, (2.5 - 2.48) / 2.5]


@case("adapter_not_used")
def adapter():
    texts = [written(one) for one in SCORED]
    tuned, base = outputs_of(SCORED, texts), outputs_of(SCORED, [*texts[:-1], "Nothing."])
    context = replace(run(validation=[2.5, 2.0]), outputs=tuned, base=base)
    return training.adapter_not_used(context), [29 / 30, 0.5 / 2.5]


@case("too_few_steps")
def few_steps():
    return training.too_few_steps(run(noise(20), train={"epochs": 2}, examples=40)), [40, 4, 2, 20, 50]


@case("too_few_steps", "another tool")
def few_steps_of_another_tool():
    return training.too_few_steps(run(noise(20), examples=None)), [20, 50], [4]


BOWL = [2.5, 2.0, 1.8, 2.0, 2.1, 2.3]


@case("rank_too_high")
def high_rank():
    context = run(validation=BOWL, lora={"rank": 64}, parameters=300_000, label_tokens=[20, 30, 50])
    return fit.rank_too_high(context), [64, 300_000 / 100, 2.3 / 1.8 - 1]


@case("overfitting")
def overfitting():
    return fit.overfitting(run(validation=BOWL)), [1.8, 40, 100, 2.3 / 1.8 - 1]


@case("underfitting")
def underfitting():
    losses = [2.5, 2.2, 2.0, 1.9, 1.85]
    return fit.underfitting(run(validation=losses)), [(2.0 - 1.85) / 2.0, 1.85]


@case("rank_too_low")
def low_rank():
    losses = noise(100, 0.1)
    context = run(losses, validation=[2.5, 2.1, 2.03, 2.028, 2.02], lora={"rank": 2})
    gap = 2.02 - mean(fifths(losses)[1])
    return fit.rank_too_low(context), [2, (2.02 - 2.03) / 2.03, 2.02, gap]


@case("leak")
def leak():
    texts = [one.summary if row < 9 else written(one) for row, one in enumerate(SCORED)]
    context = with_data(Context(outputs=outputs_of(SCORED, texts)), (*TRAIN, *SCORED[:9]))
    found = scores(context.outputs)
    error = 2 * difference_error(found[:9], found[9:])
    return splits.leak(context), [9, 30, mean(found[:9]), mean(found[9:]), error]


@case("leak", "without scores")
def leak_without_scores():
    return splits.leak(with_data(Context(), (*TRAIN, *SCORED))), [30, 30]


def moved(examples, by):
    summaries = [one.summary for one in (*examples[by:], *examples[:by])]
    return tuple(replace(one, summary=text) for one, text in zip(examples, summaries, strict=True))


@case("summaries_misplaced")
def summaries_moved():
    examples = moved(TRAIN, 2)
    own, other = clear_matches([one.summary for one in examples], [[one.dialogue for one in examples]])
    return pairs.summaries_misplaced(with_data(Context(), examples)), [own, 60, other, 2, 1]


@case("label_noise")
def label_noise():
    text = "Nobody knows anything about weather."
    examples = tuple(replace(one, summary=text) if row % 7 == 0 else one for row, one in enumerate(TRAIN))
    return pairs.label_noise(with_data(Context(), examples)), [9 / 60, 60, 0.05]


@case("dialogues_truncated")
def truncated():
    long = tuple(
        replace(one, dialogue=one.dialogue + "\nAda: And so on." * 40) if row % 3 == 0 else one
        for row, one in enumerate(SCORED)
    )
    outputs = outputs_of(long, [written(one).upper() if row % 3 else "Nothing." for row, one in enumerate(long)])
    limits = {"max_source_tokens": 200, "characters_a_token": 3.75}
    share = sum(len(one.dialogue) > 200 * 3.75 for one in (*TRAIN[:18], *long)) / 48
    cut, whole = ([row for row in range(30) if (row % 3 == 0) == is_cut] for is_cut in (True, False))
    finding = data.dialogues_truncated(with_data(Context(outputs=outputs), TRAIN[:18], long, **limits))
    return finding, [share, 200, 3.75, mean_score(outputs, cut), mean_score(outputs, whole)]


@case("splits_differ", "length")
def other_lengths():
    longer = tuple(replace(one, summary=f"{one.summary} {one.summary}") for one in SCORED)
    lengths = [median(len(one.summary.split()) for one in examples) for examples in (TRAIN, longer)]
    return splits.splits_differ(with_data(Context(), scored=longer)), lengths, [lengths[1] / lengths[0], 0]


@case("splits_differ", "style")
def other_styles():
    lower = tuple(replace(one, summary=one.summary.casefold()) if row % 5 else one for row, one in enumerate(SCORED))
    return splits.splits_differ(with_data(Context(), scored=lower)), [0, 24 / 30], [1]


@case("duplicates")
def duplicates():
    return data.duplicates(with_data(Context(), (*TRAIN, *TRAIN[:7], *TRAIN[:4]))), [11, 71, 60]


def falling(count=100):
    return [4 - 0.2 * math.log2(step + 1) + loss for step, loss in enumerate(noise(count, 0.02, 0.0))]


@case("too_few_examples")
def few_examples():
    losses = falling()
    return data.too_few_examples(with_data(run(losses))), [60, 200, *slope_of(losses)]


def expecting(low, high):
    outputs = outputs_of(SCORED, map(written, SCORED))
    return Context(outputs=outputs, expected=(low, high)), mean_score(outputs)


@case("score_below_expected")
def far_below():
    context, score = expecting(0.97, 0.99)
    return expectation.score_below_expected(context), [score, 0.97, 0.99]


@case("score_above_expected")
def far_above():
    context, score = expecting(0.02, 0.05)
    return expectation.score_above_expected(context), [score, 0.02, 0.05]


@case("more_data")
def more_data():
    losses = falling()
    gap = 3.3 - mean(fifths(losses)[1])
    return advice.more_data(run(losses, validation=[3.5, 3.3])), [*slope_of(losses), gap], [slope_of(losses)[1] / 2]


@case("more_data", "by earlier runs")
def more_data_by_earlier_runs():
    losses = falling()
    gap = 3.3 - mean(fifths(losses)[1])
    context = replace(run(losses, validation=[3.5, 3.3]), more_data=MoreData(200, 0.012, 0.004, 0.02))
    found = advice.more_data(context)
    assert found.title == "More data would raise the score"
    return found, [*slope_of(losses), gap, 200, 0.012, 0.004, 0.02], [slope_of(losses)[1] / 2]


@case("more_data", "by earlier runs that do not tell")
def more_data_that_earlier_runs_do_not_promise():
    losses = falling()
    gap = 3.3 - mean(fifths(losses)[1])
    context = replace(run(losses, validation=[3.5, 3.3]), more_data=MoreData(200, 0.004, -0.004, 0.012))
    found = advice.more_data(context)
    assert found.title == "Too little data to tell whether more would raise the score"
    assert not found.sure
    return found, [*slope_of(losses), gap, 200, 0.004, -0.004, 0.012], [slope_of(losses)[1] / 2]


@case("more_data", "without a slope")
def more_data_without_a_slope():
    losses = noise(17)
    gap = 2.6 - mean(fifths(losses)[1])
    return advice.more_data(run(losses, validation=[2.7, 2.6])), [gap]


@case("larger_model")
def larger_model():
    losses = noise(100, 0.05)
    last = fifths(losses)[1]
    return (
        advice.larger_model(run(losses, validation=[2.5, 2.05])),
        [2.05 - mean(last), 2 * mean_error(last)],
        [mean_error(last)],
    )


@case("larger_model", "one loss")
def larger_model_from_one_loss():
    return advice.larger_model(run([2.0, 2.02], validation=[2.5, 2.05])), [2.05 - 2.02]


@case("score_with_sumtune")
def predictions_alone():
    outputs = outputs_of(SCORED, map(written, SCORED))
    return advice.score_with_sumtune(Context(outputs=outputs)), [30, mean_score(outputs)]
