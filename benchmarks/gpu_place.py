"""Where the parts of gpu.py compute, and what they share: sessions, timed steps, engines."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from gpu_shapes import save_shape, write_conversations

SMALL, LARGE = 4, 32
"""Examples in an optimizer step."""
BEAMS, SUMMARY_TOKENS = 4, 48
FAMILIES = ("gemma-3-270m", "t5-base", "bart-base")


@dataclass(frozen=True)
class Place:
    """Where a part computes and writes."""

    device: str
    tiny: bool
    work: Path

    def count(self, wanted: int, tiny: int) -> int:
        """Return `wanted`, or in miniature `tiny`."""
        return tiny if self.tiny else wanted

    def model(self, shape: str) -> Path:
        """Return the folder of a model with the shape `shape`, written on first use."""
        folder = self.work / shape
        return folder if folder.exists() else save_shape(shape, folder, self.tiny, self.device)

    def session(self, shape: str, step_examples: int = SMALL, device: str | None = None, **settings: object):
        """Return a training session on conversations of random words. `__` in a name of `settings` stands for a dot."""
        from sumtune.config_resolution import resolve
        from sumtune.data import ingest
        from sumtune.files.run_dir import RunDir
        from sumtune.model import encode_stage
        from sumtune.train import session as training

        data = self.work / "data"
        if not data.exists():
            write_conversations(data / "train.jsonl", self.count(960, 96), seed=1)
            write_conversations(data / "validation.jsonl", 40, seed=2)
        config = resolve(overrides={
            "data.path": str(data), "model.name": str(self.model(shape)), "model.device": device or self.device,
            "model.max_source_tokens": 512, "train.effective_batch_size": step_examples,
            **{name.replace("__", "."): value for name, value in settings.items()},
        })  # fmt: skip
        run_dir = RunDir(Path(self.work) / f"run-{time.monotonic_ns()}")
        encoder = encode_stage.make_encoder(config.model)
        ingest.run(config, run_dir, lambda: encoder)
        encode_stage.run(config, run_dir, lambda: encoder)
        return training.prepare(config, run_dir)


def steps(session, count, first=0, update=True):
    """Compute `count` optimizer steps; return the tokens, the seconds and the losses."""
    import torch

    from sumtune.model.device_memory import synchronize
    from sumtune.train.session import compute_gradient

    weights = session.master_weights
    optimizer = torch.optim.AdamW(weights.weights.values(), lr=1e-4, fused=True)
    tokens, losses = 0, []
    synchronize(session.loss_fn.device)
    begun = time.perf_counter()
    for step in range(first, first + count):
        batch = [session.examples[at] for at in session.plan.batch(step % session.plan.steps_per_epoch)]
        gradient = compute_gradient(session, batch, session.max_tokens)
        if update:
            optimizer.step()
            weights.copy_to_model()
            weights.update_average(0.9)
        weights.clear_gradients()
        tokens += gradient.tokens
        losses.append(gradient.loss)
    synchronize(session.loss_fn.device)
    return tokens, time.perf_counter() - begun, losses


def reset(place):
    """Free memory of earlier cases and reset the peak."""
    import gc

    import torch

    from sumtune.model.device_memory import reset_peak

    gc.collect()
    torch.cuda.empty_cache()
    reset_peak(torch.device(place.device))


def rate(place, tokens, seconds):
    """Return tokens per second and peak memory as text."""
    import torch

    from sumtune.model.device_memory import peak_bytes

    return f"{tokens / seconds:,.0f} tokens/s, peak {peak_bytes(torch.device(place.device)) / 1e9:.2f} GB"


def engine(session, model, beams):
    """Return the torch engine of `model`."""
    from sumtune.config import DecodeConfig
    from sumtune.decode.search_settings import SearchSettings
    from sumtune.decode.torch import TorchSummarizer
    from sumtune.model.tokenizer import load_encoder
    from sumtune.text.prompt import Prompt

    encoder = load_encoder(Path(session.config.model.name), Prompt.load(session.run_dir.transformation))
    return TorchSummarizer(
        model, encoder, search=SearchSettings.of(DecodeConfig(beams=beams), encoder.prompt), batch_tokens=4096
    )


def dialogues(place, count):
    """Return the dialogues of `count` validation examples, repeated if there are fewer."""
    lines = (place.work / "data" / "validation.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(lines[at % len(lines)])["dialogue"] for at in range(count)]
