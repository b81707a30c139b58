"""Helpers of the damage in this folder: rows with dialogue, reference and prediction, names, tokens, sentences."""

import hashlib
import json
import random
import re
from pathlib import Path

TEXTS = json.loads((Path(__file__).parent / "texts.json").read_text(encoding="utf-8"))
"""Word lists and messages, by the damage that uses them."""


def copies(rows):
    """Return copies of rows."""
    return [dict(r) for r in rows]


def each(rows, f):
    """Copies of rows with prediction = f(row)."""
    out = []
    for r in rows:
        c = dict(r)
        c["prediction"] = f(c)
        out.append(c)
    return out


def put(rows, preds):
    """Return copies of rows with other predictions."""
    out = []
    for r, p in zip(rows, preds, strict=False):
        c = dict(r)
        c["prediction"] = p
        out.append(c)
    return out


def predictions_of(rows):
    """Return the predictions."""
    return [r["prediction"] for r in rows]


def speakers(dialogue):
    """Return the names before the turns, each once."""
    seen = []
    for line in dialogue.splitlines():
        m = re.match(r"\s*([^:\n]{1,30}):", line)
        if m and m.group(1).strip() not in seen:
            seen.append(m.group(1).strip())
    return seen or ["Speaker"]


def two_speakers(dialogue):
    """Return the names of two speakers."""
    s = speakers(dialogue)
    return s[0], (s[1] if len(s) > 1 else "a friend")


NOT_NAMES = set(TEXTS["not_names"])


def names_in(row):
    """Names in the prediction: speakers, first words of their names, other capitalised words."""
    names = set()
    for s in speakers(row["dialogue"]):
        names.add(s)
        names.update(w for w in s.split() if len(w) > 1)
    for w in re.findall(r"\b[A-Z][a-z]+\b", row["prediction"]):
        if w not in NOT_NAMES:
            names.add(w)
    return sorted((n for n in names if n), key=lambda n: (-len(n), n))


def name_pattern(names):
    """Return a pattern of names."""
    return re.compile(r"(?<!\w)(?:{})(?!\w)".format("|".join(re.escape(n) for n in names)))


def sentences(text):
    """Return the sentences of a text."""
    return [s for s in re.split(r"(?<=[.!?])\s+", text.strip()) if s] or [text]


def tokens(text):
    """Return the words and marks of a text."""
    return re.findall(r"\w+|[^\w\s]", text)


def pieces(word, rng):
    """Split a word into plausible subwords."""
    if len(word) <= 3 or (len(word) <= 5 and rng.random() < 0.5):
        return [word]
    k = rng.randint(2, min(4, len(word) - 1))
    rest = word[k:]
    if len(rest) > 5:
        j = rng.randint(2, len(rest) - 2)
        return [word[:k], rest[:j], rest[j:]]
    return [word[:k], rest]


def token_ids(text, _rng):
    """Return made-up token ids of a text."""
    out = []
    for t in tokens(text):
        for p in pieces(t, random.Random(t)):
            out.append(int(hashlib.md5(p.encode()).hexdigest(), 16) % 49000 + 5)
    return out


def lines(dialogue):
    """Return the lines of a dialogue that are not empty."""
    return [line.strip() for line in dialogue.splitlines() if line.strip()] or [dialogue]


def hexadecimal(rng, n):
    """Return `n` random hexadecimal digits."""
    return "".join(rng.choice("0123456789abcdef") for _ in range(n))


STOP_WORDS = set(TEXTS["stop_words"])


def content_words(text):
    """Return the words that are no stop words."""
    return [w for w in re.findall(r"[A-Za-z][A-Za-z'-]+", text) if w.lower() not in STOP_WORDS]
