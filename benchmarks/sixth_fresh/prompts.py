"""Prompt and template mistakes in the predictions."""

from __future__ import annotations

import random

from .common import Row, content_words, edit, speakers, turns, two_speakers

MISSING = (
    "It looks like the conversation wasn't included. Could you paste it here?",
    "I don't see a dialogue in your message, only a placeholder. Please share the text you'd like me to summarize.",
    "Please provide the dialogue and I will summarize it in one or two sentences.",
    "You have written {dialogue}, which seems to be a template variable. Could you send the actual conversation?",
    "I'm happy to help! However, there is no conversation to summarize yet.",
    "Two people have a conversation. (No dialogue was given, so no details can be summarized.)",
    "Sure, please share the dialogue.",
)
SHOTS = (
    "{a} asks {b} to pick up the dry cleaning before six.",
    "{a} has missed the train and will be an hour late. {b} will start without {a}.",
    "{b} recommends the new ramen place to {a}.",
)
SHOT_NAMES = (("Tom", "Lucy"), ("Greta", "Omar"), ("Nils", "Beth"))
NEXT = (
    "Sounds good, see you then!",
    "Haha ok :)",
    "Let me check and get back to you.",
    "No worries, take your time",
    "Sure, what time works for you?",
    "I know, right? It's been such a long week.",
    "Thanks, you're the best!",
    "Oh no, what happened?",
    "Ok, I'll let the others know.",
    "Yes please! And could you send me the address?",
)


def prompt_cut_by_token_count(rows: list[Row], rng: random.Random) -> list[Row]:
    """The decoded string was cut at the number of prompt tokens, not characters."""
    head = "Summarize the following conversation.\n\n"

    def change(row: Row) -> str:
        prompt = f"{head}{row['dialogue']}\n\nSummary:"
        tokens = int(len(prompt.split()) * rng.uniform(1.25, 1.45))
        return f"{prompt} {row['prediction']}"[tokens:]

    return edit(rows, "prediction", change)


def empty_template_slot(rows: list[Row], rng: random.Random) -> list[Row]:
    """The f of the f-string was missing, so the model never saw the dialogue."""
    return edit(rows, "prediction", lambda _row: rng.choice(MISSING))


def few_shot_answer_copied(rows: list[Row], rng: random.Random) -> list[Row]:
    """The model repeats the answers of the examples in the prompt."""

    def change(row: Row) -> str:
        at = rng.choices(range(3), weights=(1, 2, 5))[0]
        one, two = SHOT_NAMES[at]
        if rng.random() < 0.3:
            one = two_speakers(row["dialogue"])[0]
        return SHOTS[at].format(a=one, b=two)

    return edit(rows, "prediction", change)


def next_turn_instead_of_summary(rows: list[Row], rng: random.Random) -> list[Row]:
    """The dialogue was sent as chat turns, so the model answered as a speaker."""

    def change(row: Row) -> str:
        said = turns(row["dialogue"])
        last = said[-1][0] if said else ""
        others = [name for name in speakers(row["dialogue"]) if name != last]
        reply = rng.choice(NEXT)
        if rng.random() < 0.3:
            reply += " " + rng.choice(NEXT)
        if others and rng.random() < 0.4:
            return f"{rng.choice(others)}: {reply}"
        return reply

    return edit(rows, "prediction", change)


def reasoning_kept(rows: list[Row], rng: random.Random) -> list[Row]:
    """The thinking part was stored too, and some rows ran out of budget in it."""

    def change(row: Row) -> str:
        one, two = two_speakers(row["dialogue"])
        words = content_words(row["prediction"]) or ["something"]
        steps = [
            f"Okay, the user wants a short summary of the chat between {one} and {two}.",
            f"Let me see. {one} starts with something about '{words[0]}'.",
            f"Then {two} answers, and later it is about '{words[-1]}'.",
            "I should keep it to one or two sentences and in the third person.",
            f"Wait, was it {one} or {two} who said that? It was {one}.",
            f"So the main point is '{rng.choice(words)}'.",
        ]
        keep = [step for step in steps if rng.random() < 0.8] or steps[:1]
        thought = "<think>\n" + " ".join(keep)
        if rng.random() < 0.35:
            return thought[: max(60, len(thought) - rng.randint(5, 90))]
        return f"{thought}\n</think>\n\n{row['prediction']}"

    return edit(rows, "prediction", change)
