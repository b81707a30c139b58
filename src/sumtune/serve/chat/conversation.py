"""Decide which texts of a chat are summarized. Every other text is reported as left out, with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from sumtune.data.dialogue import as_text
from sumtune.serve.chat.instructions import (
    SplitText,
    asks_for_more,
    is_dialogue,
    looks_like_dialogue,
    split_request,
)

__all__ = ["AmbiguousChatError", "Conversation", "LeftOut", "Reason", "Turn", "read_conversation"]

Reason = Literal["instruction", "earlier message"]
NO_DIALOGUE = "no message contains a dialogue: system messages and requests for a summary are instructions"
ASKS_FOR_MORE = (
    "message {index} asks for a summary and for something else, but the prompt of this model is fixed: "
    'send "Summarize our conversation." instead, or leave it out'
)
ANSWERED = (
    "message {index} asks for a summary of its own dialogue and was already answered: send the dialogue to summarize "
    "as the only message, or after a request for a summary in the last message"
)


class AmbiguousChatError(ValueError):
    """It is unclear what to summarize. The message says why, and what to send instead."""


@dataclass(frozen=True)
class Turn:
    """A message of a chat."""

    index: int
    """Index of the message in the request."""
    role: str
    name: str | None
    text: str


@dataclass(frozen=True)
class LeftOut:
    """A message, or a part of one, that is not summarized."""

    message: int
    """Index of the message in the request."""
    text: str
    reason: Reason


@dataclass(frozen=True)
class Conversation:
    """The dialogue to summarize, and all other texts of the messages."""

    dialogue: str
    left_out: list[LeftOut]


def read_conversation(messages: Sequence[Turn]) -> Conversation:
    """Return the dialogue of a chat: its only message unchanged, or one turn per message.

    System messages, developer messages, and requests for a summary at the start and end are left out. If the last
    message contains both a request and a dialogue, only that dialogue is summarized.

    Raises:
        AmbiguousChatError: there is no dialogue, or more than one, or an unknown request.
    """
    non_empty = [message for message in messages if message.text]
    left_out = [_instruction(message) for message in non_empty if message.role in ("system", "developer")]
    turns = [message for message in non_empty if message.role not in ("system", "developer")]
    turns, requests = _remove_last_request(turns)
    left_out += requests
    turns, requests = _remove_first_request(turns)
    left_out += requests
    _refuse_answered_requests(turns)
    if not turns:
        raise AmbiguousChatError(NO_DIALOGUE)
    return Conversation(_as_dialogue(turns), sorted(left_out, key=lambda part: part.message))


def _remove_last_request(turns: list[Turn]) -> tuple[list[Turn], list[LeftOut]]:
    if not turns or turns[-1].role != "user":
        return turns, []
    *earlier, last = turns
    split = split_request(last.text)
    if not split.has_request:
        if earlier and asks_for_more(last.text):
            raise AmbiguousChatError(ASKS_FOR_MORE.format(index=last.index))
        return turns, []
    instruction = _instruction(last, split)
    if not split.rest:
        return earlier, [instruction]
    rest = replace(last, text=split.rest)
    if not earlier or not split.before:
        return [*earlier, rest], [instruction]
    if not looks_like_dialogue(split.rest):
        raise AmbiguousChatError(ASKS_FOR_MORE.format(index=last.index))
    return [rest], [*(LeftOut(turn.index, turn.text, "earlier message") for turn in earlier), instruction]


def _remove_first_request(turns: list[Turn]) -> tuple[list[Turn], list[LeftOut]]:
    """Remove a request from the start of the first message, unless an assistant answered it."""
    if not turns or turns[0].role != "user" or (len(turns) > 1 and turns[1].role == "assistant"):
        return turns, []
    first, *later = turns
    split = split_request(first.text)
    if not split.has_request:
        return turns, []
    rest = [replace(first, text=split.rest)] if split.rest else []
    return [*rest, *later], [_instruction(first, split)]


def _refuse_answered_requests(turns: Sequence[Turn]) -> None:
    for turn, answer in pairwise(turns):
        if turn.role == "user" and answer.role == "assistant":
            split = split_request(turn.text)
            if split.has_request and looks_like_dialogue(split.rest):
                raise AmbiguousChatError(ANSWERED.format(index=turn.index))


def _instruction(message: Turn, split: SplitText | None = None) -> LeftOut:
    return LeftOut(message.index, split.request if split else message.text, "instruction")


def _as_dialogue(turns: Sequence[Turn]) -> str:
    """Return a single turn unchanged; otherwise one line per turn with its speaker, unless all texts name speakers."""
    if len(turns) == 1:
        return turns[0].text
    if all(turn.role == "user" and turn.name is None and is_dialogue(turn.text) for turn in turns):
        return "\n".join(turn.text for turn in turns)
    return as_text([{"speaker": turn.name or turn.role, "text": turn.text} for turn in turns]) or ""
