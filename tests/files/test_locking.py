"""Two processes cannot write one run folder; one that died does not keep the next from it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sumtune.errors import RunDirError
from sumtune.files.locking import locked

HOLD = """
import sys
from pathlib import Path
from sumtune.files.locking import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_only_one_process_holds_a_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunDirError, match=f"process {other.pid} on "), locked(tmp_path / "run"):
            pytest.fail("must not get here")
        os.kill(other.pid, signal.SIGKILL)
    with locked(tmp_path / "run"):
        pass
    with locked(tmp_path / "run"):
        assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [".lock", ".lock-owner.json"]
