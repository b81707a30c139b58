"""The stage `card`: writes `MODEL_CARD.md` from the files of a scored run."""

from pathlib import Path

from sumtune.files.atomic import update_text
from sumtune.files.run_dir import RunDir
from sumtune.report.card import model_card

__all__ = ["write_card"]


def write_card(run_dir: RunDir) -> Path:
    """Write the model card into the run folder and return its path.

    Raises:
        RunDirError: the folder holds no scored run, or a file is damaged.
    """
    update_text(run_dir.model_card, model_card(run_dir))
    return run_dir.model_card
