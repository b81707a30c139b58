"""Faults of outputs that stand in the text itself: spaces between characters, marks of a tokenizer, echoes."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import TURN, share, words

__all__ = ["characters_separated", "prompt_echoed", "special_tokens_left", "word_pieces_left"]

SEPARATED_TOKENS = 0.8
"""Share of one-character tokens from which a prediction counts as separated."""
SEPARATED_SHARE = 0.5
MARKED_SHARE = 0.02
ECHO_SHARE = 0.2
ECHO_WORDS = 8
"""Words of the dialogue in its order that make an echo, or half of a shorter dialogue."""
ECHO_GAIN = 0.005
"""ROUGE-1 that the summary alone must score above the whole: else what comes first may be a summary, too."""
PREFIX_SHARE = 0.8
PREFIX_WORDS = 2

SPECIAL = re.compile(
    r"</?s>|<(?:pad|unk|bos|eos|mask|cls|sep|start_of_turn|end_of_turn|extra_id_\d+|n)>"
    r"|\[(?:PAD|UNK|CLS|SEP|MASK|BOS|EOS)\]|<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>",
    re.IGNORECASE,
)
END = re.compile(r"</s>|<eos>|\[SEP\]|<end_of_turn>|<\|(?:endoftext|im_end|eot_id)\|>", re.IGNORECASE)
PIECE = re.compile(r"[▁ĠĊ]|(?:^|\s)##\w|\w@@(?:\s|$)|</w>")
LABEL = re.compile(r"^\W*(?:summary|tl;?dr)\s*:\s*", re.IGNORECASE)


def characters_separated(outputs: Outputs) -> Finding | None:
    """Each character followed by a space, as `text.replace("", " ")` does it."""
    bad = [_is_separated(prediction) for prediction in outputs.predictions]
    if share(bad) < SEPARATED_SHARE or share(_is_separated(text) for text in outputs.first_references) > 0.1:
        return None
    known = {word for text in (*outputs.first_references, *(outputs.dialogues or ())) for word in words(text)}
    repaired = outputs.with_predictions(
        [_joined(text, known) if wrong else text for text, wrong in zip(outputs.predictions, bad, strict=True)]
    )
    return Finding(
        code="characters_separated",
        title="The characters of the predictions are separated by spaces",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions consist of single characters with spaces between them. No word "
        f"of theirs can match a reference: the same outputs score {repaired.score:.3f} without the spaces, "
        f"{outputs.score:.3f} with them.",
        numbers={"share": share(bad), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def special_tokens_left(outputs: Outputs) -> Finding | None:
    """Marks such as `<pad>` and `</s>` that decoding should have left out."""
    bad = [SPECIAL.search(prediction) is not None for prediction in outputs.predictions]
    if share(bad) < MARKED_SHARE or share(SPECIAL.search(text) is not None for text in outputs.first_references) > 0.1:
        return None
    repaired = _better(outputs, _without_special, _up_to_end)
    kinds = sorted({match.group() for text in outputs.predictions for match in SPECIAL.finditer(text)})
    return Finding(
        code="special_tokens_left",
        title="Special tokens were left in the predictions",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions hold {', '.join(kinds[:6])}; without them the same outputs "
        f"score {repaired.score:.3f} instead of {outputs.score:.3f}.",
        numbers={"share": share(bad), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def word_pieces_left(outputs: Outputs) -> Finding | None:
    """Marks of word pieces: `▁` (SentencePiece), `##` (WordPiece), `Ġ` (byte-level BPE), `@@` (subword-nmt)."""
    bad = [PIECE.search(prediction) is not None for prediction in outputs.predictions]
    if share(bad) < MARKED_SHARE or share(PIECE.search(text) is not None for text in outputs.first_references) > 0.1:
        return None
    repaired = _better(outputs, _pieces_to_words, _marks_to_spaces)
    return Finding(
        code="word_pieces_left",
        title="Marks of word pieces were left in the predictions",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions hold `▁`, `Ġ`, `##` or `@@`: pieces of words were joined as if "
        f"they were words. Put together, the same outputs score {repaired.score:.3f} instead of {outputs.score:.3f}.",
        numbers={"share": share(bad), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def prompt_echoed(outputs: Outputs) -> Finding | None:
    """Prompt or dialogue repeated in front of the summary."""
    prefix = _common_prefix(outputs)
    rests = [_after_prefix(text, prefix) for text in outputs.predictions]
    if outputs.dialogues is None:
        rests = [_after_turns(text) for text in rests]
    else:
        rests = [_after_echo(text, dialogue) for text, dialogue in zip(rests, outputs.dialogues, strict=True)]
    bad = [rest != text for rest, text in zip(rests, outputs.predictions, strict=True)]
    repaired = outputs.with_predictions([LABEL.sub("", rest) for rest in rests])
    if share(bad) < ECHO_SHARE or repaired.score < outputs.score + ECHO_GAIN:
        return None
    what = f"begin with the same {len(prefix)} words" if prefix else "repeat their dialogue before the summary"
    return Finding(
        code="prompt_echoed",
        title="The prompt or the dialogue is repeated before the summary",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions {what}; what comes after that scores {repaired.score:.3f}, all "
        f"of it {outputs.score:.3f}.",
        numbers={"share": share(bad), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _better(outputs: Outputs, *rewrites: Callable[[str], str]) -> Outputs:
    """The outputs rewritten in the way that scores highest."""
    return max((outputs.mapped(rewrite) for rewrite in rewrites), key=lambda rewritten: rewritten.score)


def _is_separated(text: str) -> bool:
    tokens = text.split()
    return len(tokens) >= 6 and sum(len(token) == 1 for token in tokens) >= SEPARATED_TOKENS * len(tokens)


def _joined(text: str, known: set[str]) -> str:
    """The text before its characters were separated: of several spaces one stays, a single one goes.

    Where white space was made single afterwards, the longest `known` words are read off instead.

    >>> _joined(" A n n   h e l p s . ", set()), _joined("A n n h e l p s .", {"ann", "helps"})
    ('Ann helps.', 'Ann helps .')
    """
    parts = re.split(r"\s{2,}", text.strip())
    joined = ["".join(part.split()) for part in parts]
    return " ".join(joined) if len(parts) > 1 else " ".join(_segmented(joined[0], known))


def _segmented(text: str, known: set[str]) -> Iterator[str]:
    """`text` cut greedily into the longest known words; what is unknown goes character by character."""
    longest, place = max(map(len, known), default=1), 0
    while place < len(text):
        sizes = range(min(longest, len(text) - place), 0, -1)
        size = next((size for size in sizes if text[place : place + size].casefold() in known), 1)
        yield text[place : place + size]
        place += size


def _without_special(text: str) -> str:
    return " ".join(SPECIAL.sub(" ", text).split())


def _up_to_end(text: str) -> str:
    """What stands before the first end mark that has text before it."""
    parts = (_without_special(part) for part in END.split(text))
    return next((part for part in parts if part), "")


def _pieces_to_words(text: str) -> str:
    """Pieces joined: with `▁` or `Ġ` every space is only between pieces, with `##` and `@@` only the marked ones."""
    if re.search("[▁Ġ]", text):
        text = re.sub(r"\s+", "", text)
    return _marks_to_spaces(text)


def _marks_to_spaces(text: str) -> str:
    text = re.sub(r"\s+##(?=\w)|(?<=\w)@@\s+", "", text)
    text = re.sub(r"</w>|[▁ĠĊ]", " ", text)
    return " ".join(re.sub(r"(?:^|(?<=\s))##(?=\w)|@@$", "", text).split())


def _common_prefix(outputs: Outputs) -> list[str]:
    """The first words that nearly all predictions share and references do not; empty where they are too few."""
    prefix: list[str] = []
    started = [text.split() for text in outputs.predictions]
    while True:
        following = Counter(row[len(prefix)] for row in started if row[: len(prefix)] == prefix and row[len(prefix) :])
        ((word, count),) = following.most_common(1) or [("", 0)]
        if count < PREFIX_SHARE * len(outputs):
            break
        prefix.append(word)
    common = share(text.split()[: len(prefix)] == prefix for text in outputs.first_references)
    return prefix if len(prefix) >= PREFIX_WORDS and common < 0.3 and len(set(outputs.predictions)) > 1 else []


def _after_prefix(text: str, prefix: list[str]) -> str:
    parts = text.split(maxsplit=len(prefix))
    return parts[len(prefix)] if prefix and parts[: len(prefix)] == prefix and len(parts) > len(prefix) else text


def _after_turns(text: str) -> str:
    """What follows the last line that begins like a turn; `text` where there are no turns, or nothing follows."""
    lines = text.splitlines()
    turns = [place for place, line in enumerate(lines) if TURN.match(line) and not LABEL.match(line)]
    rest = "\n".join(lines[turns[-1] + 1 :]) if len(turns) >= 2 else ""
    return rest.strip() if words(rest) else text


def _after_echo(text: str, dialogue: str) -> str:
    """What follows a repetition of the dialogue's beginning; `text` where there is none, or nothing follows."""
    said, heard = text.split(), dialogue.split()
    enough = min(ECHO_WORDS, max(4, len(heard) // 2))
    for start in range(min(len(said), 40)):
        length = 0
        while start + length < len(said) and length < len(heard) and said[start + length] == heard[length]:
            length += 1
        if length >= enough:
            rest = said[start + length :]
            return " ".join(rest) if words(" ".join(rest)) else text
    return text
