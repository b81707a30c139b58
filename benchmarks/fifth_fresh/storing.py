"""Damage by storing and by files."""

from random import Random

from .row import Row, answers, column, prediction, prediction_of_another, predictions, turns


@answers
def csv_unquoted_columns(row: Row, _: Random) -> str:
    """Write CSV without quotes: commas shift pieces of the dialogue into the column of the predictions."""
    cells = [cell.strip() for cell in row["dialogue"].split(",")]
    return next((cell for cell in cells[1:] if cell), None) or turns(row["dialogue"])[-1][1]


@predictions
def utf16_swapped_bytes(text: str, _: Random) -> str:
    """Read UTF-16 in the wrong byte order: most characters look Chinese."""
    return text.encode("utf-16-le").decode("utf-16-be", "replace")


@answers
def excel_error_cells(_: Row, random: Random) -> str:
    """Export cells that a spreadsheet took for formulas, or that were too narrow."""
    return random.choice(["#NAME?", "#VALUE!", "#REF!", "########", "#NAME?"])


@column
def request_output_repr(rows: list[Row], random: Random) -> list[str]:
    """Save the engine's object as text, and not the text in it."""
    texts = []
    for position, row in enumerate(rows):
        ids = [random.randint(5, 31999) for _ in range(12)]
        texts.append(
            f"RequestOutput(request_id={position}, prompt={row['dialogue'][:120]!r}, prompt_token_ids={ids}, "
            f"prompt_logprobs=None, outputs=[CompletionOutput(index=0, text={prediction(row)!r}, token_ids={ids[:8]}, "
            f"cumulative_logprob=-{random.uniform(3, 30):.6f}, logprobs=None, finish_reason=stop, "
            "stop_reason=None)], finished=True, metrics=None, lora_request=None)"
        )
    return texts


@column
def file_path_saved(rows: list[Row], random: Random) -> list[str]:
    """Save where the summary is stored, and not the summary."""
    run = random.randint(1, 40)
    return [f"/mnt/outputs/run_{run:02d}/summaries/{random.randint(0, 99999):05d}.txt" for _ in rows]


@column
def git_conflict_markers(rows: list[Row], random: Random) -> list[str]:
    """Leave the conflict in a file that git merged."""
    texts = []
    for position, row in enumerate(rows):
        commit = "".join(random.choice("0123456789abcdef") for _ in range(7))
        other = prediction_of_another(rows, position, random)
        texts.append(f"<<<<<<< HEAD\n{prediction(row)}\n=======\n{other}\n>>>>>>> {commit} (rerun predictions)")
    return texts


@column
def interleaved_writers(rows: list[Row], random: Random) -> list[str]:
    """Write one file from two processes without a lock: pieces of two summaries take turns."""
    texts = []
    for position, row in enumerate(rows):
        own, other = prediction(row), prediction_of_another(rows, position, random)
        pieces = []
        while own or other:
            size = random.randint(8, 20)
            pieces.append(own[:size])
            own = own[size:]
            size = random.randint(8, 20)
            pieces.append(other[:size])
            other = other[size:]
        texts.append("".join(pieces))
    return texts


@predictions
def progress_log_captured(text: str, random: Random) -> str:
    """Write output and errors to the same file: a warning before the summary and a progress bar in it."""
    done = random.randint(100, 800)
    blocks = done // 82
    bar = (
        f"Generating:  {done * 100 // 819}%|{'█' * blocks}{' ' * (10 - blocks)}| "
        f"{done}/819 [12:{done % 60:02d}<15:27,  2.06s/it]"
    )
    warning = random.choice(
        [
            "Setting `pad_token_id` to `eos_token_id`:2 for open-end generation.",
            "UserWarning: You have modified the pretrained model configuration to control generation.",
            "huggingface/tokenizers: The current process just got forked, after parallelism has already been used.",
        ]
    )
    words = text.split()
    place = random.randint(1, max(1, len(words) - 1))
    return f"{warning}\n{' '.join(words[:place])} {bar}\n{' '.join(words[place:])}"


@predictions
def pandas_repr_cell(text: str, random: Random) -> str:
    """Store a series of pandas as text: its index, a cut text and its type."""
    cut = text[: max(12, min(47, len(text) * 2 // 3))]
    return f"{random.randint(0, 818)}    {cut}...\nName: prediction, dtype: object"
