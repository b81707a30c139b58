"""The stage `evaluate`: which examples it scores, when it scores again, and what it hands to whom."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from sumtune.config_resolution import resolve
from sumtune.data.example import Example, dump_jsonl
from sumtune.errors import RunDirError
from sumtune.evaluate import evaluate_stage, overlap, saved_summaries
from sumtune.files.atomic import write_text
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir
from sumtune.model.locate import LocalModel
from sumtune.summarizer import Completion
from sumtune.text import parts
from sumtune.text.prompt import Prompt


def examples(split, count):
    return [
        Example(f"{split}-{n}", f"Ann: Day {n} in {split}?\nBob: Yes.\nAnn: Good.", f"They meet on day {n}.", split, n)
        for n in range(count)
    ]


@pytest.fixture
def run_dir(tmp_path):
    run_dir = RunDir(tmp_path / "artifacts")
    for split in ("validation", "test"):
        write_text(run_dir.split(split), dump_jsonl(examples(split, 10)))
    run_dir.adapter.mkdir(parents=True)
    (run_dir.adapter / "adapter_model.safetensors").write_bytes(b"weights")
    Prompt("", "", "", 100, 20).save(run_dir.adapter)
    settings = {"model": {"name": "tiny", "device": "auto"}, "decode": configured().decode.model_dump()}
    write_record(run_dir.adapter / "sumtune.json", settings)
    return run_dir


class Echo:
    """Repeats the first line, in lower case where an adapter is on."""

    setup_s = 0.0
    asked: ClassVar[list[str]] = []
    """All dialogues that any of them summarized."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.decoding = {"engine": "tuned engine" if adapter else "base engine", "beams": 1}

    def summarize(self, dialogues, progress=None, **_options):
        self.asked += dialogues
        if progress is not None:
            progress(len(dialogues))
        texts = [text.splitlines()[0] for text in dialogues]
        return [Completion(text.lower() if self.adapter else text, 5, not self.adapter) for text in texts]


@pytest.fixture
def made(monkeypatch):
    """Adapters that summarizers were made for, in order."""
    made = []
    monkeypatch.setattr(Echo, "asked", [])

    def build(_source, adapter, *_others):
        made.append(adapter)
        return Echo(adapter)

    monkeypatch.setattr(evaluate_stage, "build_for_any_length", build)
    monkeypatch.setattr(evaluate_stage, "locate", lambda name, _revision: LocalModel(None, name))
    return made


def start(name, total):
    return lambda _count: None


def configured(**settings):
    return resolve(overrides={key.replace("__", "."): value for key, value in settings.items()})


def test_the_test_split_is_reported_on_and_validation_only_where_there_is_none(run_dir):
    assert evaluate_stage.chosen_examples(configured(), run_dir)[0] == "test"
    run_dir.split("test").unlink()
    split, chosen = evaluate_stage.chosen_examples(configured(), run_dir)
    assert split == "validation"
    assert {example.id for example in chosen} == {f"validation-{n}" for n in range(10)}


def test_fewer_examples_are_a_part_of_more_and_do_not_depend_on_their_order(run_dir):
    def chosen(count):
        return [
            example.id
            for example in evaluate_stage.chosen_examples(configured(evaluate__max_examples=count), run_dir)[1]
        ]

    some = chosen(4)
    assert len(some) == 4
    assert set(some) < set(chosen(7)) < set(chosen(None))
    assert chosen(99) == chosen(None)
    write_text(run_dir.split("test"), dump_jsonl(examples("test", 10)[::-1]))
    assert chosen(4) == some


def test_tuned_base_and_baselines_are_scored_on_the_same_examples(run_dir, made):
    card = evaluate_stage.run(configured(), run_dir, start)
    assert made == [run_dir.adapter, None]
    assert list(card.systems) == ["tuned", "base", "lead-3", "longest-3"]
    engines = {name: decoding["engine"] for name, decoding in card.signature.decoding.items()}
    assert engines == {"tuned": "tuned engine", "base": "base engine"}
    assert card.systems["base"].measures["cut_off"].mean == 1
    assert card.systems["tuned"].measures["cut_off"].mean == 0
    for example in card.examples:
        assert example.systems["tuned"].text == example.systems["base"].text.lower()
        assert example.systems["base"].text == example.dialogue.splitlines()[0]


def test_without_the_base_only_the_tuned_model_generates(run_dir, made):
    card = evaluate_stage.run(configured(evaluate__base=False), run_dir, start)
    assert made == [run_dir.adapter]
    assert "base" not in card.systems


@pytest.mark.parametrize(("setting", "tokens"), [("auto", "rouge-score"), ("unicode", "unicode"), ("char", "char")])
def test_the_setting_decides_what_rouge_counts_and_a_change_scores_again(run_dir, made, setting, tokens):
    evaluate_stage.run(configured(evaluate__rouge_tokens="rouge-score"), run_dir, start)
    made.clear()
    card = evaluate_stage.run(configured(evaluate__rouge_tokens=setting), run_dir, start)
    assert made
    assert card.signature.rouge_tokens == tokens
    for example in card.examples:
        tuned = example.systems["tuned"]
        assert tuned.scores == overlap.score(tuned.text, example.references[0], tokens)


def test_progress_is_announced_for_each_system_that_generates(run_dir, made):
    announced, counted = [], []

    def begin(name, total):
        announced.append((name, total))
        return counted.append

    evaluate_stage.run(configured(), run_dir, begin)
    assert announced == [("tuned", 10), ("base", 10)]
    assert sum(counted) == 20


def test_unchanged_inputs_are_not_scored_again(run_dir, made):
    first = evaluate_stage.run(configured(), run_dir, start)
    made.clear()
    assert evaluate_stage.run(configured(evaluate__shown_examples=9), run_dir, start) == first
    assert made == []


def test_what_is_asked_for_again_is_scored_again_with_engines_made_anew(run_dir, made):
    first = evaluate_stage.run(configured(), run_dir, start)
    engines = [run_dir.trainer / f"adapter.{kind}-0123" / "file" for kind in ("native", "ctranslate2")]
    for file in engines:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    made.clear()
    assert evaluate_stage.run(configured(), run_dir, start) == first
    assert made == []
    second = evaluate_stage.run(configured(), run_dir, start, again=True)
    assert made == [run_dir.adapter, None]
    assert not any(file.exists() for file in engines)
    assert second.examples == first.examples
    assert second.elapsed_s != first.elapsed_s


def rewrite_adapter(run_dir):
    (run_dir.adapter / "adapter_model.safetensors").write_bytes(b"other weights")


def rewrite_prompt(run_dir):
    Prompt("Say: ", "", "", 100, 20).save(run_dir.adapter)


def rewrite_test(run_dir):
    write_text(run_dir.split("test"), dump_jsonl(examples("test", 9)))


@pytest.mark.parametrize("change", [rewrite_adapter, rewrite_prompt, rewrite_test])
def test_a_changed_input_is_scored_again(run_dir, made, change):
    evaluate_stage.run(configured(), run_dir, start)
    made.clear()
    change(run_dir)
    evaluate_stage.run(configured(), run_dir, start)
    assert made


@pytest.mark.parametrize(
    "settings",
    [{"decode__beams": 1}, {"decode__length_penalty": 2.0}, {"evaluate__max_examples": 3}, {"evaluate__base": False}],
    ids=str,
)
def test_a_changed_setting_is_scored_again(run_dir, made, settings):
    evaluate_stage.run(configured(), run_dir, start)
    made.clear()
    evaluate_stage.run(configured(**settings), run_dir, start)
    assert made


@pytest.mark.parametrize("name", ["no_repeat_ngram_size", "no_repeat_words"])
@pytest.mark.parametrize(("learned", "setting", "is_same"), [(0, 0, True), (0, 4, False), (4, 4, True), (4, 0, False)])
def test_scores_stay_where_the_training_summaries_decide_the_same(run_dir, made, name, learned, setting, is_same):
    Prompt("", "", "", 100, 20, **{name: learned}).save(run_dir.adapter)
    evaluate_stage.run(configured(), run_dir, start)
    made.clear()
    evaluate_stage.run(configured(**{f"decode__{name}": setting}), run_dir, start)
    assert (made == []) == is_same


def test_a_crash_while_scoring_again_leaves_the_old_scores(run_dir, made, monkeypatch):
    before = evaluate_stage.run(configured(), run_dir, start)

    def crash(*_arguments):
        raise RuntimeError("planted")

    with monkeypatch.context() as patch:
        patch.setattr(evaluate_stage, "build_for_any_length", crash)
        with pytest.raises(RuntimeError, match="planted"):
            evaluate_stage.run(configured(decode__beams=1), run_dir, start)
    made.clear()
    assert evaluate_stage.run(configured(), run_dir, start) == before
    assert not made


def test_another_way_to_split_long_dialogues_makes_the_scores_again(run_dir, made, monkeypatch):
    evaluate_stage.run(configured(), run_dir, start)
    made.clear()
    evaluate_stage.run(configured(), run_dir, start)
    assert not made
    monkeypatch.setattr(parts, "VERSION", parts.VERSION + 1)
    evaluate_stage.run(configured(), run_dir, start)
    assert made


def test_without_an_adapter_the_command_that_makes_one_is_named(tmp_path):
    with pytest.raises(RunDirError, match="sumtune train"):
        evaluate_stage.run(configured(), RunDir(tmp_path), start)


@pytest.mark.parametrize("name", ["scores.json", "predictions.jsonl", "manifest.json"])
def test_damaged_scores_are_made_again(run_dir, made, name):
    evaluate_stage.run(configured(), run_dir, start)
    file = run_dir.evaluation / name
    before = file.read_bytes()
    made.clear()
    file.write_bytes(before.replace(b"2", b"7"))
    evaluate_stage.run(configured(), run_dir, start)
    assert made
    if name == "predictions.jsonl":  # the others hold how long the generation took
        assert file.read_bytes() == before


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_text("rouge1;rouge2\n0,5;0,5\n")])
def test_a_table_that_another_program_changed_is_written_again_without_scoring(run_dir, made, damage):
    evaluate_stage.run(configured(), run_dir, start)
    table = run_dir.evaluation / "metrics.csv"
    before = table.read_bytes()
    damage(table)
    made.clear()
    evaluate_stage.run(configured(), run_dir, start)
    assert table.read_bytes() == before
    assert not made


def test_summaries_of_one_dialogue_are_its_references_and_it_is_summarized_once(run_dir, made):
    other = [replace(example, id=f"{example.id}-b", summary=f"They see on day {n}.") for n, example in
             enumerate(examples("test", 10))]  # fmt: skip
    write_text(run_dir.split("test"), dump_jsonl([*examples("test", 10), *other[:4]]))
    card = evaluate_stage.run(configured(), run_dir, start)
    assert len(card.examples) == 10
    assert sorted(len(example.references) for example in card.examples) == [1] * 6 + [2] * 4
    assert card.reference_agreement.n == 4


@pytest.mark.parametrize("stopped_after", [1, 4, 7])
def test_a_stopped_evaluation_goes_on_with_the_summaries_that_are_left(run_dir, made, monkeypatch, stopped_after):
    monkeypatch.setattr(saved_summaries, "CHUNK_CHARACTERS", 100)
    whole = evaluate_stage.run(configured(), run_dir, start)
    asked = len(Echo.asked)
    shutil.rmtree(run_dir.evaluation)
    chunks, summarize = [], Echo.summarize

    def stop(self, dialogues, *others, **options):
        chunks.append(len(dialogues))
        if len(chunks) > stopped_after:
            raise KeyboardInterrupt
        return summarize(self, dialogues, *others, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Echo, "summarize", stop)
        with pytest.raises(KeyboardInterrupt):
            evaluate_stage.run(configured(), run_dir, start)
    Echo.asked.clear()
    left = []

    def count_left(name, count):
        left.append(count)
        return start(name, count)

    scorecard = evaluate_stage.run(configured(), run_dir, count_left)
    assert len(Echo.asked) == sum(left) == asked - sum(chunks[:stopped_after])
    assert scorecard.examples == whole.examples
    assert scorecard.elapsed_s > 0
    assert not list(run_dir.evaluation.glob(".*.part"))


def test_saved_summaries_of_other_settings_are_not_used(run_dir, made, monkeypatch):
    monkeypatch.setattr(saved_summaries, "CHUNK_CHARACTERS", 100)
    with monkeypatch.context() as patched:
        patched.setattr(evaluate_stage, "score_systems", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            evaluate_stage.run(configured(), run_dir, start)
    Echo.asked.clear()
    evaluate_stage.run(configured(decode__beams=2), run_dir, start)
    assert len(Echo.asked) == 20
