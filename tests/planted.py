"""Realistic outputs and runs to plant faults in, made from the embedded conversations; nothing is trained."""

import json
import random
import re
from importlib.resources import files
from pathlib import Path

import numpy as np

from sumtune.config_resolution import resolve
from sumtune.data.example import Example, dump_jsonl
from sumtune.diagnose.outputs import Outputs
from sumtune.files.atomic import write_json, write_text
from sumtune.files.run_dir import RunDir
from sumtune.text.encode import Encoded
from sumtune.text.encoded_file import save_encoded
from sumtune.train.training_plan import TrainingPlan

CHARACTERS_A_TOKEN = 4


def corpus():
    """All embedded conversations as examples."""
    folder = files("sumtune") / "data" / "corpus"
    rows = [
        (name, row, json.loads(line))
        for name in ("train", "validation", "test")
        for row, line in enumerate((folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(), 1)
    ]
    return [
        Example(f"{name}-{row}", values["dialogue"], values["summary"], f"{name}.jsonl", row)
        for name, row, values in rows
    ]


CORPUS = corpus()


PHRASE = re.compile(r"(?= (?:on|at|in|for|with|from|because|after|about|around)\b)")


def written(example, seed=0, kept=0.72):
    """What a fairly good model might write: some phrases of the reference, and one turn of the dialogue or more."""
    chance = random.Random(f"{seed}-{example.id}")
    first, *phrases = PHRASE.split(example.summary.rstrip("."))
    said = [line.partition(": ")[2] for line in example.dialogue.splitlines()]
    turns = chance.sample(said, len(said))
    text = f"{first}{''.join(phrase for phrase in phrases if chance.random() < kept)}."
    if text == example.summary and phrases:
        text = f"{first}{''.join(phrases[:-1])}."
    while turns and len(text.split()) < 0.7 * len(example.summary.split()):
        text += f" {turns.pop().rstrip('.?!')}."
    return text


OFF_TOPIC = (
    "Anybody could hear them knocking.", "Everything looks different tonight.", "Nothing else happened yesterday.",
    "Somebody needs another blanket.", "Everyone seems happy about that.", "Maybe they never wanted those.",
    "Those should arrive before Sunday.", "People always forget something.", "Neither works without paper.",
    "Another week would help everyone.",
)  # fmt: skip
"""Sentences of usual words that hardly any dialogue has together."""


def small_talk(dialogue, count=2):
    """The shortest turns: nothing but their score shows that this is no summary."""
    turns = [line for line in dialogue.splitlines() if line.partition(": ")[2][:1].isalpha()]
    return " ".join(sorted(turns, key=len)[:count])


def outputs(count=60, seed=0, dialogues=True, kept=0.72):
    """`count` predictions of good quality for embedded conversations, chosen by `seed`."""
    chosen = random.Random(seed).sample(CORPUS, count)
    return Outputs(
        ids=tuple(example.id for example in chosen),
        predictions=tuple(written(example, seed, kept) for example in chosen),
        references=tuple((example.summary,) for example in chosen),
        dialogues=tuple(example.dialogue for example in chosen) if dialogues else None,
    )


def synthetic(number):
    """The `number`-th of any number of different dialogues, with its summary."""
    chance = random.Random(number)
    things = [
        "ladder",
        "kettle",
        "blanket",
        "scooter",
        "printer",
        "violin",
        "lantern",
        "compass",
        "teapot",
        "basket",
        "canvas",
        "hammock",
    ]
    names = ["Ada", "Bela", "Cleo", "Dino", "Enzo", "Filip", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Lev"]
    first, second = chance.sample(names, 2)
    thing, other, day, hour = chance.choice(things), chance.choice(things), chance.randrange(1, 29), number % 12 + 1
    dialogue = (
        f"{first}: Hello {second}, do you still have my {thing} from last year, number {number}?\n"
        f"{second}: Yes, it stands beside the {other} in the cellar.\n{first}: Could you bring it on May {day}?\n"
        f"{second}: Sure, around {hour}. Shall I take anything else along?\n{first}: No, that is all, thank you!"
    )
    summary = f"{second} will bring {first} the {thing} number {number} on May {day} around {hour}."
    return Example(f"made-{number}", dialogue, summary, "made.jsonl", number + 1)


def curve(plan, floor=1.3, start=2.5, speed=0.08, validation_gap=0.2):
    """Training loss and validation loss (nats a token) after a number of optimizer steps, falling towards a floor."""
    moved = np.cumsum([plan.learning_rate(step) for step in range(plan.total_steps)]) / plan.settings.learning_rate

    def at(step):
        done = moved[min(step, len(moved)) - 1] if step else 0.0
        return floor + (start - floor) * np.exp(-speed * done) - 0.005 * np.log1p(done)

    return at, lambda step: at(step) + validation_gap * (1 - np.exp(-speed * step))


def make_run(
    root: Path, *, train, scored, settings=None, losses=None, validation=None, norms=None, rate=None, warmup=None,
    predictions=None, base=None, label_tokens=None, cut_off=None, seed=0,
):  # fmt: skip
    """A run folder as `sumtune run` leaves it, its losses by formula. `losses(step)`, `validation(step)` may be set."""
    run_dir, chance = RunDir(root), np.random.default_rng(seed)
    config = resolve(overrides=settings or {})
    write_json(run_dir.run_json, {"config": config.model_dump(mode="json")})
    for name, examples in {"train": train, "test": scored}.items():
        write_text(run_dir.split(name), dump_jsonl(examples))
    limit = config.model.max_source_tokens if isinstance(config.model.max_source_tokens, int) else 1024
    encoded = [
        Encoded(
            tuple(range(min(len(one.dialogue) // CHARACTERS_A_TOKEN, limit))),
            tuple(range(len(one.summary) // CHARACTERS_A_TOKEN + 1 if label_tokens is None else label_tokens(one))),
        )
        for one in train
    ]
    save_encoded(encoded, run_dir.transformation / "train.safetensors")
    plan = TrainingPlan(tuple(one.length for one in encoded), config.train)
    training_loss, validation_loss = curve(plan)
    losses, validation = losses or training_loss, validation or validation_loss
    _log(run_dir, plan, chance, losses, validation, norms, rate, warmup)
    if predictions is not None:
        _write_predictions(run_dir, scored, predictions, base, cut_off)
    return run_dir


def _log(run_dir, plan, chance, losses, validation, norms, rate, warmup):
    events = [{"event": "start", "step": 0, "total_steps": plan.total_steps, "epochs": plan.settings.epochs,
               "steps_per_epoch": plan.steps_per_epoch,
               "warmup_steps": plan.warmup_steps if warmup is None else warmup}]  # fmt: skip
    for step in range(plan.total_steps + 1):
        if plan.validates_at(step):
            events.append({"event": "validation", "step": step, "loss": float(validation(step))})
        if step < plan.total_steps:
            norm = float(chance.gamma(8, 0.5)) if norms is None else norms(step)
            events.append({"event": "step", "step": step + 1, "tokens": 500, "seconds": 1.0, "elapsed_s": step + 1.0,
                           "loss": float(losses(step)) * float(chance.lognormal(0, 0.2)), "gradient_norm": norm,
                           "learning_rate": (rate or plan.learning_rate)(step)})  # fmt: skip
    events.append({"event": "end", "step": plan.total_steps, "best_step": 0, "best_loss": 0.0, "elapsed_s": 1.0})
    write_text(run_dir.train_metrics, "".join(json.dumps(event) + "\n" for event in events))


def _write_predictions(run_dir, scored, predictions, base, cut_off):
    systems = {"tuned": predictions} | ({"base": base} if base else {})
    rows = [
        {"id": one.id, "dialogue": one.dialogue, "reference": one.summary,
         "systems": {name: {"prediction": texts[place], "tokens": 9, "cut_off": bool(cut_off and cut_off[place])}
                     for name, texts in systems.items()}}
        for place, one in enumerate(scored)
    ]  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    write_text(run_dir.evaluation / "predictions.jsonl", text)
