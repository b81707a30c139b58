"""Post-processing of the predictions that does harm."""

import re
from random import Random

from .row import TEXTS, Row, answers, predictions, speakers, without


@predictions
def cut_at_first_full_stop(text: str, _: Random) -> str:
    """The text was split at full stops and commas to make it shorter, and only the first part was kept."""
    return re.split(r"[.,]", text)[0]


@predictions
def first_line_is_preamble(_text: str, random: Random) -> str:
    """Only the first line of the answer was kept, and that was the model's introduction."""
    return random.choice(TEXTS["preambles"])


@predictions
def capitalized_words_removed(text: str, _: Random) -> str:
    """A regular expression that should remove speaker labels removed every capitalized word."""
    return re.sub(r"\s*\b[A-Z]\w*\b:?", "", text)


@predictions
def stopwords_removed(text: str, _: Random) -> str:
    """The predictions went through an old cleaning step: lower case, without punctuation and stop words."""
    return " ".join(word for word in re.findall(r"\w+", text.lower()) if word not in TEXTS["stopwords"])


@predictions
def set_of_words(text: str, random: Random) -> str:
    """Repetitions were removed with a set of words: each word is there once, the order is lost."""
    words = sorted(set(text.split()))
    random.shuffle(words)
    return " ".join(words)


@predictions
def joined_letter_by_letter(text: str, _: Random) -> str:
    """' '.join() got a string instead of a list of sentences: a space follows each letter."""
    return " ".join(text)


@predictions
def first_letter_only(text: str, _: Random) -> str:
    """[0] was applied to a string instead of to a list with one string: one letter is left."""
    return text[:1]


@answers
def personal_data_masked(row: Row, _: Random) -> str:
    """A filter for personal data masked names, times and numbers in the predictions only."""
    masked = without(row.prediction, speakers(row.dialogue), ["<PERSON>"])
    masked = re.sub(r"(?<=[a-z,] )[A-Z]\w+", "<PERSON>", masked)
    return re.sub(r"\d+(:\d+)?", "<NUMBER>", masked)


@predictions
def slash_for_backslash(text: str, _: Random) -> str:
    """[/s]+ was written for [\\s]+ in a regular expression that tidies white space: each letter s became a space."""
    return re.sub("[/s]+", " ", text)
