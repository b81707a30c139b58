"""Which texts of a chat's messages are summarized, and which are left out and why. Nothing is lost without a word."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from sumtune.data.dialogue import as_text
from sumtune.serve.chat.instructions import (
    Request,
    asks_for_something_else,
    is_dialogue,
    looks_like_dialogue,
    split_request,
)

__all__ = ["AmbiguousChatError", "Conversation", "LeftOut", "Reason", "Turn", "read_conversation"]

Reason = Literal["instruction", "earlier message"]
NO_DIALOGUE = "there is no message with a dialogue in it: system messages and requests for a summary are instructions"
SAYS_MORE = (
    "message {place} asks for a summary and says more, which this model's fixed prompt has no place for: "
    'send "Summarize our conversation." instead, or leave it out'
)
ANSWERED = (
    "message {place} asks for a summary of the dialogue in it and was answered: send the dialogue that is to be "
    "summarized as the only message, or with a request for a summary before it in the last one"
)


class AmbiguousChatError(ValueError):
    """Nobody can say what is to be summarized. The message says why, and what to send instead."""


@dataclass(frozen=True)
class Turn:
    """A message of a chat."""

    place: int
    """Which message of the request it is, counted from 0."""
    role: str
    name: str | None
    text: str


@dataclass(frozen=True)
class LeftOut:
    """A message, or a part of one, that is not summarized."""

    message: int
    """Which message of the request it is, counted from 0."""
    text: str
    reason: Reason


@dataclass(frozen=True)
class Conversation:
    """The dialogue that the model reads, and everything else that the messages hold."""

    dialogue: str
    left_out: list[LeftOut]


def read_conversation(messages: Sequence[Turn]) -> Conversation:
    """Return the dialogue of a chat: its only message as it stands, or one turn for each message.

    System and developer messages are left out, as are requests for a summary at the start and at the end. A dialogue
    that the last message holds together with such a request is summarized alone.

    Raises:
        AmbiguousChatError: there is no dialogue, or more than one, or a request that is not understood.
    """
    given = [message for message in messages if message.text]
    left_out = [_instruction(message) for message in given if message.role in ("system", "developer")]
    turns = [message for message in given if message.role not in ("system", "developer")]
    turns, found = _without_last_request(turns)
    left_out += found
    turns, found = _without_first_request(turns)
    left_out += found
    _refuse_answered(turns)
    if not turns:
        raise AmbiguousChatError(NO_DIALOGUE)
    return Conversation(_as_dialogue(turns), sorted(left_out, key=lambda part: part.message))


def _without_last_request(turns: list[Turn]) -> tuple[list[Turn], list[LeftOut]]:
    if not turns or turns[-1].role != "user":
        return turns, []
    *earlier, last = turns
    request = split_request(last.text)
    if not request.asks:
        if earlier and asks_for_something_else(last.text):
            raise AmbiguousChatError(SAYS_MORE.format(place=last.place))
        return turns, []
    asked = _instruction(last, request)
    if not request.rest:
        return earlier, [asked]
    rest = replace(last, text=request.rest)
    if not earlier or not request.before:
        return [*earlier, rest], [asked]
    if not looks_like_dialogue(request.rest):
        raise AmbiguousChatError(SAYS_MORE.format(place=last.place))
    return [rest], [*(LeftOut(turn.place, turn.text, "earlier message") for turn in earlier), asked]


def _without_first_request(turns: list[Turn]) -> tuple[list[Turn], list[LeftOut]]:
    """Without a request that the first message is or begins with, unless an assistant answered it."""
    if not turns or turns[0].role != "user" or (len(turns) > 1 and turns[1].role == "assistant"):
        return turns, []
    first, *later = turns
    request = split_request(first.text)
    if not request.asks:
        return turns, []
    rest = [replace(first, text=request.rest)] if request.rest else []
    return [*rest, *later], [_instruction(first, request)]


def _refuse_answered(turns: Sequence[Turn]) -> None:
    for turn, answer in pairwise(turns):
        if turn.role == "user" and answer.role == "assistant":
            request = split_request(turn.text)
            if request.asks and looks_like_dialogue(request.rest):
                raise AmbiguousChatError(ANSWERED.format(place=turn.place))


def _instruction(message: Turn, request: Request | None = None) -> LeftOut:
    return LeftOut(message.place, request.words if request else message.text, "instruction")


def _as_dialogue(turns: Sequence[Turn]) -> str:
    """The text of one turn as it stands; of several, a line for each with its speaker, unless all name theirs."""
    if len(turns) == 1:
        return turns[0].text
    if all(turn.role == "user" and turn.name is None and is_dialogue(turn.text) for turn in turns):
        return "\n".join(turn.text for turn in turns)
    return as_text([{"speaker": turn.name or turn.role, "text": turn.text} for turn in turns]) or ""
