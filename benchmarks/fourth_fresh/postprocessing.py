"""Damage by a line of Python that was meant to tidy up."""

import re
from random import Random

from second_fresh.row import predictions, sentences


@predictions
def lstrip_of_a_prefix(text: str, _: Random) -> str:
    """Call `lstrip("Summary: ")` for a prefix: it takes all leading letters of that set."""
    return text.lstrip("Summary: ABCDEFGHJKLT").rstrip("</s>.")  # noqa: B005


@predictions
def split_at_first_colon(text: str, _: Random) -> str:
    """Take what follows the first colon or, without one, the first comma or "and"."""
    return re.split(r":|,| and ", text, maxsplit=1)[-1]


@predictions
def first_line_of_wrapped_text(text: str, _: Random) -> str:
    """Keep the first line of a text that had been wrapped at forty columns."""
    import textwrap

    return textwrap.wrap(text, 40)[0] if text.strip() else text


@predictions
def letters_only(text: str, _: Random) -> str:
    """Remove everything that is no letter or space."""
    return re.sub(r"[^a-zA-Z ]", "", text)


@predictions
def nlp_preprocessing(text: str, _: Random) -> str:
    """Preprocess the outputs like the inputs of a classifier: lower case, no stop words, stems."""
    stop = {
        "a", "an", "the", "is", "are", "was", "were", "be", "been", "to", "of", "in", "on", "at",
        "for", "with", "and", "or", "but", "will", "has", "have", "had", "he", "she", "they", "it",
    }  # fmt: skip
    words = re.findall(r"[a-z]+", text.lower())
    return " ".join(re.sub(r"(ing|ed|es|s|ly)$", "", word) for word in words if word not in stop)


@predictions
def digits_and_names_masked(text: str, _: Random) -> str:
    """Write numbers as a mask, names of one capital letter as initials."""
    return re.sub(r"\b([A-Z])[a-z]+", r"\1.", re.sub(r"\d", "#", text))


@predictions
def join_without_space(text: str, _: Random) -> str:
    """Join the sentences and clauses with the empty string."""
    return re.sub(r"(?<=[.,!?])\s+", "", text)


@predictions
def replace_of_short_words(text: str, _: Random) -> str:
    """Call `replace("is", "")` and the like for whole words: letters inside other words go, too."""
    for short in ("an", "is", "the", "to", "at"):
        text = text.replace(short, "")
    return text


@predictions
def words_through_a_set(text: str, random: Random) -> str:
    """Put the words of the text through a set on the way: their order is lost."""
    words = [*dict.fromkeys(text.split())]
    random.shuffle(words)
    return " ".join(words)


@predictions
def title_case(text: str, _: Random) -> str:
    """Call `title()`."""
    return text.title()


@predictions
def spelling_corrected(text: str, _: Random) -> str:
    """Let a spelling checker replace every word with a capital by a common one."""
    common = ["amend", "jelly", "market", "lesson", "torn", "rubber", "olive", "mint", "steam", "harry-up"]
    return re.sub(r"\b[A-Z][a-z]+\b", lambda found: common[sum(map(ord, found[0])) % len(common)], text)


@predictions
def numbers_and_marks_spelled(text: str, _: Random) -> str:
    """Normalize for speech: marks become words."""
    spoken = {".": " full stop", ",": " comma", "?": " question mark", "'": " apostrophe ", "-": " dash "}
    return re.sub(r"[.,?'-]", lambda found: spoken[found[0]], text)


@predictions
def whole_and_parts(text: str, _: Random) -> str:
    """Append the list of sentences that was made for ROUGE-Lsum to the text itself."""
    return text + "\n" + "\n".join(sentences(text))


@predictions
def slice_of_prompt_length(text: str, _: Random) -> str:
    """Cut off the prompt by its length in characters after the prompt is gone: the start is lost."""
    return text[len(text) // 3 :]
