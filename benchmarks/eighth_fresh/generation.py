"""Predictions damaged by generation settings, stop strings and prompts."""

import random
import re

from .common import PEOPLE, PLACES, THINGS, TIMES, Row, cap, content, edit, pieces, speakers, subjects, turns
from .telling import report

SALAD = (
    "nevertheless",
    "quantum",
    "Herzegovina",
    "lavishly",
    "subpoena",
    "\u0438\u043b\u0438",
    "glacier",
    "();",
    "oft",
    "\u306e",
    "parlance",
    "midfield",
    "Zw",
    "0x3F",
    "thereunto",
    "umbrella",
    "Ephesians",
    "ness",
    "bro",
    "Kuala",
    "dehydr",
    "tangerine",
    "//",
    "pivotal",
    "\u00bf",
    "whilst",
    "syntax",
    "ulously",
    "Tuesday",
    "forklift",
    "\u0648",
    "embroider",
    "ANSI",
    "crimson",
    "perhaps",
    "hum",
    "sovereign",
    "getString",
    "yolk",
    "->",
    "mango",
    "ostensibly",
)
PREAMBLES = (
    "Sure, here's a summary of the conversation:",
    "Here is a summary of the conversation:",
    "Summary:",
    "Here's a one-sentence summary:",
    "**Summary:**",
    "Sure! Here is the summary:",
    "Okay, here's a summary:",
    "Here's a summary of the conversation between {a} and {b}:",
    "Here is a brief summary of the dialogue:",
    "## Summary",
    "The conversation between {a} and {b} can be summarized as follows:",
    "Certainly! Here's a concise summary:",
    "Here are a few options for a summary:",
    "Of course.",
    "In this chat, the following happens:",
)
MINI = (
    ("{a}: Hey, are you home?", "{b}: Not yet, I'm at {p}.", "{a}: Can you get {x}?", "{b}: Sure."),
    ("{a}: Did you see {n}?", "{b}: No, why?", "{a}: I need {x} back {t}.", "{b}: I'll tell them"),
    ("{a}: Let's go to {p} {t}!", "{b}: I can't, I have to work", "{a}: :("),
    ("{a}: Hi, I'm calling about {x}.", "{b}: What seems to be the problem?", "{a}: It didn't arrive."),
    ("{a}: {n} is coming {t}", "{b}: Great! Who will pick them up?", "{a}: I will, from {p}"),
)
LABELS = (
    ("\n\nDialogue:\n", "\nSummary: "),
    ("\n\nConversation:\n", "\n\nSummary:\n"),
    ("\n\nInput: ", "\nOutput: "),
    ("\n\n###\n\n", "\n\nTL;DR: "),
    ("\n\n### Dialogue\n", "\n### Summary\n"),
    ("\n\nExample 4:\n", "\nSummary: "),
)
CHINESE = (
    "{a}告诉{b}他们的计划。",
    "并且会在明天见面。",
    "{a}和{b}在讨论{w}的事情。",
    "他们决定晚上再联系。",
    "{b}表示同意。",
    "{a}想知道{b}什么时候有空。",
    "因为时间不够，所以他们改天再说。",
    "总之，{a}需要帮助。",
    "{b}会把{w}带来。",
)


def token_limit_cuts_mid_word(rows: list[Row], rng: random.Random) -> list[Row]:
    """The limit on new tokens was too small. The summary breaks off, often within a word."""
    limit = rng.randint(8, 20)

    def change(row: Row) -> str:
        parts = [text[start : start + 4] for text in pieces(row["prediction"], rng) for start in range(0, len(text), 4)]
        return "".join(parts[: max(1, min(limit, len(parts) - 1 - len(parts) // 5))]).rstrip()

    return edit(rows, "prediction", change)


def greedy_decoding_loops(rows: list[Row], rng: random.Random) -> list[Row]:
    """Greedy decoding of a weak model fell into a loop. One phrase comes again and again up to the limit."""
    limit = rng.choice((60, 100, 128))

    def change(row: Row) -> str:
        words = row["prediction"].rstrip(" .").split() or ["the"]
        size = min(len(words), rng.choice((1, 2, 3, 4, 6, 9)))
        end = rng.randint(size, len(words))
        phrase = " ".join(words[end - size : end]).rstrip(".,")
        joint = rng.choice((" ", " and ", ", ", ". ", " "))
        text = " ".join(words[:end]).rstrip(".,") + f"{joint}{phrase}" * (limit // size)
        return cap(text, limit + rng.randint(-3, 0), rng)

    return edit(rows, "prediction", change)


def temperature_far_too_high(rows: list[Row], rng: random.Random) -> list[Row]:
    """Sampling ran at a temperature of two or so without top-p. The text dissolves into unrelated tokens."""
    others = content(" ".join(row["dialogue"] for row in rows[:60]))

    def change(row: Row) -> str:
        words = row["prediction"].split()
        odd = [*SALAD, *rng.sample(others, min(40, len(others))), *subjects(row)[:8]]
        out: list[str] = []
        for place in range(max(len(words), 8) + rng.randint(0, 14)):
            sane = rng.random() < 0.9 - 0.14 * place
            word = words[place % len(words)] if sane and words else rng.choice(odd)
            if not sane and rng.random() < 0.2:
                word = word[: rng.randint(2, 5)] + rng.choice(odd)[-rng.randint(2, 5) :]
            out.append(word if place == 0 or (not sane and rng.random() < 0.15) else f" {word}")
        return "".join(out)

    return edit(rows, "prediction", change)


def stop_at_newline_keeps_preamble(rows: list[Row], rng: random.Random) -> list[Row]:
    """Generation stopped at the first line break, which comes after the chat model's preamble. No summary is left."""
    usual = rng.sample(PREAMBLES, 4)

    def change(row: Row) -> str:
        line = rng.choice(usual if rng.random() < 0.8 else PREAMBLES)
        return line.format(a=speakers(row)[0], b=speakers(row)[1])

    return edit(rows, "prediction", change)


def few_shot_pattern_continued(rows: list[Row], rng: random.Random) -> list[Row]:
    """A few-shot prompt had no stop string. After its summary the model invents the next example."""
    (head, foot), limit = rng.choice(LABELS), rng.choice((80, 128, 160))

    def change(row: Row) -> str:
        text = row["prediction"]
        for _ in range(rng.randint(1, 3)):
            a, b, n = rng.sample(PEOPLE, 3)
            slots = {"a": a, "b": b, "n": n, "p": rng.choice(PLACES), "x": rng.choice(THINGS), "t": rng.choice(TIMES)}
            told = f"{a} and {b} talk about {slots['x']}. {n} will be at {slots['p']} {slots['t']}."
            text += head + "\n".join(line.format(**slots) for line in rng.choice(MINI)) + foot + told
        return cap(text, max(limit, len(row["prediction"].split()) * 2), rng)

    return edit(rows, "prediction", change)


def language_drifts_to_chinese(rows: list[Row], rng: random.Random) -> list[Row]:
    """A Qwen model without a language instruction slips into Chinese in mid-sentence, or from the start."""

    def change(row: Row) -> str:
        names, about = speakers(row), subjects(row)
        words = row["prediction"].split()
        head = " ".join(words[: rng.randint(0, max(1, len(words) - 2))])
        lines = rng.sample(CHINESE, rng.randint(1, 3))
        tail = "".join(line.format(a=names[0], b=names[1], w=rng.choice(about)) for line in lines)
        return (head + rng.choice(("", " ", "，")) + tail).lstrip(" ，")

    return edit(rows, "prediction", change)


def input_window_drops_end_of_dialogue(rows: list[Row], rng: random.Random) -> list[Row]:
    """The input was truncated to a tiny maximum length, so the model saw the first turns only."""

    def change(row: Row) -> str:
        seen = max(1, min(3, len(turns(row)) // 3))
        told = [report(row, place, rng) for place in range(seen)]
        return re.sub(r"\s+", " ", rng.choice((". ", ". ", " and ")).join(told)) + "."

    return edit(rows, "prediction", change)
