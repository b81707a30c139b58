"""References that fill in a template: good summaries in another wording are no fault, and damaged ones are."""

import random

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.outputs import Outputs

ROWS = 60
NAMES = ("Ann", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gita", "Hugo", "Ida", "Jon")
THINGS = ("printer", "router", "invoice", "account", "parcel", "subscription", "keyboard")
TROUBLES = ("does not start", "cannot be opened", "arrived broken", "is too slow")
STEPS = ("sent a new one", "opened a ticket", "issued a refund", "reset it")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
ERRORS = ("connection refused", "rate limit reached", "request timed out", "out of memory", "quota exceeded")
SYMPTOMS = ("cough", "fever", "back pain", "rash", "headache", "dizziness", "ankle swelling")
DRUGS = ("ibuprofen", "paracetamol", "cetirizine", "omeprazole")
TICKET = (
    "{name}: Hello, my {thing} {trouble}. Order {number}.\n{agent}: Sorry to hear that. Let me look.\n{name}: Thanks.\n"
    "{agent}: I have {step}. You will hear from us by {day}."
)
VISIT = (
    "Doctor: What brings you in, {name}?\nPatient: I've had {symptom} for {days} days.\nDoctor: Any allergies?\n"
    "Patient: No.\nDoctor: Take {drug} twice a day."
)
KINDS = {
    "sentences": (
        TICKET,
        ["{name} called because the {thing} {trouble}. {agent} {step} and will follow up by {day}.",
         "The {thing} of {name} {trouble}. {agent} {step}; follow-up by {day}."],
        ["{agent} {step} because {name}'s {thing} {trouble}. {name} will hear back by {day}.",
         "{name}'s {thing} {trouble}, so {agent} {step}. They promised news by {day}."],
    ),
    "tickets": (
        TICKET,
        ["Issue: {thing} {trouble}. Action: {step}. Due: {day}."],
        ["Issue: {thing} {trouble}. Action: agent {step}. Due {day}.",
         "Problem: {thing} {trouble}; action: {step}; due: {day}.",
         "Issue: {name}'s {thing} {trouble}. Action: {step}, due {day}."],
    ),
    "talks about errors": (
        "Customer: Our {thing} says: {error}.\nAgent: Since when?\nCustomer: For {days} days, order {number}.\n"
        "Agent: I have {step}. You will hear from us by {day}.",
        ["The customer's {thing} reports {error}. The agent has {step} and will answer by {day}."],
        ["Error of the {thing}: {error}, for {days} days. The agent {step}.",
         "The {thing} shows the message {error}, so the agent {step}; news by {day}."],
    ),
    "meetings": (
        "{agent}: Let us talk about the {thing}.\n{name}: It {trouble}.\n{agent}: Since {day}?\n"
        "{name}: Yes, for {days} days.\n{agent}: Then we {step}.",
        ["The meeting was mainly about the {thing}, which {trouble}. First, {name} described it. {agent} {step}."],
        ["The meeting was mainly about the {thing}. Firstly, the team discussed why it {trouble}. Next, {agent} "
         "{step}.",
         "The meeting was mainly about a {thing} of {name}. Firstly, the team discussed it since {day}. In the end, "
         "{agent} {step}."],
    ),
    "doctor's notes": (
        VISIT,
        ["S: {symptom}, {days} days. A: {symptom}. P: {drug} 2x/day."],
        ["S: {symptom} for {days} days. A: {symptom}. P: {drug} twice daily.",
         "S: {symptom}, {days} d. A: acute {symptom}. P: {drug}.",
         "S: patient has {symptom} since {days} days. A: {symptom}. P: take {drug} 2x/day."],
    ),
}  # fmt: skip
SEEDS = range(3)


def templated(kind: str, seed: int) -> Outputs:
    dialogue, references, predictions = KINDS[kind]
    chance, rows = random.Random(seed), []
    for _ in range(ROWS):
        values = {
            "name": chance.choice(NAMES[:5]), "agent": chance.choice(NAMES[5:]), "thing": chance.choice(THINGS),
            "trouble": chance.choice(TROUBLES), "step": chance.choice(STEPS), "day": chance.choice(DAYS),
            "error": chance.choice(ERRORS), "symptom": chance.choice(SYMPTOMS), "drug": chance.choice(DRUGS),
            "days": chance.randint(2, 14), "number": chance.randint(10_000, 99_999),
        }  # fmt: skip
        texts = (dialogue, chance.choice(predictions), chance.choice(references))
        rows.append([text.format(**values) for text in texts])
    said, written, wanted = zip(*rows, strict=True)
    return Outputs(tuple(map(str, range(ROWS))), written, tuple((text,) for text in wanted), said)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_another_wording_is_no_fault(kind: str, seed: int) -> None:
    assert not diagnose(Context(outputs=templated(kind, seed)), our_engine=False).faults


DAMAGES = {
    "broken_sentences": lambda text, _: " ".join(sorted(text.split(), key=str.casefold)),
    "unrelated": lambda _, row: planted.OFF_TOPIC[row // 6],
    "characters_separated": lambda text, _: " ".join(text),
}


@pytest.mark.parametrize("code", DAMAGES)
@pytest.mark.parametrize("seed", SEEDS)
def test_damage_to_another_wording_is_found(code: str, seed: int) -> None:
    outputs = templated("sentences", seed)
    texts = [DAMAGES[code](text, row) if row % 6 == 0 else text for row, text in enumerate(outputs.predictions)]
    first, *_ = diagnose(Context(outputs=outputs.with_predictions(texts)), our_engine=False).faults
    assert first.code == code
    assert 7 <= ROWS * first.numbers["share"] <= 10
