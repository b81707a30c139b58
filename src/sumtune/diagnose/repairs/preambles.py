"""Repairs of text before the summary: the prompt, the dialogue, thoughts, a greeting."""

import re

from sumtune.diagnose.repairs.repair import OfText, Repair, Row
from sumtune.diagnose.text_features import TURN, without_speaker, words

__all__ = ["REPAIRS", "only_thoughts"]

ECHO_WORDS = 8
"""Consecutive words of the dialogue that count as an echo; for an echo of a part, half of them may be enough."""
LATEST_ECHO = 40
"""Last word of a prediction at which an echo may begin."""
LABEL = re.compile(
    r"^[\W_]*(?:(?:the|a|final|short|brief|my)\s+)*"
    r"(?:summary|tl;?dr|answer|output|response|result|zusammenfassung)[\W_]*[:=]\s*",
    re.IGNORECASE,
)
PREAMBLE = re.compile(
    r"^[\W_]*(?:(?:sure|certainly|of course|okay|ok|absolutely|great|yes|no problem)\b[^.!:\n]{0,30}[.!,:]+\s*)?"
    r"(?:here(?:(?:'|’)?s| is| are)\s[^.:\n]{0,80}:"
    r"|(?:[^.:\n]{0,60}\b(?:summary|summari[sz]\w+|recap|overview|key points|tl;?dr)\b[^.:\n]{0,60})(?::|\n+)"
    r"|#+\s*(?:summary|recap|overview|key points|tl;?dr)\W*$)\s*",
    re.IGNORECASE,
)
EMPHASIS_OPENED = re.compile(r"\s*([*_]+)")
THOUGHT = "think|thinking|thought|reasoning|scratchpad"
"""Names of the tags around thoughts."""
THOUGHTS = re.compile(rf"(?s)<({THOUGHT})>.*?</\1>\s*", re.IGNORECASE)
CHANNELS = re.compile(r"(?s)^(?:<\|channel\|>)?analysis.*?(?:<\|message\|>|assistantfinal|assistant\s*final)\s*")
"""What is left of the thoughts of gpt-oss if its channel marks are removed."""
THOUGHTS_END = re.compile(rf"(?s)^.*</(?:{THOUGHT})>\s*", re.IGNORECASE)
THOUGHTS_START = re.compile(rf"(?s)^\s*<(?:{THOUGHT})>\s*", re.IGNORECASE)
HEADER = re.compile(
    r"(?s)^\s*(?:<\|(?:start_header_id|im_start)\|>\s*)?(?:<start_of_turn>\s*)?(?:###\s*|\[|<\|?)?"
    r"(?:assistant|model|gpt|bot|ai|chatgpt|response)(?:\]|\|?>)?(?:<\|end_header_id\|>)?\s*(?::|\n)\s*",
    re.IGNORECASE,
)


def thoughts_left(text: str) -> str:
    """Remove the text between `<think>` and `</think>`.

    >>> thoughts_left("<think>\\nAnn asks …\\n</think>\\n\\nAnn helps."), thoughts_left("Ann asks …</think> Ann helps.")
    ('Ann helps.', 'Ann helps.')
    >>> thoughts_left("analysisAnn asks …assistantfinalAnn helps.")
    'Ann helps.'
    """
    rest = CHANNELS.sub("", THOUGHTS_START.sub("", THOUGHTS_END.sub("", THOUGHTS.sub("", text))))
    return rest if rest != text else text


def only_thoughts(text: str) -> bool:
    """Return whether the thoughts of `text` never end.

    >>> only_thoughts("<think>Ann asks"), only_thoughts("<think>Ann asks</think> Ann helps.")
    (True, False)
    """
    return THOUGHTS_START.match(text) is not None and THOUGHTS_END.search(text) is None


def chat_header_left(text: str) -> str:
    """Remove the name of the chat role at the start.

    >>> chat_header_left("assistant\\nAnn helps."), chat_header_left("Assistant: Ann helps.")
    ('Ann helps.', 'Ann helps.')
    """
    rest = _without_start(HEADER, text)
    return rest if words(rest) else text


def preamble_left(text: str) -> str:
    """Remove a greeting or a title before the summary, also if there is no summary after it.

    >>> preamble_left("Sure! Here is a summary of the chat:\\n\\nAnn helps."), preamble_left("Summary: Ann helps.")
    ('Ann helps.', 'Ann helps.')
    >>> preamble_left("Here is a summary of the chat:")
    ''
    """
    return _without_start(LABEL, _without_start(PREAMBLE, text))


def only_preamble(text: str) -> bool:
    """Return whether `text` is a preamble without a summary.

    >>> only_preamble("Summary:"), only_preamble("Summary: Ann helps."), only_preamble("!!!")
    (True, False, False)
    """
    rest = preamble_left(text)
    return rest != text and not words(rest)


def _without_start(pattern: re.Pattern[str], text: str) -> str:
    """Return `text` without what `pattern` finds at its start; of emphasis such as `**`, both marks go."""
    found = pattern.match(text)
    if found is None:
        return text
    rest, opened = text[found.end() :], EMPHASIS_OPENED.match(found[0])
    if opened is None or found[0].count(opened[1]) > 1:
        return rest
    begins = rest.lstrip().startswith(opened[1])
    return rest.lstrip().removeprefix(opened[1]).lstrip() if begins else rest.removesuffix(opened[1])


def speaker_prefixed(text: str, row: Row) -> str:
    """Remove the `Name: ` of a speaker before a summary."""
    return without_speaker(text, row.dialogue) if row.corpus.speak_of_speakers else text


def same_start(text: str, row: Row) -> str:
    """Remove what several predictions begin with."""
    starts = (frame.pattern.match(text) for frame in row.corpus.starts)
    return next((text[start.end() :] for start in starts if start), text)


def same_end(text: str, row: Row) -> str:
    """Remove what several predictions end with."""
    backwards = text[::-1]
    ends = (frame.pattern.match(backwards) for frame in row.corpus.ends)
    return next((text[: len(text) - end.end()] for end in ends if end), text)


def prompt_echoed(text: str, row: Row) -> str:
    """Remove the whole dialogue, and what precedes it, before the summary."""
    size = len(row.said)
    rest = _after_echo(text, row.said, size) if size >= ECHO_WORDS else text
    return LABEL.sub("", rest) if rest != text else text


def prompt_echoed_in_part(text: str, row: Row) -> str:
    """Remove the first words of the dialogue before the summary; without dialogues, lines like turns."""
    enough = min(ECHO_WORDS, max(4, len(row.said) // 2))
    rest = _after_echo(text, row.said, enough) if row.said else _after_turns(text)
    return LABEL.sub("", rest) if rest != text else text


def _after_turns(text: str) -> str:
    """Return the text after the last line that starts like a turn; `text` if there are no turns or nothing follows."""
    lines = text.splitlines()
    turns = [place for place, line in enumerate(lines) if TURN.match(line) and not LABEL.match(line)]
    rest = "\n".join(lines[turns[-1] + 1 :]) if len(turns) >= 2 else ""
    return rest.strip() if words(rest) else text


def _after_echo(text: str, source: list[str], enough: int) -> str:
    """Return the text after `enough` words of the dialogue's start; `text` if they are not there or nothing follows."""
    written = text.split()
    for start in (place for place, word in enumerate(written[:LATEST_ECHO]) if word == source[0]):
        length = 0
        while start + length < len(written) and length < len(source) and written[start + length] == source[length]:
            length += 1
        if length >= enough:
            rest = " ".join(written[start + length :])
            return rest if words(rest) else text
    return text


REPAIRS = (
    Repair(
        "thoughts_left",
        OfText(thoughts_left),
        "contain the model's thoughts",
        "switch thinking off (enable_thinking=False), or let thoughts end (max_new_tokens) and keep the rest",
        nothing_left=only_thoughts,
    ),
    Repair(
        "chat_header_left",
        OfText(chat_header_left),
        "begin with a chat header",
        "decode only the new tokens, output_ids[:, input_ids.shape[1]:], with the generation prompt in the input",
    ),
    Repair(
        "preamble_left",
        OfText(preamble_left),
        "begin with a preamble",
        "ask for nothing but the summary, or remove the preamble; do not let a line break end generation",
        nothing_left=only_preamble,
    ),
    Repair(
        "speaker_prefixed",
        speaker_prefixed,
        "begin with the name of a speaker and a colon",
        "end the prompt with a line of its own for the summary, not with a turn",
    ),
    Repair(
        "prompt_echoed",
        prompt_echoed,
        "repeat the dialogue before the summary",
        "decode only the new tokens, output_ids[:, input_ids.shape[1]:]",
    ),
    Repair(
        "prompt_echoed_in_part",
        prompt_echoed_in_part,
        "repeat a part of the dialogue before the summary",
        "decode only the new tokens, output_ids[:, input_ids.shape[1]:]",
        certain=False,
    ),
    Repair(
        "same_start",
        same_start,
        "begin with the same words",
        "remove what precedes the summary: decode only the new tokens, output_ids[:, input_ids.shape[1]:]",
        specific=False,
    ),
    Repair(
        "same_end",
        same_end,
        "end with the same words",
        "remove what follows the summary",
        specific=False,
    ),
)
