"""An export of graphs, run by its runtime."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sumtune.export.format import write_each
from sumtune.export.graphs.greedy import Graph, GreedyModel
from sumtune.export.tokenizer_files import PromptTokenizer
from sumtune.summarizer import OnProgress

__all__ = ["GraphArtefact"]


class GraphArtefact:
    """The graphs of a folder with its tokenizer, prompt and generation settings."""

    def __init__(self, folder: Path, graphs: Mapping[str, Graph]) -> None:
        self._prompts, self._model = PromptTokenizer(folder / "tokenizer", folder), GreedyModel(folder, graphs)

    def prompt_ids(self, dialogue: str, style: str = "") -> list[int]:
        """See `Artefact`."""
        return self._prompts.ids(dialogue, style)

    def summarize(
        self, dialogues: Sequence[str], styles: Sequence[str], progress: OnProgress | None = None
    ) -> list[str]:
        """See `Artefact`."""

        def write(dialogue: str, style: str) -> str:
            return self._prompts.text(self._model.generate(self.prompt_ids(dialogue, style)))

        return write_each(write, dialogues, styles, progress)
