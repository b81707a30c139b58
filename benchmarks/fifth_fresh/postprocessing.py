"""Damage by steps after decoding."""

import re
from random import Random

from .row import STOP_WORDS, TEXTS, Row, answers, prediction, predictions, speakers

DATES = frozenset(TEXTS["dates"])
STRANGERS: list[str] = TEXTS["strangers"]


@answers
def pii_masked(row: Row, random: Random) -> str:
    """Mask names, places, times and numbers, and more: at least three words of ten."""
    names = {word.lower() for name in speakers(row["dialogue"]) for word in name.split()}
    words = prediction(row).split()
    masked = 0
    for place, word in enumerate(words):
        core = word.strip(".,!?;:'\"").lower().removesuffix("'s")
        if core in names or (place and word[:1].isupper()):
            words[place] = "<PERSON>" + _marks_after(word)
        elif core in DATES or re.search(r"\d", core):
            words[place] = "<DATE_TIME>" + _marks_after(word)
        else:
            continue
        masked += 1
    rest = [place for place, word in enumerate(words) if not word.startswith("<") and len(word) > 3]
    random.shuffle(rest)
    while masked * 10 < len(words) * 3 and rest:
        place = rest.pop()
        words[place] = random.choice(["<LOCATION>", "<NRP>", "<ORGANIZATION>"]) + _marks_after(words[place])
        masked += 1
    return " ".join(words)


def _marks_after(word: str) -> str:
    return word[len(word.rstrip(".,!?;:")) :]


@predictions
def regex_eats_n_and_t(text: str, _: Random) -> str:
    """Lose the backslashes of an expression for white space, which then removes each n and t."""
    return re.sub(r"\s+", " ", re.sub("[nt]+", " ", text)).strip()


@predictions
def stopwords_and_stems(text: str, _: Random) -> str:
    """Prepare the summaries for a classifier: stems without stop words and marks."""
    return " ".join(_stem(word) for word in re.findall(r"[^\W_]+", text.lower()) if word not in STOP_WORDS)


def _stem(word: str) -> str:
    endings = {
        "ations": "at",
        "ation": "at",
        "ments": "ment",
        "ings": "",
        "ing": "",
        "ies": "i",
        "ied": "i",
        "ness": "",
        "ed": "",
        "ly": "",
        "es": "",
        "s": "",
        "y": "i",
        "e": "",
    }
    for ending, substitute in endings.items():
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + substitute
    return word


@predictions
def pos_tag_dump(text: str, _: Random) -> str:
    """Store the tagger's list of words with their tags."""
    return str([(token, _tag(token)) for token in re.findall(r"\w+|[^\w\s]", text)])


def _tag(token: str) -> str:
    """Return the tag of a word, or the mark itself."""
    lower = token.lower()
    words_of_tags = {
        "DT": ("the", "a", "an", "this", "that"),
        "IN": ("of", "in", "on", "at", "for", "with", "by", "from"),
        "PRP": ("he", "she", "it", "they", "them", "him", "her"),
    }
    for tag, words in words_of_tags.items():
        if lower in words:
            return tag
    if not token[0].isalnum():
        return token
    if token[0].isdigit():
        return "CD"
    if token[0].isupper():
        return "NNP"
    tags_of_endings = {"ed": "VBD", "ing": "VBG", "s": "NNS"}
    return next((tag for ending, tag in tags_of_endings.items() if lower.endswith(ending)), "NN")


@predictions
def join_on_a_string(text: str, _: Random) -> str:
    """Join a text, and not a list of sentences, with line breaks: one character on each line."""
    return "\n".join(text)


@answers
def pseudonyms_restored_wrongly(row: Row, random: Random) -> str:
    """Put names back from the table of another file: all people are strangers."""
    text = prediction(row)
    own = [name for name in speakers(row["dialogue"]) if name != "the other speaker"]
    names = list(dict.fromkeys(own + re.findall(r"(?<=[a-z,] )[A-Z][a-z]+\b", text)))
    table = dict(zip(names, random.sample(STRANGERS, min(len(names), len(STRANGERS))), strict=False))
    pattern = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(table, key=len, reverse=True))
    changed = re.sub(pattern, lambda match: table[match[0]], text) if table else text
    if changed != text:
        return changed
    return " ".join([random.choice(STRANGERS), "and", random.choice(STRANGERS[:5]) + ":", *text.split()[1:]])
