"""Summarize each text file of a folder: python examples/summarize_folder.py runs/chats transcripts."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sumtune


def main(run: Path, folder: Path) -> None:
    """Write the summary of each `.txt` file beside it, as `.summary`."""
    with sumtune.Summarizer.load(run) as summarizer, ThreadPoolExecutor(4) as pool:

        def summarize(file: Path) -> Path:
            summary = summarizer.summarize(file.read_text(encoding="utf-8"))
            file.with_suffix(".summary").write_text(summary + "\n", encoding="utf-8")
            return file

        for file in pool.map(summarize, sorted(folder.glob("*.txt"))):
            print(file.with_suffix(".summary"))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except sumtune.SumtuneError as error:
        sys.exit(str(error))
