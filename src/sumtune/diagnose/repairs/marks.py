"""Repairs of what decoding leaves behind: special tokens, padding, marks of word pieces."""

import re

from sumtune.diagnose.repairs.repair import OfText, Repair

__all__ = ["REPAIRS"]

SPECIAL = re.compile(
    r"</?s>|<(?:pad|unk|bos|eos|mask|cls|sep|start_of_turn|end_of_turn|extra_id_\d+|n|unused\d+)>"
    r"|\[(?:PAD|UNK|CLS|SEP|MASK|BOS|EOS|unused\d+)\]|<\|[a-z_0-9]+\|>|\[/?INST\]|<</?SYS>>",
    re.IGNORECASE,
)
END = re.compile(r"</s>|<eos>|\[SEP\]|\[EOS\]|<end_of_turn>|<\|(?:endoftext|im_end|eot_id|end)\|>", re.IGNORECASE)
PADDING = re.compile(
    r"(?:!{4,}|(?:\s+!){4,}|(?:\s*<0x00>)+|\x00+|(?:\s*\bpad\b){3,}|\?{6,}|\ufffd{2,})\s*$|^(?:!{4,}|\x00+)"
)
PADDED = re.compile(r"!|<0x00>|\x00|pad|\?{6}|\ufffd")
"""What all padding contains; found much faster than `PADDING`."""
SPACED_PIECES = re.compile(r"\s+##(?=\S)|(?<=\w)@@\s+")
LEFT_PIECES = re.compile(r"(?:^|(?<=\s))##(?=\w)|@@$")
WORD_TAG = re.compile(r"(?<=\S)[_/|](?:[A-Z]{1,5}\$?|-?\d*\.\d+|[.,:])$")
TAGGED_SHARE = 0.8
PIECE = re.compile(r"[▁ĠĊ]|(?:^|\s)##\w|\w@@(?:\s|$)|</w>")


def text_after_end_mark(text: str) -> str:
    """Return the text before the first end token that has text before it and after it.

    >>> text_after_end_mark("<s> Ann helps.</s> Bob is late"), text_after_end_mark("Ann helps.</s>")
    ('Ann helps.', 'Ann helps.</s>')
    """
    parts = [special_tokens_left(part) for part in END.split(text)]
    first = next((place for place, part in enumerate(parts) if part), 0)
    return parts[first] if any(parts[first + 1 :]) else text


def special_tokens_left(text: str) -> str:
    """Remove special tokens.

    >>> special_tokens_left("<pad> Ann helps.</s>")
    'Ann helps.'
    """
    return " ".join(SPECIAL.sub(" ", text).split()) if SPECIAL.search(text) else text


def padding_left(text: str) -> str:
    """Remove runs of a padding token at either end.

    >>> padding_left("Ann helps.!!!!!!!!"), padding_left("Ann helps!")
    ('Ann helps.', 'Ann helps!')
    """
    return PADDING.sub("", text).strip() if PADDED.search(text) and PADDING.search(text) else text


def word_pieces_left(text: str) -> str:
    """Join subwords. With `▁` or `Ġ`, every space separates subwords; with `##` and `@@`, only marked ones do.

    >>> word_pieces_left("▁Ann ▁help s"), word_pieces_left("play ##ing cha@@ ir")
    ('Ann helps', 'playing chair')
    """
    if not PIECE.search(text):
        return text
    if re.search(r"[▁Ġ]", text) and re.search(r"\s", text):
        text = re.sub(r"\s+", "", text)
    text = re.sub(r"</w>|[▁ĠĊ]", " ", SPACED_PIECES.sub("", text))
    return " ".join(LEFT_PIECES.sub("", text).split())


def words_tagged(text: str) -> str:
    """Remove the tag or number after each word.

    >>> words_tagged("Ann_NNP helps_VBZ Bob_NNP ._."), words_tagged("Ann/-0.12 helps/-0.03 Bob/-0.4 now/-1.2")
    ('Ann helps Bob .', 'Ann helps Bob now')
    """
    tokens = text.split()
    tagged = len(tokens) >= 4 and sum(map(bool, map(WORD_TAG.search, tokens))) >= TAGGED_SHARE * len(tokens)
    return " ".join(WORD_TAG.sub("", token) for token in tokens) if tagged else text


REPAIRS = (
    Repair(
        "text_after_end_mark",
        OfText(text_after_end_mark),
        "continue after an end token",
        "stop generation at the end token (eos_token_id), and decode with skip_special_tokens=True",
    ),
    Repair(
        "special_tokens_left",
        OfText(special_tokens_left),
        "contain special tokens",
        "decode with tokenizer.decode(ids, skip_special_tokens=True); if they are unknown tokens in place of words, "
        "use the model's own tokenizer",
    ),
    Repair(
        "padding_left",
        OfText(padding_left),
        "begin or end with runs of padding",
        "pad on the left for generation, and decode only the tokens up to the end token; if the model computes in "
        "float16, use bfloat16 or float32, because an overflow also writes the first token again and again",
    ),
    Repair(
        "word_pieces_left",
        OfText(word_pieces_left),
        "contain the marks of word pieces",
        "decode with tokenizer.decode(ids), not with convert_ids_to_tokens",
    ),
    Repair(
        "words_tagged",
        OfText(words_tagged),
        "have a tag or a number at each word",
        "write the words without their part-of-speech tags or probabilities",
    ),
)
