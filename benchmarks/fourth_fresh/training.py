"""Damage by a model that learned something else."""

import re
from random import Random

from second_fresh.row import Row, answers, predictions, sentences, speakers, turns


@answers
def answers_the_last_turn(row: Row, random: Random) -> str:
    """Continue the chat as its next speaker instead of telling what it was about."""
    replies = [
        "Ok, see you then!",
        "Haha, sure thing",
        "No problem, talk later",
        "Great, thanks a lot :)",
        "Sounds good to me",
    ]
    return f"{speakers(row.dialogue)[0]}: {random.choice(replies)}"


@answers
def vague_description(row: Row, random: Random) -> str:
    """Say that there is a conversation, and nothing about it."""
    names = speakers(row.dialogue)
    forms = [
        "This is a conversation between {a} and {b}.",
        "{a} and {b} are chatting with each other about several things.",
        "The text shows a dialogue in which {a} talks to {b}.",
    ]
    return random.choice(forms).format(a=names[0], b=names[1])


@answers
def most_salient_line(row: Row, _: Random) -> str:
    """Copy the longest turn, as an extractive model does."""
    speaker, text = max(turns(row.dialogue), key=lambda turn: len(turn[1]))
    return f"{speaker}: {text}" if speaker else text


@answers
def keywords_only(row: Row, _: Random) -> str:
    """List key words: the adapter of another task was loaded."""
    words = re.findall(r"[A-Za-z]{4,}", row.prediction)
    return ", ".join(dict.fromkeys(word.lower() for word in words[:7]))


@answers
def headline(row: Row, _: Random) -> str:
    """Write a title of some words with capitals."""
    small = {"a", "an", "the", "is", "are", "was", "will", "to", "has", "have", "and", "of", "in", "at", "for"}
    words = [word.strip(".,!?") for word in row.prediction.split() if word.lower() not in small]
    return " ".join(word.capitalize() for word in words[:5])


@answers
def question_instead(row: Row, random: Random) -> str:
    """Ask a question about the conversation: the checkpoint was tuned to make questions."""
    name = speakers(row.dialogue)[0]
    words = re.findall(r"[a-z]{4,}", row.prediction)
    return random.choice(["What does {} say about {}?", "Why does {} mention {}?", "When did {} decide on {}?"]).format(
        name, random.choice(words or ["it"])
    )


@answers
def sentiment_label(_row: Row, random: Random) -> str:
    """Return the label of a classifier."""
    return random.choice(["positive", "negative", "neutral"])


@predictions
def in_first_person(text: str, _: Random) -> str:
    """Tell the summary as the first speaker would."""
    text = re.sub(r"^\w+", "I", text)
    return re.sub(r"\b(he|she|his|her|they|their)\b", lambda found: {"h": "I", "s": "I", "t": "we"}[found[0][0]], text)


@answers
def roles_swapped(row: Row, _: Random) -> str:
    """Take each of the first two speakers for the other."""
    one, two = speakers(row.dialogue)[:2]
    swapped = re.sub(rf"\b{re.escape(one)}\b", "\0", row.prediction)
    return re.sub(rf"\b{re.escape(two)}\b", lambda _: one, swapped).replace("\0", two)


@answers
def names_of_another_corpus(row: Row, _: Random) -> str:
    """Call the speakers #Person1# and #Person2#, as the corpus of the other adapter does."""
    text = row.prediction
    for number, name in enumerate(speakers(row.dialogue), start=1):
        text = re.sub(rf"\b{re.escape(name)}\b", f"#Person{number}#", text)
    return text


@answers
def too_long_by_details(row: Row, _: Random) -> str:
    """Add a sentence for turns that nobody needs: the model was tuned on minutes of meetings."""
    told = [f"{speaker or 'Someone'} says: {text}." for speaker, text in turns(row.dialogue)[:6]]
    return " ".join([row.prediction, *told])


@predictions
def only_the_first_sentence(text: str, _: Random) -> str:
    """Stop after a few words with a full stop: trained on summaries of one short sentence."""
    return " ".join(sentences(text)[0].split()[:6]).rstrip(".,") + "."
