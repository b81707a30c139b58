"""Summarizers of a session's averaged weights, to score a training before it has ended."""

import shutil
from pathlib import Path

from sumtune.config import DecodeConfig
from sumtune.decode.build import build_for_any_length
from sumtune.decode.in_training import summarizer_in_training
from sumtune.decode.long_dialogues import LongDialogueSummarizer
from sumtune.decode.unsupported import UnsupportedError
from sumtune.model.locate import locate
from sumtune.model.lora import save_adapter, set_dropout
from sumtune.model.summary_tokens import SUMMARY_TOKENS, SummaryTokens
from sumtune.model.tokenizer import load_encoder
from sumtune.summarizer import Summarizer
from sumtune.text.prompt import Prompt
from sumtune.train.session import Session

__all__ = ["live_summarizer", "session_summarizer"]


def live_summarizer(session: Session, decode: DecodeConfig, folder: Path) -> Summarizer:
    """Return a greedy summarizer that computes with the model of `session`, whatever weights it has at that moment.

    Nothing is built or written. If no engine can use a model in training, return `session_summarizer` instead.
    """
    made_with, model = session.run_dir.transformation, session.config.model
    encoder = load_encoder(locate(model.name, model.revision).folder, Prompt.load(made_with))
    written = SummaryTokens.load(made_with, len(encoder.tokenizer))
    set_dropout(session.adapted, on=False)
    try:
        engine = summarizer_in_training(session.loss_fn.model, encoder, decode, written, session.loss_fn.kernels)
    except UnsupportedError:
        return session_summarizer(session, decode.model_copy(update={"beams": 1}), folder)
    return LongDialogueSummarizer(engine, encoder.count, encoder.prompt.max_source_tokens, encoder.prompt.long)


def session_summarizer(session: Session, decode: DecodeConfig, folder: Path) -> Summarizer:
    """Return a summarizer that uses the averaged weights, in the engine that the finished adapter would get.

    The adapter goes to `folder`, whose content is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    save_adapter(session.adapted, session.master_weights.average, folder)
    made_with = session.run_dir.transformation
    shutil.copyfile(made_with / SUMMARY_TOKENS, folder / SUMMARY_TOKENS)
    model = session.config.model
    source = locate(model.name, model.revision)
    return build_for_any_length(source, folder, Prompt.load(made_with), decode, model.device)
