"""Decoding faults of outputs: separated characters, leftover tokens, text before the summary."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import TURN, how_many, share, words

__all__ = ["characters_separated", "prompt_echoed", "special_tokens_left", "word_pieces_left"]

SEPARATED_TOKENS = 0.8
"""Share of one-character words that makes a prediction count as separated."""
SEPARATED_SHARE = 0.5
MARKED_SHARE = 0.02
MARKED_REFERENCES = 0.1
"""Largest share of references with a mark for which marks in predictions are a fault."""
ECHO_SHARE = 0.2
ECHO_WORDS = 8
"""Number of consecutive words of the dialogue that count as an echo; half of the dialogue if that is shorter."""
ECHO_GAIN = 0.005
"""ROUGE-1 that a prediction must gain without its start; otherwise the start may be part of the summary."""
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
    """A space after each character, as `text.replace("", " ")` produces."""
    bad = [_is_separated(prediction) for prediction in outputs.predictions]
    if share(bad) < SEPARATED_SHARE or share(_is_separated(text) for text in outputs.first_references) > 0.1:
        return None
    known = {word for text in (*outputs.first_references, *(outputs.dialogues or ())) for word in words(text)}
    repaired = outputs.with_predictions(
        [_joined(text, known) if wrong else text for text, wrong in zip(outputs.predictions, bad, strict=True)]
    )
    return Finding(
        code="characters_separated",
        title=f"{how_many(bad)} predictions have a space after each character",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions consist of single characters separated by spaces, so their "
        f"words cannot match a reference. The same outputs score {repaired.score:.3f} without the spaces, "
        f"{outputs.score:.3f} with them.",
        numbers={"share": share(bad), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def special_tokens_left(outputs: Outputs) -> Finding | None:
    """Special tokens such as `<pad>` and `</s>` that decoding should have removed."""
    bad = _marked(outputs, SPECIAL)
    if bad is None:
        return None
    repaired = _better(outputs, _without_special, _up_to_end)
    kinds = sorted({match.group() for text in outputs.predictions for match in SPECIAL.finditer(text)})
    return Finding(
        code="special_tokens_left",
        title=f"{how_many(bad)} predictions contain special tokens",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions contain {', '.join(kinds[:6])}. Without them the same outputs "
        f"score {repaired.score:.3f} instead of {outputs.score:.3f}.",
        numbers={"share": share(bad), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def word_pieces_left(outputs: Outputs) -> Finding | None:
    """Subword markers: `▁` (SentencePiece), `##` (WordPiece), `Ġ` (byte-level BPE), `@@` (subword-nmt)."""
    bad = _marked(outputs, PIECE)
    if bad is None:
        return None
    repaired = _better(outputs, _pieces_to_words, _marks_to_spaces)
    return Finding(
        code="word_pieces_left",
        title=f"{how_many(bad)} predictions contain subword markers",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions contain `▁`, `Ġ`, `##` or `@@`, the marks of subword tokens. "
        f"With the subwords joined, the same outputs score {repaired.score:.3f} instead of {outputs.score:.3f}.",
        numbers={"share": share(bad), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.excerpts(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def prompt_echoed(outputs: Outputs) -> Finding | None:
    """Other text before the summary: the dialogue, or the same words in nearly all predictions."""
    prefix = _common_prefix(outputs)
    unprefixed = [_after_prefix(text, prefix) for text in outputs.predictions]
    if outputs.dialogues is None:
        rests = [_after_turns(text) for text in unprefixed]
    else:
        rests = [_after_echo(text, dialogue) for text, dialogue in zip(unprefixed, outputs.dialogues, strict=True)]
    echoed = share(rest != text for rest, text in zip(rests, unprefixed, strict=True))
    bad = [rest != text for rest, text in zip(rests, outputs.predictions, strict=True)]
    repaired = outputs.with_predictions([LABEL.sub("", rest) for rest in rests])
    if share(bad) < ECHO_SHARE or repaired.score < outputs.score + ECHO_GAIN:
        return None
    repeats, starts = "repeat a dialogue before the summary", f"start with the same {len(prefix)} words"
    what = starts if echoed < ECHO_SHARE else f"{starts} or {repeats}" if prefix else repeats
    return Finding(
        code="prompt_echoed",
        title=f"{how_many(bad)} predictions {repeats if echoed >= ECHO_SHARE else 'start with the same words'}",
        severity="fault",
        evidence=f"{share(bad):.0%} of the predictions {what}; what comes after that scores {repaired.score:.3f}, all "
        f"of it {outputs.score:.3f}.",
        numbers={"share": share(bad), "rouge1": outputs.score, "rouge1_mended": repaired.score},
        examples=outputs.first_ids(bad, SHOWN_EXAMPLES),
        repaired=repaired,
    )


def _better(outputs: Outputs, *rewrites: Callable[[str], str]) -> Outputs:
    """Return the outputs after the highest-scoring rewrite."""
    return max((outputs.mapped(rewrite) for rewrite in rewrites), key=lambda rewritten: rewritten.score)


def _is_separated(text: str) -> bool:
    tokens = text.split()
    return len(tokens) >= 6 and sum(len(token) == 1 for token in tokens) >= SEPARATED_TOKENS * len(tokens)


def _joined(text: str, known: set[str]) -> str:
    """Undo the separation of characters: drop single spaces, and reduce several to one.

    If every space is single, split the characters into the longest `known` words instead.

    >>> _joined(" A n n   h e l p s . ", set()), _joined("A n n h e l p s .", {"ann", "helps"})
    ('Ann helps.', 'Ann helps .')
    """
    parts = re.split(r"\s{2,}", text.strip())
    joined = ["".join(part.split()) for part in parts]
    return " ".join(joined) if len(parts) > 1 else " ".join(_segmented(joined[0], known))


def _segmented(text: str, known: set[str]) -> Iterator[str]:
    """Split `text` greedily into the longest known words; unknown parts become single characters."""
    longest, place = max(map(len, known), default=1), 0
    while place < len(text):
        sizes = range(min(longest, len(text) - place), 0, -1)
        size = next((size for size in sizes if text[place : place + size].casefold() in known), 1)
        yield text[place : place + size]
        place += size


def _without_special(text: str) -> str:
    return " ".join(SPECIAL.sub(" ", text).split())


def _up_to_end(text: str) -> str:
    """Return the text before the first end token that has text before it."""
    parts = (_without_special(part) for part in END.split(text))
    return next((part for part in parts if part), "")


def _pieces_to_words(text: str) -> str:
    """Join subwords. With `▁` or `Ġ`, every space separates subwords; with `##` and `@@`, only marked ones do."""
    if re.search("[▁Ġ]", text):
        text = re.sub(r"\s+", "", text)
    return _marks_to_spaces(text)


def _marks_to_spaces(text: str) -> str:
    text = re.sub(r"\s+##(?=\w)|(?<=\w)@@\s+", "", text)
    text = re.sub(r"</w>|[▁ĠĊ]", " ", text)
    return " ".join(re.sub(r"(?:^|(?<=\s))##(?=\w)|@@$", "", text).split())


def _common_prefix(outputs: Outputs) -> list[str]:
    """Return the first words that nearly all predictions share, but not the references; empty if they are too few."""
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
    """Return the text after the last line that starts like a turn; `text` if there are no turns or nothing follows."""
    lines = text.splitlines()
    turns = [place for place, line in enumerate(lines) if TURN.match(line) and not LABEL.match(line)]
    rest = "\n".join(lines[turns[-1] + 1 :]) if len(turns) >= 2 else ""
    return rest.strip() if words(rest) else text


def _after_echo(text: str, dialogue: str) -> str:
    """Return the text after an echo of the dialogue's start; `text` if there is no echo or nothing follows."""
    written, source = text.split(), dialogue.split()
    enough = min(ECHO_WORDS, max(4, len(source) // 2))
    for start in range(min(len(written), 40)):
        length = 0
        while start + length < len(written) and length < len(source) and written[start + length] == source[length]:
            length += 1
        if length >= enough:
            rest = written[start + length :]
            return " ".join(rest) if words(" ".join(rest)) else text
    return text


def _marked(outputs: Outputs, mark: re.Pattern[str]) -> list[bool] | None:
    """Return which predictions contain `mark`; None if few do, or if references do as well."""
    bad = [mark.search(prediction) is not None for prediction in outputs.predictions]
    in_references = share(mark.search(text) is not None for text in outputs.first_references)
    return None if share(bad) < MARKED_SHARE or in_references > MARKED_REFERENCES else bad
