"""Damage to the references."""

import re
from random import Random

from second_fresh.row import Row, each, references, sentences, turns


@references
def references_lower_case_without_marks(text: str, _: Random) -> str:
    """Normalize the references, and nothing else."""
    return re.sub(r"[^\w\s]", "", text.lower())


@references
def references_tokenized(text: str, _: Random) -> str:
    """Keep the tokens of the treebank apart."""
    return re.sub(r"('s|n't|[.,!?])", r" \1", text)


@references
def references_first_sentence(text: str, _: Random) -> str:
    """Keep eight words of the first sentence."""
    return " ".join(sentences(text)[0].split()[:8])


@references
def references_in_list(text: str, _: Random) -> str:
    """Keep the list of one reference as text."""
    return str([text])


@references
def references_with_source(text: str, random: Random) -> str:
    """Keep the annotator's name and the date."""
    return f"[annotator {random.randrange(1, 9)}, 2021-0{random.randrange(1, 9)}-1{random.randrange(9)}] {text}"


@each
def references_are_first_turn(row: Row, _: Random) -> Row:
    """Take the first turn for the reference."""
    speaker, text = turns(row.dialogue)[0]
    return Row(row.dialogue, f"{speaker}: {text}", row.prediction)


@references
def references_of_ids(text: str, _: Random) -> str:
    """Keep token ids as references."""
    return str([sum(map(ord, word)) * 37 % 32000 for word in text.split()])


@references
def references_unknown(_text: str, _: Random) -> str:
    """Read a missing reference as "nan"."""
    return "nan"
