"""Transcripts in WebVTT and SRT, as saved by meeting and transcription programs. Consecutive captions are joined."""

import html
import io
import re
from collections.abc import Iterator

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

__all__ = ["is_subtitles", "read_subtitles"]

TIME = r"(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}"
BEGINS_SRT = re.compile(rf"\s*\d+[^\S\n]*\n{TIME}[^\S\n]*-->[^\S\n]*{TIME}")
BEGINS_VTT = re.compile(r"\s*WEBVTT(?:[ \t\n]|\Z)")
VOICE = re.compile(r"<v(?:\.[^\s<>]{0,80})?\s([^<>]{1,200})>")
TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
LABEL = re.compile(r"(?:-\s?)?([^\s:：][^:：\n]{0,40}?)\s?[:：]\s+(?=\S)")


def is_subtitles(text: str) -> bool:
    """Return whether `text` (with line ends as `\\n`) begins like WebVTT or SRT."""
    return BEGINS_VTT.match(text) is not None or BEGINS_SRT.match(text) is not None


def read_subtitles(text: str) -> list[dict[str, str]] | None:
    r"""Return the turns of a transcript, without its times; None if it is damaged or has no text.

    Consecutive captions of the same speaker make one turn. If no speaker is named, each caption is a turn.

    >>> read_subtitles("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi</v>\n\n00:02.000 --> 00:03.000\n<v Ann>there")
    [{'speaker': 'Ann', 'text': 'Hi there'}]
    """
    kind = "vtt" if BEGINS_VTT.match(text) else "srt"
    try:
        captions = webvtt.from_buffer(io.StringIO(text.strip()), format=kind)
    except (MalformedFileError, MalformedCaptionError, ValueError, IndexError):
        return None
    spoken = [part for caption in captions.captions for part in _parts(caption.raw_text)]
    has_speakers = any(speaker for speaker, _ in spoken)
    turns: list[dict[str, str]] = []
    for speaker, said in spoken:
        last = turns[-1]["speaker"] if turns else None
        if turns and has_speakers and speaker in ("", last):
            turns[-1]["text"] += f" {said}"
        else:
            turns.append({"speaker": speaker, "text": said})
    return turns or None


def _parts(caption: str) -> Iterator[tuple[str, str]]:
    """Return speaker ("" if none is named) and text of each part of a caption."""
    pieces = VOICE.split(caption)
    for speaker, said in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        lines = (line.strip() for line in html.unescape(TAG.sub("", said)).split("\n"))
        text = " ".join(line for line in lines if line)
        label = LABEL.match(text) if not speaker else None
        if label is not None:
            yield label[1], text[label.end() :]
        elif text:
            yield " ".join(speaker.split()), text
