"""Find the dialogue in the prompts that a tool has written to its file of predictions."""

import json
import re
from collections.abc import Sequence
from typing import Any

from sumtune.data.formats.instruction import shared_instruction
from sumtune.data.formatted import find_format

__all__ = ["dialogues_of_prompts"]

ROLE_LINES = (
    re.compile(r"(?:system\n.*?\n)?user\n(?P<user>.*?)\n+(?:assistant|model)\s*", re.DOTALL),
    re.compile(r".*?(?:USER|User|Human|### Human): ?(?P<user>.*)\s(?:ASSISTANT|Assistant|### Assistant): ?", re.DOTALL),
)
"""Chat templates whose special tokens were dropped, and those that have none."""


def dialogues_of_prompts(prompts: Sequence[Any]) -> list[Any]:
    r"""Return the dialogue in each prompt: without the marks of a chat template, system messages and the instruction.

    >>> prompts = [f"user\nSummarize:\n{line}\nassistant\n" for line in ("Ann: hi", "Bob: yo", "Cem: hm")]
    >>> dialogues_of_prompts(prompts)
    ['Ann: hi', 'Bob: yo', 'Cem: hm']
    """
    values = [_messages(prompt) for prompt in prompts]
    rows = [{"messages": value} if isinstance(value, list) else {"prompt": value} for value in values]
    found = find_format(rows)
    read = [found.read(row) for row in rows] if found else []
    if read and all(read):
        return [parts[0]["dialogue"] for parts in read if parts]
    texts = [_of_roles(value) for value in values]
    instruction = shared_instruction(text for text in texts if isinstance(text, str))
    return [instruction.strip(text) if isinstance(text, str) else text for text in texts]


def _messages(prompt: Any) -> Any:
    """Return the messages that a harness has written as JSON in a text."""
    if isinstance(prompt, str) and prompt.startswith('[{"role"'):
        try:
            return json.loads(prompt)
        except json.JSONDecodeError:
            return prompt
    return prompt


def _of_roles(prompt: Any) -> Any:
    if not isinstance(prompt, str):
        return prompt
    matches = (pattern.fullmatch(prompt) for pattern in ROLE_LINES)
    return next((match["user"] for match in matches if match), prompt)
