"""Long steps are named: by a line in a log, beside a spinner on a terminal."""

import io

import pytest
from rich.console import Console

from sumtune.terminal.status import status


def test_a_log_has_a_line_before_the_step() -> None:
    written = io.StringIO()
    with status(Console(file=written), "Measuring"):
        assert written.getvalue() == "Measuring …\n"
    assert written.getvalue() == "Measuring …\n"


def test_a_terminal_shows_the_step_and_clears_it_also_after_an_error() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=60)
    with pytest.raises(ValueError, match="planted"), status(console, "Measuring"):
        raise ValueError("planted")
    assert "Measuring" in written.getvalue()
    assert written.getvalue().endswith("\x1b[2K"), "the line is erased"
