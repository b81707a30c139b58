"""`sumtune check` and `sumtune run` agree on which data can be used."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny

from sumtune.commands import pipeline
from sumtune.commands.run_record import recorded_config
from sumtune.config import Config
from sumtune.config_resolution import resolve
from sumtune.data import ingest
from sumtune.data.issues import raise_errors
from sumtune.errors import DataError
from sumtune.files.run_dir import RunDir
from sumtune.model import encode_stage as encode
from sumtune.terminal.console import plain_console
from sumtune.text.encode import Encoder

DIALOGUES, SUMMARIES = (1, 2, 3, 4, 5), (1, 2, 7)
SPLITS = (("all",), ("train",), ("train", "test"), ("train", "validation"), ("validation", "test"), ("test",))


@pytest.fixture(scope="module")
def encoder(tiny_models: dict[str, Path]) -> Encoder:
    return encode.make_encoder(Config().model.model_copy(update={"name": str(tiny_models["t5"])}))


def write(folder: Path, dialogues: int, summaries: int, splits: tuple[str, ...]) -> Path:
    for number, name in enumerate(splits):
        rows = [tiny.conversation(10 * number + at) for at in range(dialogues)]
        lines = [json.dumps(row | {"summary": f"{row['summary']} {n}"}) for row in rows for n in range(summaries)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder / "all.jsonl" if splits == ("all",) else folder


def refusal(work: Callable[[], object]) -> str | None:
    try:
        work()
    except DataError as error:
        return str(error)
    return None


@pytest.mark.parametrize("splits", SPLITS, ids="+".join)
def test_both_refuse_the_same_small_sets_with_the_same_message(
    tmp_path: Path, tiny_models: dict[str, Path], encoder: Encoder, splits: tuple[str, ...]
) -> None:
    for dialogues in DIALOGUES:
        for summaries in SUMMARIES:
            folder = tmp_path / f"{dialogues}-{summaries}"
            folder.mkdir()
            path = write(folder, dialogues, summaries, splits)
            config = resolve(overrides={"data.path": str(path), "model.name": str(tiny_models["t5"])})
            run_dir = RunDir(folder / "run")

            def check(config: Config = config) -> None:
                raise_errors(ingest.check(config.data, encoder, config.model).issues)

            def run(config: Config = config, run_dir: RunDir = run_dir) -> None:
                ingest.run(config, run_dir, lambda: encoder)
                encode.run(config, run_dir, lambda: encoder)

            assert refusal(check) == refusal(run)


@pytest.mark.parametrize(("dialogues", "summaries"), [(2, 2), (4, 1)])
def test_the_smallest_sets_that_check_accepts_go_the_whole_way(
    tmp_path: Path, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch, dialogues: int, summaries: int
) -> None:
    monkeypatch.setenv("SUMTUNE_KERNELS", "0")  # nothing to compile
    path = write(tmp_path, dialogues, summaries, ("all",))
    settings = {
        "data.path": str(path), "model.name": str(tiny_models["llama"]), "model.precision": "fp32",
        "model.max_target_tokens": 8, "train.epochs": 1, "decode.engine": "torch", "decode.beams": 1,
    }  # fmt: skip
    config, run_dir = resolve(overrides=settings), RunDir(tmp_path / "run")
    pipeline.run(config, run_dir, plain_console(file=io.StringIO()))
    assert (run_dir.evaluation / "metrics.csv").is_file()
    assert recorded_config(run_dir) == config
