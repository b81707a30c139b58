"""`sumtune clean`: gives back the room of old checkpoints."""

import json

from sumtune.errors import RunDirError
from sumtune.run_dir import RunDir
from sumtune.train.checkpoint import list_checkpoints, prune

__all__ = ["clean"]


def clean(run_dir: RunDir, everything: bool = False) -> str:
    """Deletes checkpoints, all but the newest and the best unless `everything`; a sentence on what was freed.

    Raises:
        RunDirError: there is no such run folder.
    """
    if not run_dir.root.is_dir():
        raise RunDirError(f"There is no run folder {str(run_dir.root)!r}.")
    checkpoints = list_checkpoints(run_dir.trainer)
    if not checkpoints:
        return f"{run_dir.trainer} has no checkpoints."
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in checkpoints}
    best = json.loads((checkpoints[-1] / "state.json").read_text(encoding="utf-8"))["best_step"]
    deleted = prune(run_dir.trainer, 0 if everything else 1, -1 if everything else best)
    freed = sum(sizes[path] for path in deleted)
    return f"Deleted {len(deleted)} of {len(checkpoints)} checkpoints ({freed / 1e6:.0f} MB)."
