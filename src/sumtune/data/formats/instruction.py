"""Find the instruction that all prompts of a data set share, which is not part of the dialogues."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Instruction", "shared_instruction"]

LABEL = re.compile(r"([^\s:：][^:：\n]{0,50})[:：]\s*\S")


@dataclass(frozen=True)
class Instruction:
    """The text before and after every dialogue."""

    before: str = ""
    after: str = ""

    def strip(self, prompt: str) -> str:
        """Return the dialogue in `prompt`."""
        end = len(prompt) - len(self.after)
        return prompt[len(self.before) : end].strip()


def shared_instruction(prompts: Iterable[str]) -> Instruction:
    r"""Return the complete lines with which all prompts begin and end, without turns of a dialogue.

    >>> shared_instruction(["Summarize:\n\nAnn: hi\n\nSummary:", "Summarize:\n\nBob: yo\nBob: hm\n\nSummary:"])
    Instruction(before='Summarize:\n\n', after='\nSummary:')
    """
    first = before = after = None
    several = False
    for prompt in prompts:
        first = prompt if first is None else first
        several = several or prompt != first
        before = prompt if before is None else _shared_start(before, prompt)
        after = prompt[::-1] if after is None else _shared_start(after, prompt[::-1])
    if before is None or after is None or not several:
        return Instruction()
    before = _whole_lines(before)
    return Instruction(before, _whole_lines_at_end(after[::-1]))


def _whole_lines(text: str) -> str:
    """Return `text` up to its last line break and before the first line that looks like a turn."""
    kept = ""
    for line in text.splitlines(keepends=True):
        if not line.endswith("\n") or LABEL.match(line):
            break
        kept += line
    return kept


def _whole_lines_at_end(text: str) -> str:
    """Return the lines after the last one that looks like a turn, but not the first line, which may be incomplete."""
    kept = ""
    for line in reversed(text.splitlines(keepends=True)[1:]):
        if LABEL.match(line):
            break
        kept = line + kept
    return kept if kept.strip() else ""


def _shared_start(one: str, other: str) -> str:
    length = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]
