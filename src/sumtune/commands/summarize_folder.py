"""`sumtune summarize` of a folder of shards, here or by the workers of a Ray cluster."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sumtune.commands.ray_cluster import Place, cluster, count_workers
from sumtune.commands.summarize import summarize_file
from sumtune.decode.build import load_tuned
from sumtune.errors import InputError, SumtuneError
from sumtune.files.checksums import fingerprint
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.plurals import counted

__all__ = ["Job", "summarize_folder"]

SUFFIXES = (".jsonl", ".parquet")
RECORD = ".summaries.json"
"""In the output folder: what its summaries were made with."""
SHOWN_ERRORS = 5


@dataclass(frozen=True)
class Job:
    """A folder of shards, the folder for their summaries, and the settings of `summarize_file`."""

    source: Path
    target: Path
    run_dir: Path
    beams: int | None = None
    dialogue_column: str | None = None
    style: str = ""

    def output(self, shard: str) -> Path:
        """Return the file for the summaries of `shard`."""
        return self.target / f"{Path(shard).stem}.jsonl"

    def is_done(self, shard: str) -> bool:
        """Return whether the summaries of `shard` are there and not older than the shard."""
        output = self.output(shard)
        return output.exists() and output.stat().st_mtime >= (self.source / shard).stat().st_mtime


class ShardWorker:
    """Summarizes shards, all with the same engine."""

    def __init__(self, job: Job, place: Place | None = None) -> None:
        """`place` is given in a process that Ray has started."""
        self._job = job
        self._load = cache(load_tuned)
        if place is not None:
            place.enter()

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """Summarize the shards under `shard`; return them with their numbers of `rows`, and `error` messages or ""."""
        results = [self._summarize(str(shard)) for shard in batch["shard"]]
        rows, errors = zip(*results, strict=True)
        return {"shard": [str(shard) for shard in batch["shard"]], "rows": list(rows), "error": list(errors)}

    def _summarize(self, shard: str) -> tuple[int, str]:
        job = self._job
        try:
            return summarize_file(
                job.source / shard, job.output(shard), RunDir(job.run_dir), job.beams, job.dialogue_column, job.style,
                load=self._load,
            ), ""  # fmt: skip
        except SumtuneError as error:
            return 0, f"{shard}: {error}"


def summarize_folder(job: Job, ray_address: str | None = None, cores: int = 1) -> None:
    """Write each shard of `job.source` to `job.target` as JSONL with summaries.

    A shard appears when all its rows are done. The same call continues an interrupted one: it skips finished shards.
    With `ray_address` ("auto": the cluster of this machine), Ray workers of `cores` cores each share the shards. They
    need both folders and the run folder under the same paths. A shard whose worker dies is continued by another one.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster at `ray_address`.
        InputError: there is no shard, `job.target` holds other summaries, or shards could not be summarized; the other
            shards are finished.
    """
    shards = _shards(job.source)
    _require_same_settings(job)
    waiting = [shard for shard in shards if not job.is_done(shard)]
    print(f"{counted(len(shards), 'shard')}, {len(shards) - len(waiting)} of them done.", file=sys.stderr)
    errors, rows = [], 0
    for result in _results(job, waiting, ray_address, cores):
        if result["error"]:
            errors.append(result["error"])
        else:
            rows += result["rows"]
            print(f"{result['shard']}: {counted(result['rows'], 'summary', 'summaries')}", file=sys.stderr)
    if errors:
        raise InputError("\n".join([f"{counted(len(errors), 'shard')} not summarized:", *errors[:SHOWN_ERRORS]]))
    print(f"{counted(rows, 'summary', 'summaries')} written to {job.target}", file=sys.stderr)


def _shards(source: Path) -> list[str]:
    shards = sorted(path.name for path in source.iterdir() if path.suffix in SUFFIXES and not path.name.startswith("."))
    if not shards:
        raise InputError(f"{source} holds no shard: expected files named *{' or *'.join(SUFFIXES)}.")
    stems = [Path(shard).stem for shard in shards]
    if repeated := {stem for stem in stems if stems.count(stem) > 1}:
        raise InputError(f"{source} holds several shards named {min(repeated)!r}, whose summaries need the same name.")
    return shards


def _require_same_settings(job: Job) -> None:
    """Record what the summaries are made with, or check that it equals what is recorded."""
    adapter = RunDir(job.run_dir).require(RunDir(job.run_dir).adapter, "run")
    settings = {key: str(value) for key, value in asdict(job).items() if key not in ("source", "target", "run_dir")}
    made_from = {"made_from": fingerprint(sorted(path for path in adapter.iterdir() if path.is_file()), settings)}
    try:
        job.target.mkdir(parents=True, exist_ok=True)
        if find_record(job.target / RECORD) not in (None, made_from):
            raise InputError(f"{job.target} holds summaries of another model or with other settings: use a new folder.")
        write_record(job.target / RECORD, made_from)
    except OSError as error:
        raise InputError(f"Cannot write {job.target}: {error.strerror}.") from None


def _results(job: Job, shards: Sequence[str], ray_address: str | None, cores: int) -> Iterator[dict[str, Any]]:
    if not shards:
        return
    if ray_address is not None:
        yield from _results_of_cluster(job, shards, ray_address, cores)
        return
    worker = ShardWorker(job)
    for shard in shards:
        yield {key: values[0] for key, values in worker({"shard": [shard]}).items()}


def _results_of_cluster(job: Job, shards: Sequence[str], address: str, cores: int) -> Iterator[dict[str, Any]]:
    with cluster(address) as ray:
        workers = min(count_workers(ray, cores), len(shards))
        items = ray.data.from_items([{"shard": shard} for shard in shards], override_num_blocks=len(shards))
        done = items.map_batches(
            ShardWorker, fn_constructor_args=(job, Place(Path.cwd(), cores)), batch_size=1, num_cpus=cores,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
        )  # fmt: skip
        yield from done.iter_rows()
