"""`sumtune check`: the problems of a data set, without a run folder."""

from rich.console import Console

from sumtune.config import Config
from sumtune.data import ingest
from sumtune.data.issues import display, raise_errors
from sumtune.model.encode_stage import fit_token_limits, limit_notes, make_encoder
from sumtune.model.precision import choose_device
from sumtune.plurals import counted

__all__ = ["check_data"]


def check_data(config: Config, console: Console) -> None:
    """Print the problems of the data and the number of examples in each split.

    Raises:
        SumtuneError: the data or the model cannot be used, or the device does not exist.
    """
    choose_device(config.model.device)
    styled = config.data.style_column is not None
    model = fit_token_limits(config.model, styled=styled)
    for note in limit_notes(config.model, model):
        console.print(note, soft_wrap=True)
    checked = ingest.check(config.data, make_encoder(model, styled=styled), model)
    raise_errors(checked.issues)
    for line in display(checked.issues):
        console.print(line, soft_wrap=True)
    counts = ", ".join(f"{name} {len(examples)}" for name, examples in checked.examples.items() if examples)
    dropped = f"; dropped: {counted(checked.dropped, 'row')}" if checked.dropped else ""
    console.print(f"The data can be used: {counts} examples{dropped}.", soft_wrap=True)
