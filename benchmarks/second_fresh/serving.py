"""Frameworks, clients and logs between the model and the file."""

import json
from random import Random

from .row import Row, answers, predictions, turns


@predictions
def stream_added_up(text: str, _: Random) -> str:
    """Each event of the stream held the whole text so far, and the client joined them all."""
    words = text.split()
    return " ".join(" ".join(words[: end + 3]) for end in range(0, len(words), 3))


@predictions
def raw_server_sent_events(text: str, _: Random) -> str:
    """The body of a stream was saved without parsing: data lines with a JSON object for each chunk."""
    events = [json.dumps({"choices": [{"index": 0, "delta": {"content": f"{word} "}}]}) for word in text.split()]
    return "\n\n".join(f"data: {event}" for event in [*events, "[DONE]"])


@predictions
def pipeline_dictionary(text: str, _: Random) -> str:
    """str() of a pipeline's result was saved: a list with a dictionary around the text."""
    return str([{"summary_text": text, "summary_token_ids": None, "score": None, "finish_reason": "length"}])


@predictions
def coroutine_not_awaited(_text: str, random: Random) -> str:
    """An await was forgotten: the file holds the representation of a coroutine."""
    return f"<coroutine object summarize at 0x7f{random.getrandbits(40):010x}>"


@predictions
def rate_limit_message(_text: str, random: Random) -> str:
    """The API's rate limit was hit, and its error message was saved as the summary."""
    return (
        "Error code: 429 - {'error': {'message': 'Rate limit reached for requests. Please try again in "
        f"{random.randint(1, 40)}s.', 'type': 'requests', 'code': 'rate_limit_exceeded'}}}}"
    )


@predictions
def nothing_after_timeout(_text: str, _: Random) -> str:
    """The request timed out, and the exception handler returned an empty string."""
    return ""


@predictions
def log_line_in_front(text: str, random: Random) -> str:
    """The summaries were cut out of a log file together with date, level and name of the logger."""
    clock = f"{random.randint(9, 17):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}"
    return f"2024-03-05 {clock},{random.randint(0, 999):03} INFO worker-{random.randint(0, 7)} app.generate: {text}"


@answers
def only_last_chunk_summarized(row: Row, _: Random) -> str:
    """Of a dialogue in chunks only the last chunk's summary was kept: it covers just the goodbye."""
    return " ".join(f"{speaker or 'Someone'} says {text.lower()}" for speaker, text in turns(row.dialogue)[-2:])
