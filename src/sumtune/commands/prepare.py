"""From the configuration to encoded data. All that is wrong with the model or the data is found here."""

from functools import cache, partial

from rich.console import Console

from sumtune.config import Config
from sumtune.data import ingest
from sumtune.data.issues import display
from sumtune.files.run_dir import RunDir
from sumtune.memory import free_memory
from sumtune.model import encode_stage
from sumtune.model.precision import choose_device

__all__ = ["prepare_data", "within_limits"]


def within_limits(config: Config, console: Console) -> Config:
    """Return `config` with token limits that the model allows. This checks the model before any data is read.

    Raises:
        ConfigError: the device does not exist.
        ModelError: the model is missing or unusable, or has no positions for a dialogue.
    """
    choose_device(config.model.device)
    model = encode_stage.fit_token_limits(config.model, styled=config.data.style_column is not None)
    for note in encode_stage.limit_notes(config.model, model):
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    return config.model_copy(update={"model": model})


def prepare_data(config: Config, limited: Config, run_dir: RunDir, console: Console) -> None:
    """Run the stages ingest, validate, split and encode."""
    styled = config.data.style_column is not None
    make_encoder = cache(partial(encode_stage.make_encoder, config.model, styled=styled))  # unchanged data needs none
    ingested = ingest.run(limited, run_dir, make_encoder)
    for line in display(ingested.issues):
        console.print(line)
    encode_stage.run(config, run_dir, make_encoder)
    make_encoder.cache_clear()  # a vocabulary of 262,144 tokens takes half a gigabyte
    free_memory()
