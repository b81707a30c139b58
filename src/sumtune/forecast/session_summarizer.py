"""The summarizer of a session's weights at this moment, to score a training before it has ended."""

import shutil
from pathlib import Path

from sumtune.config import DecodeConfig
from sumtune.decode.build import build_for_any_length
from sumtune.model.locate import locate
from sumtune.model.lora import save_adapter
from sumtune.model.summary_tokens import SUMMARY_TOKENS
from sumtune.summarizer import Summarizer
from sumtune.text.prompt import Prompt
from sumtune.train.session import Session

__all__ = ["session_summarizer"]


def session_summarizer(session: Session, decode: DecodeConfig, folder: Path) -> Summarizer:
    """Return a summarizer of the averaged weights. The adapter goes to `folder`, whose content is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    save_adapter(session.adapted, session.master_weights.average, folder)
    made_with = session.run_dir.transformation
    shutil.copyfile(made_with / SUMMARY_TOKENS, folder / SUMMARY_TOKENS)
    model = session.config.model
    source = locate(model.name, model.revision)
    return build_for_any_length(source, folder, Prompt.load(made_with), decode, model.device)
