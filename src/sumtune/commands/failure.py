"""Record in `run.json` why a run failed, for the list of runs."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sumtune.commands.run_record import known_record, update_record
from sumtune.errors import StoppedError, SumtuneError
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir

__all__ = ["recorded_failure"]

KEY = "failure"


@contextmanager
def recorded_failure(run_dir: RunDir) -> Iterator[None]:
    """Record an error of the block in `run.json`, and forget an earlier one when the block ends well.

    A run that the user stopped has not failed.
    """
    try:
        yield
    except StoppedError:
        raise
    except Exception as error:
        # Messages for the user hold no text of a dialogue; those of other errors might.
        reason = str(error) if isinstance(error, SumtuneError) else type(error).__name__
        with suppress(OSError):
            update_record(run_dir, {KEY: reason})
        raise
    if KEY in (record := known_record(run_dir)):
        write_record(run_dir.run_json, {key: value for key, value in record.items() if key != KEY})
