"""Damage by services and logs between the model and the file."""

from random import Random

from second_fresh.row import Row, answers, predictions


@predictions
def message_object_printed(text: str, _: Random) -> str:
    """Write the message object of a client instead of its content."""
    return f"ChatCompletionMessage(content={text!r}, refusal=None, role='assistant', audio=None, tool_calls=None)"


@predictions
def content_parts(text: str, _: Random) -> str:
    """Write the list of content parts."""
    return str([{"type": "text", "text": text, "annotations": []}])


@predictions
def event_stream(text: str, _: Random) -> str:
    """Write the raw events of a stream."""
    words = [word + " " for word in text.split(" ")]
    events = [f'data: {{"choices":[{{"delta":{{"content":"{word}"}}}}]}}' for word in words]
    return "\n\n".join([*events, "data: [DONE]"])


@predictions
def rate_limited(_text: str, random: Random) -> str:
    """Write the error of the service as the answer."""
    return f"Error code: 429 - Rate limit reached for requests. Please try again in {random.randrange(1, 60)}s."


@predictions
def gateway_page(_text: str, _: Random) -> str:
    """Write the page of a gateway."""
    return (
        "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
    )


@predictions
def progress_bar(text: str, random: Random) -> str:
    """Catch the output with its progress bar."""
    done = random.randrange(1, 100)
    bar, speed = f"{done:3d}%|{'█' * (done // 10):10s}|", random.uniform(2, 9)
    return f"{bar} {done * 8}/819 [00:{done // 2:02d}<01:12, {speed:.2f}it/s]{text}"


@predictions
def warning_before_text(text: str, random: Random) -> str:
    """Catch a warning of the library before the text."""
    return f"Setting `pad_token_id` to `eos_token_id`:{random.choice([2, 107])} for open-end generation.\n{text}"


@predictions
def log_line_with_colours(text: str, random: Random) -> str:
    """Read the texts from a log with colours."""
    seconds = random.randrange(60)
    return f"\x1b[32m2025-03-04 10:12:{seconds:02d},{random.randrange(999):03d}\x1b[0m | INFO | generate:88 - {text}"


@predictions
def time_and_cost(text: str, random: Random) -> str:
    """Add the usage after the text."""
    read, written, seconds = random.randrange(80, 400), random.randrange(10, 60), random.uniform(0.2, 3)
    return f"{text} [tokens: {read} in / {written} out, {seconds:.2f}s]"


@answers
def traceback_of_worker(_row: Row, random: Random) -> str:
    """Write the exception of the worker."""
    return (
        f'Traceback (most recent call last):\n  File "generate.py", line 88, in worker\nRuntimeError: '
        f"CUDA out of memory. Tried to allocate {random.uniform(0.1, 4):.2f} GiB"
    )


@predictions
def moderation_stars(text: str, _: Random) -> str:
    """Hide words by a filter that is too eager: every fourth word becomes stars."""
    words = text.split()
    return " ".join("*" * len(word) if number % 4 == 1 else word for number, word in enumerate(words))
