"""Predictions damaged by tokenizers and by how generated ids became text."""

import random
import re
import unicodedata

from .common import Row, edit

PROMPTS = (
    ("Summarize the following dialogue.\n\n{d}\n\nSummary:", "\n"),
    ("summarize: {d}", "\n"),
    (
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
        "### Instruction:\nSummarize the conversation.\n\n### Input:\n{d}\n\n### Response:\n",
        "",
    ),
    ("<start_of_turn>user\nSummarize this chat in one or two sentences:\n{d}<end_of_turn>\n<start_of_turn>model\n", ""),
    ("{d}\nTL;DR:", " "),
    ("[INST] Write a short summary of this conversation:\n\n{d} [/INST]", " "),
    ("You are a helpful assistant that summarizes conversations.\nConversation:\n{d}\nSummary:", " "),
)
ENDS = (
    ("<pad> ", "</s>", "<pad>", " "),
    ("</s><s>", "</s>", "<pad>", ""),
    ("", "<eos>", "<pad>", ""),
    ("<bos>", "<end_of_turn>", "<pad>", ""),
    ("", "<|im_end|>", "<|endoftext|>", ""),
    ("<pad>", "</s>", "<pad>", ""),
    ("", "<|eot_id|>", "<|eot_id|>", ""),
    ("<|begin_of_text|>", "<|end_of_text|>", "<|end_of_text|>", ""),
)
FOLLOW_UPS = (
    ("Thanks!", "You're welcome! Let me know if you need anything else."),
    ("Can you make it shorter?", "Sure. {s}"),
    ("Who are the speakers?", "The speakers are in the conversation above."),
    ("What is the main topic?", "The main topic is their plans."),
    ("Translate it to Spanish", "Claro, aqu\u00ed est\u00e1:"),
    ("ok", "Is there anything else I can help you with?"),
    ("Summarize the conversation again.", "{s}"),
)


def prompt_not_sliced_off(rows: list[Row], rng: random.Random) -> list[Row]:
    """The whole sequence of a decoder-only model was decoded, not its new tokens. The prompt precedes the summary."""
    prompt, joint = rng.choice(PROMPTS)
    return edit(rows, "prediction", lambda row: prompt.format(d=row["dialogue"]) + joint + row["prediction"])


def answer_sliced_at_wrong_offset(rows: list[Row], rng: random.Random) -> list[Row]:
    """The prompt was cut off by its length in characters, which decoding had changed. The first letters are gone."""
    base = rng.randint(3, 14)

    def change(row: Row) -> str:
        text = row["prediction"]
        drop = min(base + rng.randint(-2, 9), max(1, len(text) * 2 // 3))
        return text[max(1, drop) :]

    return edit(rows, "prediction", change)


def padding_and_end_tokens_kept(rows: list[Row], rng: random.Random) -> list[Row]:
    """The ids were decoded with the special tokens. Each text has end and pad tokens up to its batch's longest."""
    head, end, pad, joint = rng.choice(ENDS)
    size = rng.choice((2, 4, 8, 16))
    out: list[Row] = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        lengths = [len(row["prediction"].split()) * 4 // 3 + rng.randint(0, 2) for row in batch]
        for row, length in zip(batch, lengths, strict=True):
            tail = joint.join([pad] * (max(lengths) - length))
            out.append({**row, "prediction": f"{head}{row['prediction']}{end}{joint if tail else ''}{tail}"})
    return out


def role_words_survive_decoding(rows: list[Row], rng: random.Random) -> list[Row]:
    """Decoding removed the chat template's marks but not the role names. Bare role lines stand in the text."""
    role, gap = rng.choice((("model", "\n"), ("assistant", "\n\n"), ("assistant", "\n")))
    heads, runs_on = rng.random() < 0.6, rng.random() < 0.6

    def change(row: Row) -> str:
        text = f"{role}{gap}{row['prediction']}" if heads or not runs_on else row["prediction"]
        if runs_on:
            for asked, answered in rng.sample(FOLLOW_UPS, rng.randint(1, 2)):
                text += f"\nuser{gap}{asked}\n{role}{gap}{answered.format(s=row['prediction'])}"
        return text

    return edit(rows, "prediction", change)


def _byte_letters() -> dict[int, str]:
    """The letters by which a byte-level tokenizer writes the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in plain}
    rest = [byte for byte in range(256) if byte not in letters]
    return letters | {byte: chr(256 + place) for place, byte in enumerate(rest)}


def byte_level_pieces_joined(rows: list[Row], rng: random.Random) -> list[Row]:
    """The tokens' own names were joined instead of decoded. Words carry the byte-level mark of a space."""
    letters, joint = _byte_letters(), rng.choice((" ", " ", ""))

    def change(row: Row) -> str:
        text = row["prediction"] if joint else f" {row['prediction']}"
        found: list[str] = []
        for chunk in re.findall(r" ?\w+| ?[^\w\s]+|\s", text):
            size = rng.choice((3, 4, 5)) if len(chunk) > 6 and rng.random() < 0.5 else len(chunk)
            for part in (chunk[:size], chunk[size:]):
                if part:
                    found.append("".join(letters[byte] for byte in part.encode("utf-8")))
        return joint.join(found) if len(found) > 1 else f"\u0120{''.join(found)}"

    return edit(rows, "prediction", change)


def uncased_tokenizer_decoded(rows: list[Row], rng: random.Random) -> list[Row]:
    """An uncased BERT decoder wrote the text. It is in small letters, with loose punctuation and split words."""
    splits = rng.random() < 0.4

    def change(row: Row) -> str:
        plain = unicodedata.normalize("NFKD", row["prediction"].lower())
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
        found: list[str] = []
        for token in re.findall(r"\w+|[^\w\s]", plain):
            if splits and len(token) > 6 and rng.random() < 0.3:
                cut = rng.randint(3, len(token) - 2)
                found.extend((token[:cut], f"##{token[cut:]}"))
            else:
                found.append(token)
        return " ".join(found)

    return edit(rows, "prediction", change)
