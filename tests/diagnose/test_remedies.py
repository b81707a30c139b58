"""Every remedy of every finding is a command that works: it is typed as it stands, and does what it claims.

Each case plants a fault in a run on a machine where only training and generation are made up, takes the commands that
the diagnosis gives, does what is left to the user, and runs them.
"""

import json
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from machine import Machine, write_rows
from planted import CORPUS, OFF_TOPIC, make_run, small_talk, synthetic, written

from sumtune.diagnose.command_lines import CommandLines
from sumtune.diagnose.diagnose_stage import diagnose_file, diagnose_run
from sumtune.diagnose.diagnosis import (
    ADVICE_RULES,
    DATA_RULES,
    EXPECTATION_RULES,
    REMEDIES,
    SCORE_RULES,
    TRAINING_RULES,
)
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.rules import output_rules
from sumtune.diagnose.rules.repairable import repairable
from sumtune.files.atomic import write_json
from sumtune.files.records import read_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import MANIFEST, write_manifest
from sumtune.text.encode import Encoded
from sumtune.text.encoded_file import load_encoded, save_encoded

REPAIRED = {repair.name for repair in REPAIRS}
OUTPUT_RULES = [
    rule
    for rule in (*output_rules.FIRST_RULES, *output_rules.RULES, *output_rules.LOOKS, *output_rules.LAST_RULES)
    if rule is not repairable
]
RULES = (*OUTPUT_RULES, *SCORE_RULES, *TRAINING_RULES, *DATA_RULES, *EXPECTATION_RULES, *ADVICE_RULES)
TRAIN = [synthetic(number) for number in range(202)]
VALIDATION = [synthetic(number) for number in range(1000, 1008)]
TEST = [synthetic(number) for number in range(2000, 2012)]
KNOWN = {one.dialogue: one for one in (*TRAIN, *VALIDATION, *TEST, *(synthetic(n) for n in range(3000, 3100)))}
QUICK = {"evaluate.shown_examples": 0, "evaluate.base": False}
UNSCORED = {"evaluate.max_examples": 4}
"""Settings for faults that scores do not show; fewer examples than any rule about outputs needs."""


def good(dialogue, tuned=True, _settings=None):
    """What a sound model writes."""
    if not tuned or dialogue not in KNOWN:
        return " ".join(dialogue.splitlines()[-2:])
    return written(KNOWN[dialogue])


def write_splits(folder, train=TRAIN, test=TEST):
    folder.mkdir(parents=True, exist_ok=True)
    for split, examples in {"train": train, "validation": VALIDATION, "test": test}.items():
        write_rows(folder / f"{split}.jsonl", examples)


class Case:
    """A run folder with a planted fault, and what belongs to it."""

    def __init__(self, machine, folder, models):
        self.machine, self.folder, self.models = machine, folder, models
        self.data, self.run_dir = folder / "data", RunDir(folder / "run")
        self.slots = {"MODEL": str(models["gemma"]), "FILE": str(folder / "all.jsonl")}
        machine.write = good
        write_splits(self.data)

    def run(self, settings=None):
        given = [part for key, value in (QUICK | (settings or {})).items() for part in ("--set", f"{key}={value}")]
        model = self.models["t5"]
        self.machine.sumtune(["run", "--data", self.data, "--model", model, "--run-dir", self.run_dir.root, *given])

    def finding(self, code, run_dir=None):
        """The finding in the diagnosis of a run folder; None where it is not there."""
        diagnosis = json.loads((run_dir or self.run_dir).diagnosis.read_text(encoding="utf-8"))
        return next((one for one in (*diagnosis["findings"], *diagnosis["advice"]) if one["code"] == code), None)

    def follow(self, commands):
        """Run the commands; the folder that the last one that scores has written."""
        scored = self.run_dir
        for command in commands:
            words = [self.slots.get(word, word) for word in shlex.split(command)]
            before, configs = (self.machine.trained, self.machine.generated), self.flat_config(self.run_dir)
            self.machine.sumtune(words[1:])
            after = (self.machine.trained, self.machine.generated)
            if words[1] in ("run", "evaluate"):
                scored = RunDir(Path(words[words.index("--run-dir") + 1]))
                assert after[1] > before[1], "it has to generate anew, not to show what is there"
                assert (after[0] > before[0]) == (words[1] == "run")
                self.changed_only_what_is_named(configs, self.flat_config(scored), command)
        return scored

    @staticmethod
    def flat_config(run_dir):
        config = run_dir.record()["config"]
        return {f"{section}.{key}": value for section, settings in config.items() if isinstance(settings, dict)
                for key, value in settings.items()}  # fmt: skip

    @staticmethod
    def changed_only_what_is_named(before, after, command):
        options = {"data.path": "--data", "model.name": "--model", "data.dialogue_column": "--dialogue-column",
                   "data.summary_column": "--summary-column"}  # fmt: skip
        for key, value in after.items():
            if value != before[key]:
                assert options.get(key, f"{key}=") in command, key


@dataclass(frozen=True)
class Plant:
    """How a fault is planted, and what the user does before the commands are run."""

    plant: object
    mend: object = lambda _case: None
    stays: bool = False
    """Whether the finding may be there afterwards: it is advice that is good again."""


def writing(damage, settings=None, until=None):
    """Damaged summaries, until the user mends what writes them or `until(case, settings)` holds."""

    def plant(case):
        def write(dialogue, tuned, decoding):
            text = good(dialogue, tuned)
            repaired = until is not None and until(case.machine.config, decoding)
            return text if repaired or not tuned else damage(text)

        case.machine.write = write
        case.run(settings)

    return Plant(plant) if until else Plant(plant, use_good)


def use_good(case):
    case.machine.write = good


def training(settings=None, **attributes):
    """Losses by formula: `loss`, `validation` and `norm` depend on the settings, so the remedy mends them."""

    def plant(case):
        for name, value in attributes.items():
            setattr(case.machine, name, value)
        case.run(UNSCORED | (settings or {}))

    return Plant(plant)


def examples(train=TRAIN, test=TEST, settings=None, repaired=(TRAIN, TEST)):
    """Faulty examples, which the user mends in their files."""

    def plant(case):
        write_splits(case.data, train, test)
        case.run(settings)

    return Plant(plant, lambda case: write_splits(case.data, *repaired))


def expecting(low, high):
    """A run for which other scores were forecast than those that it reached."""

    def plant(case):
        case.run()
        record = case.run_dir.record()
        record["forecast"] |= {"expected": {"rouge1": [low, high]}}
        write_record(case.run_dir.run_json, record)
        case.machine.sumtune(["diagnose", "--run-dir", case.run_dir.root])

    return plant


def one_row_less(case):
    write_splits(case.data, TRAIN[:-1])


def moved(given, count):
    some = list(given[:count])
    rotated = [replace(one, summary=other.summary) for one, other in zip(some, some[1:] + some[:1], strict=True)]
    return rotated + list(given[count:])


def swapped_columns(case):
    swap = lambda one: replace(one, dialogue=one.summary, summary=one.dialogue)  # noqa: E731
    write_splits(case.data, [swap(one) for one in TRAIN], [swap(one) for one in TEST])
    write_rows(case.data / "validation.jsonl", [swap(one) for one in VALIDATION])
    case.run({"model.max_target_tokens": 200})


def german(case):
    """English references and German summaries, until another model is tuned."""
    write_splits(case.data, test=[replace(one, summary=f"{one.summary} {ENGLISH}") for one in TEST])
    writing(lambda text: GERMAN.format(len(text)), until=lambda config, _: "gemma" in config.model.name).plant(case)


def stale_engine(case):
    stale = case.run_dir.trainer / "adapter.native-0123456789abcdef.safetensors"

    def write(dialogue, tuned, settings):
        return good(dialogue, tuned and not stale.exists())

    case.run({"evaluate.base": True})
    case.machine.write = write
    stale.write_bytes(b"of another adapter")
    case.machine.sumtune(["evaluate", "--run-dir", case.run_dir.root, "--set", "decode.batch_tokens=512"])
    case.machine.sumtune(["diagnose", "--run-dir", case.run_dir.root])


def encoded_as(change):
    """Token ids of the training examples that something else has written."""

    def plant(case):
        case.run()
        file = case.run_dir.transformation / "train.safetensors"
        save_encoded([change(one) for one in load_encoded(file)], file)
        write_manifest(file.parent, {"fingerprint": read_record(file.parent / MANIFEST)["fingerprint"]})
        case.machine.sumtune(["diagnose", "--run-dir", case.run_dir.root])

    return plant


def more_rows(case):
    write_splits(case.data, [*TRAIN, *(synthetic(number) for number in range(3000, 3010))])


def all_in_one_file(case):
    write_rows(case.folder / "all.jsonl", [*TRAIN, *TEST, *VALIDATION])


def bowl(best, rise=0.008):
    return lambda step: 1.7 + 0.8 * (max(0, best - step) / best) ** 2 + rise * max(0, step - best)


BABBLE = "and then they talk about the weather again and about what others said to them on that day " * 5
ENGLISH = "That is for them, and he will be there at this hour."
GERMAN = "Die Leute sind nicht zu Hause und sie hat das Brot für {} mit dem Auto auf der Straße geholt."
UNRELATED = "Nobody knows anything about weather."
LOWER = [replace(one, summary=one.summary.casefold()) for one in TRAIN]
LONG = [replace(one, dialogue=one.dialogue + "\nAda: And so on." * 40 * (one.row % 3 == 0)) for one in TRAIN]


def cyrillic(text):
    return "".join(chr(0x430 + ord(letter) - 97) if "a" <= letter <= "z" else letter for letter in text.casefold())


def repeats_forbidden(decoding):
    return (decoding["no_repeat_ngram_size"], decoding["no_repeat_words"]) == (5, 3)


def scored_by_rouge_score(case):
    write_splits(case.data, test=[replace(one, summary=cyrillic(one.summary)) for one in TEST])
    case.machine.write = lambda dialogue, *_: cyrillic(good(dialogue))
    case.run({"evaluate.rouge_tokens": "rouge-score"})


CASES = {
    "letters_dropped": Plant(scored_by_rouge_score),
    "characters_separated": writing(lambda text: text.replace("", " ")),
    "sentences_repeated": writing(
        lambda text: f"{text} Ok. {text}", until=lambda _, decoding: repeats_forbidden(decoding)
    ),
    "ends_in_loop": writing(
        lambda text: f"{text}{f' and {len(text)}' * 4}.",
        until=lambda _, decoding: repeats_forbidden(decoding),
    ),
    "columns_swapped": Plant(swapped_columns),
    "empty_predictions": writing(lambda _: "", until=lambda _, decoding: decoding["engine"] == "torch"),
    "empty_predictions by torch": writing(lambda _: "", {"decode.engine": "torch"}),
    "one_summary_for_all": writing(
        lambda _: "Two people talk.",
        {"train.learning_rate": 2e-3},
        until=lambda config, _: config.train.learning_rate < 1e-3,
    ),
    "wrong_language": Plant(german),
    "never_stops": writing(
        lambda text: " ".join(f"{text} {BABBLE}".split()[:90]), until=lambda config, _: config.train.epochs > 3
    ),
    "cut_short": writing(
        lambda text: " ".join(text.split()[:9]).rstrip(".,"),
        {"model.max_target_tokens": 20},
        until=lambda config, _: config.model.max_target_tokens > 20,
    ),
    "cut_short by short summaries": Plant(
        lambda case: (
            write_splits(case.data, [replace(one, summary="A thing comes.") for one in TRAIN]),
            setattr(case.machine, "write", lambda dialogue, *_: " ".join(good(dialogue).split()[:9])),
            case.run(),
        ),
        lambda case: (write_splits(case.data), use_good(case)),
    ),
    "nothing_learned": training(
        {"lora.target_modules": "[q]"}, norm=lambda config: float(config.lora.target_modules == ("all-linear",))
    ),
    "nothing_learned anywhere": replace(
        training(norm=lambda _: 0.0), mend=lambda case: setattr(case.machine, "norm", lambda _: 1.0)
    ),
    "nothing_learned without labels": Plant(encoded_as(lambda one: Encoded(one.source, one.target[-1:])), more_rows),
    "loss_on_prompt": Plant(encoded_as(lambda one: Encoded(one.source, (*one.source, *one.target)))),
    "learning_rate_too_high": training(
        {"train.learning_rate": 0.02}, loss=lambda config, step: 2.5 + 0.02 * step * (config.train.learning_rate > 0.01)
    ),
    "warmup_too_long": training({"train.warmup_steps": 60, "train.epochs": 1}),
    "learning_rate_too_low": training(
        {"train.learning_rate": 1e-6},
        loss=lambda config, step: 2.5 - 0.003 * step * (config.train.learning_rate >= 1e-4),
        validation=lambda config, step: 2.5 - 0.003 * step * (config.train.learning_rate >= 1e-4),
    ),
    "adapter_not_used": Plant(stale_engine),
    "too_few_steps": training({"train.effective_batch_size": 128, "train.epochs": 1}),
    "rank_too_high": training(
        {"lora.rank": 64},
        columns=40_000,
        validation=lambda config, step: bowl(50)(step if config.lora.rank >= 32 else 0),
    ),
    "overfitting": training(validation=lambda _, step: bowl(50)(step)),
    "overfitting in the first epoch": training(
        {"train.epochs": 1, "train.validate_every_steps": 10},
        validation=lambda config, step: bowl(20, 0.02)(step if config.train.learning_rate > 2e-4 else 20 - 0.1 * step),
    ),
    "underfitting": training(
        loss=lambda _, step: 3 - 0.005 * min(step, 180), validation=lambda _, step: 3 - 0.005 * min(step, 180)
    ),
    "rank_too_low": training(
        {"lora.rank": 2}, loss=lambda _, step: 1.9 + 0.6 * 0.9**step, validation=lambda _, step: 1.9 + 0.6 * 0.9**step
    ),
    "leak": examples(train=[*TRAIN, *TEST[:4]]),
    "summaries_misplaced": examples(train=moved(TRAIN, 202)),
    "label_noise": examples(train=[replace(one, summary=UNRELATED) for one in TRAIN[:30]] + TRAIN[30:]),
    "dialogues_truncated": Plant(
        examples(train=LONG, settings={"model.max_source_tokens": 300, "model.long": "truncate"}).plant
    ),
    "splits_differ": Plant(examples(train=LOWER).plant, all_in_one_file),
    "duplicates": examples(
        train=[*TRAIN, *TRAIN[:40]],
        settings={
            "model.max_source_tokens": 1600,
            "train.micro_batch_tokens": 2000,
            "preset": "balanced",
            "data.train_share": 1.0,
        },
    ),
    "too_few_examples": examples(train=TRAIN[:60], settings={"train.epochs": 5}),
    "score_below_expected": Plant(expecting(0.98, 0.99), one_row_less),
    "score_above_expected": Plant(expecting(0.01, 0.02), one_row_less),
    "more_data": Plant(lambda case: case.run(), more_rows, stays=True),
    "more_data in one file": Plant(
        lambda case: (all_in_one_file(case), setattr(case, "data", case.folder / "all.jsonl"), case.run()), stays=True
    ),
    "more_data that cannot be told": replace(training(loss=lambda *_: 2.0, validation=lambda *_: 2.6), stays=True),
    "larger_model": replace(
        training(loss=lambda _, step: 2 - 0.001 * min(step, 100), validation=lambda *_: 1.9), stays=True
    ),
}
OF_FILES_ALONE = {"score_with_sumtune"}
FIX_AND_SCORE_AGAIN = {
    "case_destroyed", "misplaced_rows", "references_damaged", "dialogues_damaged", "two_groups",
    "predictions_are_dialogues", "predictions_are_references", "score_unexplained", "strange_marks", "same_template",
    "misspelled",
    "broken_sentences", "starts_midway", "punctuation_lost", "names_lost", "marks_detached", "text_of_other_rows",
    "unrelated", "odd_lengths", "predictions_repeat", "unlike_references", "ends_midway",
    "some_predictions_are_references", "teacher_forced", "error_messages",
    "refusals",
}  # fmt: skip
"""In a run, these have the command of `characters_separated`."""


@pytest.fixture(scope="module", autouse=True)
def _one_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUMTUNE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


def test_every_rule_has_a_remedy_and_a_case():
    names = {rule.__name__ for rule in RULES}
    assert set(REMEDIES) == names | REPAIRED
    assert {code.partition(" ")[0] for code in CASES} - REPAIRED == names - OF_FILES_ALONE - FIX_AND_SCORE_AGAIN


@pytest.mark.e2e
@pytest.mark.parametrize("name", CASES)
def test_the_commands_of_a_remedy_work_as_they_stand(machine, tmp_path, tiny_models, name):
    case, (code, _, _), plant = Case(machine, tmp_path, tiny_models), name.partition(" "), CASES[name]
    plant.plant(case)
    found = case.finding(code)
    assert found is not None, diagnose_run(case.run_dir).findings
    assert found["commands"]
    assert found["remedy"]
    plant.mend(case)
    scored = case.follow(found["commands"])
    if found["commands"][-1].startswith("sumtune evaluate"):  # it does not end with a diagnosis, as a run does
        case.machine.sumtune(["diagnose", "--run-dir", scored.root])
    assert plant.stays or case.finding(code, scored) is None


def separated(rows):
    return [row | {"generated": row["generated"].replace("", " ")} for row in rows]


def swap(one, other):
    return lambda rows: [row | {one: row[other], other: row[one]} for row in rows]


def each(change):
    return lambda rows: [row | {"generated": change(row["generated"])} for row in rows]


def of_next_row(rows):
    texts = [row["generated"] for row in rows]
    return [row | {"generated": text} for row, text in zip(rows, texts[1:] + texts[:1], strict=True)]


def dialogue_as_reference(rows):
    return [{"generated": row["generated"], "summary": row["dialogue"], "right": row["summary"]} for row in rows]


def copying_references(rows):
    return [row | {"generated": row["summary"], "summary": row["dialogue"].splitlines()[1]} for row in rows]


def from_row_31_on(change):
    return lambda rows: rows[:30] + [row | {"generated": change(row)} for row in rows[30:]]


COMMON = ("the", "is", "to", "with")


def other_words(text, word):
    """`word` at every fifth place."""
    return " ".join(word if place % 5 == 2 else one for place, one in enumerate(text.split()))


def last_turns(rows):
    """The last two turns in place of each prediction."""
    said = [[line.partition(": ")[2] for line in row["dialogue"].splitlines()[-2:]] for row in rows]
    texts = [" ".join(turn[:1].upper() + turn[1:] for turn in turns) for turns in said]
    return [row | {"generated": text} for row, text in zip(rows, texts, strict=True)]


FILES = {
    "dialogues_damaged": lambda rows: [row | {"dialogue": " ".join(row["dialogue"].split()[:5])} for row in rows],
    "references_damaged": lambda rows: [row | {"summary": row["summary"][:30]} for row in rows],
    "two_groups": lambda rows: (
        rows[:10] + [row | {"generated": f"{row['dialogue'].partition(':')[0]}: ok."} for row in rows[10:]]
    ),
    "predictions_are_dialogues": from_row_31_on(lambda row: row["dialogue"]),
    "characters_separated": separated,
    "columns_swapped": swap("dialogue", "generated"),
    "columns_swapped with references": swap("dialogue", "summary"),
    "columns_swapped in some rows": lambda rows: swap("dialogue", "generated")(rows[:12]) + rows[12:],
    "columns_swapped without dialogues": dialogue_as_reference,
    "columns_swapped, perhaps": copying_references,
    "empty_predictions": each(lambda _: ""),
    "one_summary_for_all": each(lambda _: "Two people talk."),
    "misplaced_rows": of_next_row,
    "wrong_language": each(lambda text: GERMAN.format(len(text))),
    "never_stops": each(lambda text: " ".join(f"{text} {BABBLE}".split()[:90])),
    "cut_short": each(lambda text: " ".join(text.split()[:9]).rstrip(".,")),
    "case_destroyed": each(str.casefold),
    "same_template": each(lambda text: f"Reply {len(text)}: the answer to {text[:9]} goes out after a short while."),
    "refusals": each(lambda text: f"As an AI, I cannot discuss conversation {len(text)}."),
    "error_messages": each(lambda text: f"Error {len(text)}: the request timed out after {len(text)} seconds."),
    "strange_marks": each(lambda text: re.sub(r"\b[A-Z]\w+", "[NAME]", text)),
    "misspelled": each(lambda text: re.sub("[aeiou]", "", text)),
    "starts_midway": each(lambda text: text[len(text) // 3 :].partition(" ")[2]),
    "broken_sentences": each(lambda text: " ".join(sorted(text.split(), key=str.casefold, reverse=True))),
    "marks_detached": each(lambda text: re.sub(r"(?=[.,])", " ", text)),
    "names_lost": each(lambda text: re.sub(r"\b[A-Z]\w+", "she", text).capitalize()),
    "punctuation_lost": each(lambda text: re.sub(r"[^\w\s]", "", text)),
    "text_of_other_rows": lambda rows: [
        row | {"generated": f"{row['generated']} {other['generated']}"}
        for row, other in zip(rows, rows[5:] + rows[:5], strict=True)
    ],
    "unrelated": lambda rows: (
        rows[:30] + [row | {"generated": text} for row, text in zip(rows[30:], OFF_TOPIC, strict=True)]
    ),
    "unlike_references": from_row_31_on(lambda row: row["generated"].replace(" ", "    ")),
    "ends_midway": from_row_31_on(lambda row: row["generated"].rstrip(".")),
    "odd_lengths": from_row_31_on(lambda row: row["generated"].split()[0]),
    "predictions_repeat": lambda rows: [
        row | {"generated": rows[place // 2]["generated"]} for place, row in enumerate(rows)
    ],
    "some_predictions_are_references": lambda rows: (
        last_turns(rows[:30]) + [row | {"generated": row["summary"]} for row in rows[30:]]
    ),
    "teacher_forced": lambda rows: [
        row | {"generated": other_words(row["summary"], COMMON[place % 4])} for place, row in enumerate(rows)
    ],
    "predictions_are_references": lambda rows: [row | {"generated": row["summary"]} for row in rows],
    "score_unexplained": lambda rows: [row | {"generated": small_talk(row["dialogue"], 3)} for row in rows],
}


def good_rows():
    return [{"dialogue": one.dialogue, "generated": written(one), "summary": one.summary} for one in CORPUS[:40]]


def write_outputs(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.mark.e2e
@pytest.mark.parametrize("name", FILES)
def test_the_commands_of_a_remedy_for_a_file_of_another_tool_work_as_they_stand(machine, tmp_path, name):
    code, file = name.replace(",", " ").partition(" ")[0], tmp_path / "out puts.jsonl"
    write_outputs(file, FILES[name](good_rows()))
    (found, *_) = diagnose_file(file).findings
    assert found.code == code
    (command,) = found.commands
    if code != "columns_swapped" or name.endswith("in some rows"):  # elsewhere the command alone mends it
        write_outputs(file, good_rows())
    shown = machine.sumtune(command.replace("NAME", "right"))
    assert f"[{code}," not in shown
    # With the columns of the suspicion named the other way round, the predictions are mere quotations.
    assert ("No fault was found." if name != "columns_swapped, perhaps" else "predictions_are_dialogues") in shown


@pytest.mark.e2e
@pytest.mark.parametrize("code", sorted(FIX_AND_SCORE_AGAIN | {"characters_separated"}))
def test_a_run_whose_outputs_are_damaged_is_scored_again(tmp_path, monkeypatch, code):
    monkeypatch.chdir(tmp_path)
    rows = FILES[code](good_rows())
    scored = [
        replace(one, dialogue=row["dialogue"], summary=row["summary"])
        for one, row in zip(CORPUS[:40], rows, strict=True)
    ]
    make_run(Path("run"), train=TRAIN, scored=scored, predictions=[row["generated"] for row in rows])
    found = next(one for one in diagnose_run(RunDir(Path("run"))).findings if one.code == code)
    assert found.commands == ("sumtune evaluate --run-dir run --again",)


def test_a_command_repeats_the_columns_and_the_run_that_were_given(machine, tmp_path, tiny_models):
    case, file = Case(machine, tmp_path, tiny_models), tmp_path / "outputs.jsonl"
    case.run()
    rows = [{"chat": one.dialogue, "made": written(one).replace("", " "), "wanted": one.summary} for one in TEST]
    write_outputs(file, rows)
    given = ["--prediction-column", "made", "--reference-column", "wanted", "--dialogue-column", "chat"]
    typed = ["diagnose", file, *given, "--run-dir", case.run_dir.root]
    shown = machine.sumtune(typed)
    assert f"      {shlex.join(['sumtune', *map(str, typed)])}\n" in shown


def test_tuning_on_the_data_of_another_tool_starts_a_run_of_its_own(machine, tmp_path, tiny_models, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_outputs(Path("outputs.jsonl"), good_rows())
    (advice,) = diagnose_file(Path("outputs.jsonl")).advice
    assert advice.code == "score_with_sumtune"
    assert advice.commands == ("sumtune run --data FILE --run-dir artifacts-tuned",)
    write_splits(tmp_path / "data")
    (command,) = advice.commands
    machine.sumtune(f"{command.replace('FILE', 'data')} --model {tiny_models['t5']}")
    assert RunDir(Path("artifacts-tuned")).diagnosis.exists()
    assert diagnose_file(Path("outputs.jsonl")).advice[0].commands != advice.commands, "that folder is taken now"


def test_commands_are_quoted_and_of_the_run_that_was_diagnosed(machine, tmp_path, tiny_models, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = Case(machine, Path("my chats"), tiny_models)
    case.run({"train.epochs": 1, "train.warmup_steps": 60, "train.schedule": "cosine"})
    (command,) = case.finding("warmup_too_long")["commands"]
    assert command == (
        f"sumtune run --data 'my chats/data' --model {tiny_models['t5']} --set train.schedule=cosine "
        "--set evaluate.base=false --set evaluate.shown_examples=0 --set train.warmup_steps=5 --set train.epochs=2 "
        "--run-dir 'my chats/run' --overwrite"
    )


@pytest.mark.parametrize("folder", [".", "..", "run", "a/run"])
def test_a_new_folder_stands_beside_that_of_the_run(tmp_path, monkeypatch, folder):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    found = CommandLines(run_dir=Path(folder)).new_folder("more")
    assert found.resolve().parent == Path(folder).resolve().parent
    assert found.name == f"{Path(folder).resolve().name}-more"
    found.mkdir(parents=True)
    assert CommandLines(run_dir=Path(folder)).new_folder("more").name == f"{found.name}-2"


def test_a_run_whose_settings_are_of_a_newer_version_has_remedies_all_the_same(machine, tmp_path, tiny_models):
    case = Case(machine, tmp_path, tiny_models)
    case.machine.write = lambda dialogue, *_: good(dialogue).replace("", " ")
    case.run()
    record = case.run_dir.record()
    record["config"]["train"]["of_tomorrow"] = 1
    write_json(case.run_dir.run_json, record)
    assert diagnose_run(case.run_dir).findings[0].code == "characters_separated"
