"""Checks that a full disk costs no training: fills the disk under a run, frees it again, and compares the adapter.

Run: sudo python benchmarks/full_disk.py --times 25 --seed 0   # needs the right to mount a small tmpfs

Each run of a tiny model has space for zero to three checkpoints. Prints `kept N/N`.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from kill_training import Setting, adapter_of, read_code, tiny_models, train

DISK_MB = 48
CHECKPOINT_BYTES = 400_000
"""Approximate size of a checkpoint of the tiny models."""


def main() -> None:
    """Fill the disk under several runs and compare the adapters."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance, kept = random.Random(given.seed), 0
    endings: Counter[str] = Counter()
    read_code()

    with tempfile.TemporaryDirectory() as root:
        settings = tiny_models(Path(root))
        disk = Path(root) / "disk"
        disk.mkdir()
        for number in range(given.times):
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(disk)], check=True)
            try:
                ending, same = filled(settings[number % len(settings)], disk, chance.randint(0, 3 * CHECKPOINT_BYTES))
            finally:
                subprocess.run(["umount", str(disk)], check=True)
            endings[ending] += 1
            kept += same
    for ending, count in endings.items():
        print(f"{count:3} {ending}")
    print(f"kept {kept}/{given.times}")
    sys.exit(kept != given.times)


def filled(setting: Setting, disk: Path, room: int) -> tuple[str, bool]:
    """Run with `room` bytes left after the first checkpoint, then resume with enough.

    Return how the first run ended, and whether the adapter is the expected one.
    """
    folder, ballast = disk / "here", disk / "ballast"
    folder.mkdir()
    (folder / "log").symlink_to(disk.parent / f"log-{room}")  # messages do not fill the disk
    stop = threading.Event()
    filler = threading.Thread(target=fill, args=(folder / "run" / "model_trainer", ballast, room, stop))
    filler.start()
    code = train(setting.arguments, folder)
    stop.set()
    filler.join()
    said = [line for line in (folder / "log").read_text().splitlines() if line.startswith("Error: ")]
    traceback = "Traceback" in (folder / "log").read_text()
    ballast.unlink(missing_ok=True)
    again = train(setting.arguments, folder)
    same = not traceback and code in (0, 2) and again == 0 and adapter_of(folder) == setting.adapter
    if not same:
        print((folder / "log").read_text()[-2000:])
    ending = f"exit {code}: {said[-1][:60] if said else 'enough room'}"
    return ending, same


def fill(trainer: Path, ballast: Path, room: int, stop: threading.Event) -> None:
    """Fill the disk except for `room` bytes as soon as there is a checkpoint."""
    while not stop.is_set():
        if list(trainer.glob("checkpoint-*")):
            free = shutil.disk_usage(trainer).free
            with suppress(OSError):  # the run may have filled the disk meanwhile
                ballast.write_bytes(b"\0" * max(0, free - room))
            return
        time.sleep(0.002)


if __name__ == "__main__":
    main()
