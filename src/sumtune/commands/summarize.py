"""`sumtune summarize`: text in, summary out."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sumtune.commands.summarize_notes import LengthNotes, StyleNotes, print_note
from sumtune.data.conversations import Conversation, Conversations, open_conversations
from sumtune.data.dialogue import as_text, is_unicode
from sumtune.data.encoding import LEGACY, decode
from sumtune.data.file_kind import file_kind
from sumtune.data.issues import legacy_encoding
from sumtune.data.json_rows import dump_row
from sumtune.data.row_styles import read_style
from sumtune.data.styles import clean_style
from sumtune.decode.build import TunedModel, load_tuned
from sumtune.errors import DataError, InputError, RunDirError
from sumtune.files.checksums import fingerprint
from sumtune.files.resumable import ResumableLines, resumable_lines
from sumtune.files.run_dir import RunDir
from sumtune.plurals import counted
from sumtune.summarizer import OnProgress
from sumtune.terminal.console import plain_console
from sumtune.terminal.progress import generation_progress

__all__ = ["read_text", "summarize_file", "summarize_text"]

CHUNK_DIALOGUES = 64
"""Number of dialogues summarized together, so that the memory needed does not grow with the input."""
STYLE_COLUMN = "style"
OTHER_FORMATS = (".csv", ".tsv", ".parquet")
"""Suffixes of formats that `--output` does not write."""


def read_text(file: Path | None) -> str:
    """Return the dialogue in `file`, or from standard input if `file` is None.

    A data file or an export may be given if it holds one dialogue.

    Raises:
        InputError: the input cannot be read, is not text, is empty, or holds several dialogues.
        DataError: `file` is a data file that cannot be read, or a file of an unsupported kind.
    """
    name = "standard input" if file is None else str(file)
    try:
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        if file is not None and content and file_kind(name, file.name, content) != "text":
            return _only_dialogue(file)
        text, encoding = decode(content, guess=True)
    except OSError as error:
        raise InputError(f"Cannot read {name}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not valid {error.encoding} text at byte {error.start}.") from None
    if not is_unicode(text):
        raise InputError(f"{name} is not UTF-8 text; save it as UTF-8.")
    dialogue = as_text(text)
    if not dialogue:
        raise InputError(f"{name} is empty: expected a dialogue, one turn per line.")
    if encoding == LEGACY:
        print_note(legacy_encoding(name))
    return dialogue


def _only_dialogue(file: Path) -> str:
    conversations = open_conversations(file)
    for warning in conversations.warnings:
        print_note(warning)
    found = list(islice(conversations, 2))
    if len(found) != 1:
        raise InputError(
            f"{file} holds {'several dialogues' if found else 'no dialogue'}; a data file is summarized row by row "
            "with --input and --output."
        )
    return found[0].dialogue


def summarize_text(dialogue: str, run_dir: RunDir, beams: int | None = None, style: str = "") -> str:
    """Return the summary of one dialogue.

    Print a note to standard error if the dialogue exceeds the token limit, or if `run.json` is damaged.
    The summary does not need that file.

    Raises:
        ModelError: `style` is given, but too long, or the model was tuned without styles.
    """
    try:
        run_dir.record()
    except RunDirError:
        print_note(f"{run_dir.run_json} cannot be read or is damaged; the adapter does not depend on it")
    tuned = load_tuned(run_dir.require(run_dir.adapter, "run"), beams)
    style = clean_style(style)
    StyleNotes(tuned).report([style])
    summarizer, tokens = tuned.for_any_length(), LengthNotes(tuned).report([("The dialogue", dialogue)])
    if tokens[0] <= tuned.max_source_tokens:
        return summarizer.summarize([dialogue], styles=[style], tokens=tokens)[0].text
    with _progress(total=1) as progress:
        return summarizer.summarize([dialogue], progress, styles=[style], tokens=tokens)[0].text


def summarize_file(
    source: Path,
    target: Path,
    run_dir: RunDir,
    beams: int | None = None,
    dialogue_column: str | None = None,
    style: str = "",
    load: Callable[[Path, int | None], TunedModel] | None = None,
) -> int:
    """Write each row of `source` to `target` as JSONL with a `summary` added; `target` appears when all rows are done.

    Return the number of rows. The style of a row is the value in its style column, which has the same name as in
    training, or is called `style`. Rows without such a value have the style that the argument `style` gives. After an
    interruption, the same call continues where it stopped. `load` loads the model, by default `load_tuned`.

    Raises:
        DataError: `source` cannot be read, or a row has no dialogue; nothing is written.
        InputError: `source` is empty, or `target` cannot be written.
        ModelError: a style is too long, or `style` is given, but the model was tuned without styles.
    """
    _require_usable(source, target)
    adapter = run_dir.require(run_dir.adapter, "run")
    conversations = open_conversations(source, dialogue_column, _configured_column(run_dir, "dialogue_column"))
    for warning in conversations.warnings:
        print_note(warning)
    count = sum(1 for _ in conversations)
    if count == 0:
        raise InputError(f"{source} is empty: expected a dialogue in each row.")
    column, style = _configured_column(run_dir, "style_column") or STYLE_COLUMN, clean_style(style)
    made_from = _inputs_fingerprint(source, adapter, beams, dialogue_column, (column, style))
    with resumable_lines(target, made_from) as out:
        if out.done:
            print(f"Continuing after {out.done} of {counted(count, 'summary', 'summaries')}.", file=sys.stderr)
        _summarize(conversations, count, out, (load or load_tuned)(adapter, beams), _RowStyles(column, style))
        out.finish(count)
    print(f"{counted(count, 'summary', 'summaries')} written to {target}", file=sys.stderr)
    return count


def _require_usable(source: Path, target: Path) -> None:
    if target.suffix.lower() in OTHER_FORMATS:
        raise InputError(f"--output {str(target)!r} will be JSONL: name it {str(target.with_suffix('.jsonl'))!r}.")
    with suppress(OSError):  # reported when the file is opened
        if target.samefile(source):
            raise InputError("--output must be another file than --input.")


@dataclass(frozen=True)
class _RowStyles:
    """The column of the style, and the style of rows without one."""

    column: str
    default: str

    def of(self, chunk: Sequence[Conversation], tuned: TunedModel) -> list[str]:
        """Return the style of each conversation; the column counts only if the model was tuned with styles."""
        if tuned.styles is None:
            return [self.default] * len(chunk)
        return [self._of(one) for one in chunk]

    def _of(self, conversation: Conversation) -> str:
        style = read_style(conversation.row.get(self.column))
        if style is None:
            raise DataError(f"{conversation.place}: the style is not text.")
        return style or self.default


def _summarize(
    conversations: Conversations, count: int, out: ResumableLines, tuned: TunedModel, styles: _RowStyles
) -> None:
    summarizer, warnings, style_notes = tuned.for_any_length(), LengthNotes(tuned), StyleNotes(tuned)
    for chunk in _chunks(iter(conversations)):
        style_notes.report(styles.of(chunk, tuned))  # before any summary is made
    rows = iter(conversations)
    for chunk in _chunks(islice(rows, out.done)):
        warnings.report([(one.place, one.dialogue) for one in chunk])
    with _progress(total=count - out.done) as progress:
        for chunk in _chunks(rows):
            dialogues, tokens = [one.dialogue for one in chunk], warnings.report([(o.place, o.dialogue) for o in chunk])
            completions = summarizer.summarize(dialogues, progress, styles=styles.of(chunk, tuned), tokens=tokens)
            out.append(
                dump_row({**one.row, "summary": completion.text, "read": completion.read})
                for one, completion in zip(chunk, completions, strict=True)
            )
    warnings.report_total()


def _progress(total: int) -> AbstractContextManager[OnProgress]:
    """Return a context whose callback shows on standard error how many of `total` dialogues are finished."""
    return generation_progress(plain_console(stderr=True), "Summarizing", total)


def _chunks(conversations: Iterable[Conversation]) -> Iterator[list[Conversation]]:
    remaining = iter(conversations)
    while chunk := list(islice(remaining, CHUNK_DIALOGUES)):
        yield chunk


def _configured_column(run_dir: RunDir, key: str) -> str | None:
    """Return the column that `sumtune run` was given for `key`, such as `dialogue_column`, if any."""
    data = run_dir.record().get("config", {}).get("data", {})
    column = data.get(key)
    return column if isinstance(column, str) else None


def _inputs_fingerprint(
    source: Path, adapter: Path, beams: int | None, dialogue_column: str | None, style: tuple[str, str]
) -> str:
    """Return a fingerprint of the input and of everything that its summaries depend on."""
    files = sorted(path for path in adapter.iterdir() if path.is_file())
    return fingerprint([source, *files], {"beams": beams, "dialogue_column": dialogue_column, "style": style})
