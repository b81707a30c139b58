"""Tokens that are written badly or not decoded at all."""

from random import Random
from zlib import crc32

from .row import TEXTS, Row, answers, pieces, predictions, references, speakers, without


@predictions
def wordpieces_not_joined(text: str, _: Random) -> str:
    """The tokens of a WordPiece model were joined with spaces instead of decoded; the ## marks remain."""
    return " ".join(" ##".join(pieces(word)) for word in text.lower().split())


@predictions
def sentencepieces_not_joined(text: str, _: Random) -> str:
    """The pieces of a SentencePiece model were joined with spaces instead of decoded; the ▁ marks remain."""
    return " ".join("▁" + " ".join(pieces(word)) for word in text.split())


@predictions
def byte_level_pieces(text: str, _: Random) -> str:
    """convert_ids_to_tokens was used instead of decode; byte-level BPE pieces with Ġ are joined with spaces."""
    return " ".join("Ġ" + " ".join(pieces(word)) for word in text.split()).removeprefix("Ġ")


@predictions
def all_spaces_lost(text: str, _: Random) -> str:
    """The tokens were stripped and joined with an empty string: no space is left between words."""
    return "".join(text.split())


@predictions
def special_tokens_kept(text: str, random: Random) -> str:
    """Decoded without skip_special_tokens: start, end and padding tokens of the batch are part of the output."""
    return f"<pad><s> {text}</s>" + "<pad>" * random.randint(3, 40)


@predictions
def token_ids_not_decoded(text: str, _: Random) -> str:
    """The ids of the tokens were written instead of the text."""
    ids = [crc32(piece.encode()) % 32000 for word in text.split() for piece in pieces(word)]
    return str([0, *ids, 2])


@predictions
def decoded_with_another_vocabulary(text: str, _: Random) -> str:
    """The ids were decoded with the tokenizer of another model: each word became a fixed other word."""
    words = TEXTS["vocabulary"]
    return " ".join(words[crc32(word.encode()) % len(words)] for word in text.split())


@answers
def names_and_rare_words_unknown(row: Row, _: Random) -> str:
    """The tokenizer's vocabulary lacks names and longer words, which are decoded as <unk>."""
    text = without(row.prediction, speakers(row.dialogue), ["<unk>"])
    return " ".join("<unk>" if len(word.strip(".,!?")) > 6 else word for word in text.split())


@references
def padding_decoded_in_labels(text: str, random: Random) -> str:
    """The ignored positions (-100) of the labels became padding tokens and were decoded into the references."""
    return text + "</s>" + " <pad>" * random.randint(10, 60)
