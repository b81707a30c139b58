"""A run that was killed comes to the same adapter, whatever the moment."""

import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).parents[2] / "benchmarks" / "kill_training.py"


@pytest.mark.e2e
def test_killed_runs_come_to_the_same_adapter():
    done = subprocess.run([sys.executable, str(KILLS), "--kills", "5", "--seed", "1"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "survived 5/5" in done.stdout
