"""`sumtune summarize`: text in, summary out."""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sumtune.data.dialogue import is_unicode
from sumtune.decode.build import Tuned, load_tuned
from sumtune.errors import DataError, InputError
from sumtune.files.checksums import fingerprint
from sumtune.files.resumable import ResumableLines
from sumtune.files.run_dir import RunDir

__all__ = ["read_text", "summarize_jsonl", "summarize_text"]

CHUNK = 64
"""Lines that are summarized together: memory does not grow with the file."""
COLUMNS = ("dialogue", "conversation", "text", "document", "article", "source")


def read_text(file: Path | None) -> str:
    """The text of `file`, or of standard input where it is None.

    Raises:
        InputError: it cannot be read, is not UTF-8, or is empty.
    """
    name = "standard input" if file is None else str(file)
    try:
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"Cannot read {name}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text (byte {error.start}).") from None
    if not text.strip():
        raise InputError(f"{name} is empty: expected a dialogue, one turn a line.")
    return text


def summarize_text(text: str, run_dir: RunDir, beams: int | None = None) -> str:
    """The summary of one dialogue; a warning on standard error where its end was not read."""
    tuned = _load(run_dir, beams)
    _warn_of_truncation(tuned, text, "The dialogue")
    return tuned.summarizer.summarize([text])[0].text


def summarize_jsonl(source: Path, target: Path, run_dir: RunDir, beams: int | None = None) -> None:
    """Writes each object of `source` to `target` with a `summary` added; `target` appears when all are done.

    Memory does not grow with the file. After an interruption the same call goes on where it was.

    Raises:
        DataError: a line is no JSON object with a dialogue; nothing is written.
    """
    _require_usable(source, target)
    count = sum(1 for _ in _rows(source))
    if count == 0:
        raise InputError(f"{source} is empty: expected a JSON object with a dialogue on each line.")
    tuned = _load(run_dir, beams)
    try:
        out = ResumableLines(target, _made_from(source, run_dir, beams))
        if out.done:
            print(f"Continuing after {out.done} of {count} summaries.", file=sys.stderr)
        rows = islice(_rows(source), out.done, None)
        while chunk := list(islice(rows, CHUNK)):
            completions = tuned.summarizer.summarize([dialogue for _, dialogue in chunk])
            out.append(
                json.dumps(row | {"summary": completion.text}, ensure_ascii=False)
                for (row, _), completion in zip(chunk, completions, strict=True)
            )
        out.finish()
    except OSError as error:
        raise InputError(f"Cannot write {target}: {error.strerror}.") from None
    print(f"{count} summaries written to {target}", file=sys.stderr)


def _require_usable(source: Path, target: Path) -> None:
    if target.resolve() == source.resolve():
        raise InputError("--output must be another file than --input.")
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {str(target.parent)!r} for the output.")
    if target.is_dir():
        raise InputError(f"--output {str(target)!r} is a folder: expected the name of a file.")


def _made_from(source: Path, run_dir: RunDir, beams: int | None) -> str:
    """A fingerprint of the input and of all that its summaries depend on."""
    adapter = sorted(path for path in run_dir.adapter.iterdir() if path.is_file())
    return fingerprint([source, *adapter], {"beams": beams})


def _load(run_dir: RunDir, beams: int | None) -> Tuned:
    return load_tuned(run_dir.require(run_dir.adapter, "run"), beams)


def _rows(source: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Each object of a JSONL file with its dialogue; blank lines are passed over."""
    try:
        with source.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _row(line, f"{source}:{number}")
    except OSError as error:
        raise InputError(f"Cannot read {source}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{source} is not UTF-8 text (byte {error.start}).") from None


def _row(line: str, place: str) -> tuple[dict[str, Any], str]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise DataError(f"{place}: not valid JSON; expected an object with a dialogue.") from None
    if not isinstance(row, dict):
        raise DataError(f"{place}: expected an object with a dialogue, not {type(row).__name__}.")
    if not is_unicode(json.dumps(row, ensure_ascii=False)):
        raise DataError(f"{place}: holds half a character (an unpaired surrogate), which no text can.")
    for column in COLUMNS:
        if isinstance(value := row.get(column), str) and value.strip():
            return row, value
    raise DataError(f"{place}: no dialogue; expected a text in one of {', '.join(COLUMNS)}.")


def _warn_of_truncation(tuned: Tuned, text: str, name: str) -> None:
    tokens = tuned.count_tokens([text])[0]
    if tokens > tuned.max_source_tokens:
        print(
            f"Warning: {name} has {tokens} tokens; only the first {tuned.max_source_tokens} are read.", file=sys.stderr
        )
