"""The parts of gpu.py. Each yields pairs of a case and its result, as they are measured."""

import time
from pathlib import Path

from gpu_place import BEAMS, FAMILIES, LARGE, SMALL, SUMMARY_TOKENS, dialogues, engine, rate, reset, steps
from gpu_recovery import recovery

__all__ = [
    "compile", "environment", "equality", "generation", "graphs", "memory", "processes", "qlora", "recovery", "speed",
]  # fmt: skip


def environment(place):
    """Name versions, card and kernels."""
    import peft
    import torch
    import transformers

    from sumtune.model.device_memory import device_name, total_bytes
    from sumtune.model.precision import choose_precision

    device = torch.device(place.device)
    yield "versions", f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}"
    yield "device", f"{device_name(device)}, {total_bytes(device) / 1e9:.0f} GB"
    precision = choose_precision("auto", device)
    yield "precision", f"{precision.name} ({precision.reason})"
    session = place.session("bart-base")
    yield "our kernels", "on" if session.loss_fn.kernels else "off"


def equality(place):
    """Compare losses of the first steps and summaries of the tuned model with those of the CPU."""
    for shape in FAMILIES:
        for precision in ("fp32", "bf16"):
            settings = {"lora__dropout": 0.0, "model__precision": precision}
            ours, cpu = (place.session(shape, device=device, **settings) for device in (place.device, "cpu"))
            count = place.count(5, 3)
            found, expected = steps(ours, count)[2], steps(cpu, count)[2]
            worst = max(abs(a - b) / b for a, b in zip(found, expected, strict=True))
            yield f"{shape} {precision}: largest difference of {count} losses", f"{worst:.1e} (CPU {expected[-1]:.4f})"
            if precision == "fp32":
                same, all_ = matching_summaries(place, ours, cpu)
                yield f"{shape} fp32: equal greedy summaries after these steps", f"{same} of {all_}"


def matching_summaries(place, ours, cpu):
    """Return how many summaries of merged models on both devices are equal, and how many there are."""
    from sumtune.model.lora import save_adapter
    from sumtune.model.merge import load_merged

    texts = []
    for session, device in ((ours, place.device), (cpu, "cpu")):
        import torch

        folder = session.run_dir.root / "adapter"
        save_adapter(session.adapted, session.master_weights.weights, folder)
        model = load_merged(Path(session.config.model.name), folder, torch.float32, device)
        summarizer = engine(session, model, beams=1)
        texts.append([one.text for one in summarizer.summarize(dialogues(place, 8), max_tokens=24)])
    return sum(a == b for a, b in zip(*texts, strict=True)), len(texts[0])


def speed(place):
    """Compare tokens per second with Trainer and PEFT in bf16, on the same examples of the same device."""
    for shape in FAMILIES:
        for together in (SMALL, LARGE) if not place.tiny else (SMALL,):
            session = place.session(shape, together, model__precision="bf16")
            count = place.count(24 if together == SMALL else 12, 2)
            reset(place)
            steps(session, place.count(6, 1))
            tokens, seconds, _ = steps(session, count, first=6)
            yield f"{shape}, {together} examples a step: ours", rate(place, tokens, seconds)
            tokens, seconds = trainer(place, session, count, together)
            yield f"{shape}, {together} examples a step: Trainer + PEFT", rate(place, tokens, seconds)


def graphs(place):
    """Compare optimizer steps of a few examples with and without recorded CUDA graphs."""
    import os

    from sumtune.train.recorded_losses import CUDA_GRAPHS

    for dropout in (0.0, 0.05):
        losses = {}
        for switch, name in (("0", "without graphs"), ("1", "with graphs")):
            os.environ[CUDA_GRAPHS] = switch
            session = place.session(FAMILIES[0], 2 * SMALL, lora__dropout=dropout, model__precision="bf16")
            first, count = place.count(8, 1), place.count(12, 2)
            losses[switch] = steps(session, first)[2] + steps(session, count, first)[2]
            seconds = steps(session, count, first)[1]  # no shape is new now
            yield f"{FAMILIES[0]}, dropout {dropout}, {count} steps of {2 * SMALL} examples {name}", f"{seconds:.2f} s"
        worst = max(abs(a - b) for a, b in zip(losses["0"], losses["1"], strict=True))
        yield f"dropout {dropout}: largest difference of {len(losses['0'])} losses", f"{worst:.4f}"
    os.environ.pop(CUDA_GRAPHS)


def trainer(place, session, count, together):
    """Return tokens and seconds of `count` optimizer steps of transformers' Trainer with a PEFT adapter in bf16."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments

    from sumtune.model.load import load_base, load_tokenizer

    folder, lora = Path(session.config.model.name), session.config.lora
    base = load_base(folder, torch.bfloat16, place.device)
    decoder_only = not base.config.is_encoder_decoder
    model = get_peft_model(base, LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules="all-linear",
        task_type="CAUSAL_LM" if decoder_only else "SEQ_2_SEQ_LM",
    ))  # fmt: skip
    model.train()
    order = [at for step in range(count) for at in session.plan.batch((6 + step) % session.plan.steps_per_epoch)]
    examples = [session.examples[at] for at in order]

    def rows(some):
        if decoder_only:
            return [{"input_ids": [*e.source, *e.target], "labels": [-100] * len(e.source) + [*e.target]} for e in some]
        return [{"input_ids": list(e.source), "labels": list(e.target)} for e in some]

    def train(some):
        settings = TrainingArguments(
            output_dir=str(session.run_dir.root / "trainer"), per_device_train_batch_size=together, num_train_epochs=1,
            use_cpu=place.device == "cpu", bf16=True, optim="adamw_torch_fused", save_strategy="no", report_to=[],
            logging_strategy="no", disable_tqdm=True, learning_rate=1e-4,
        )  # fmt: skip
        collator = DataCollatorForSeq2Seq(load_tokenizer(folder), model=None if decoder_only else base)
        begun = time.perf_counter()
        Trainer(model, settings, collator, train_dataset=rows(some)).train()
        return time.perf_counter() - begun

    reset(place)
    train(examples[: together * place.count(6, 1)])
    return sum(example.length for example in examples), train(examples)


def memory(place):
    """Show the peak memory by examples in a step, measured and as the micro-batch planner sees it."""
    from sumtune.forecast.fit_memory import fit_to_memory

    for together in (SMALL, LARGE, place.count(256, 48)):
        session = fit_to_memory(place.session(FAMILIES[0], together, model__precision="bf16"))
        reset(place)
        tokens, seconds, _ = steps(session, place.count(2, 1))
        case = f"{FAMILIES[0]}, {together} examples a step, at most {session.max_tokens:,} tokens at once"
        yield case, rate(place, tokens, seconds)


def generation(place):
    """Time summaries of untuned models, which never end by themselves, by the size of the batch."""
    import torch

    from sumtune.model.load import load_base

    for shape in FAMILIES:
        session = place.session(shape)
        model = load_base(place.model(shape), torch.bfloat16, place.device)
        texts = dialogues(place, place.count(380, 6))
        for beams in (1, BEAMS):
            summarizer = engine(session, model, beams)
            summarizer.summarize(texts[:2], max_tokens=4)
            reset(place)
            begun = time.perf_counter()
            written = summarizer.summarize(texts, max_tokens=SUMMARY_TOKENS)
            seconds = time.perf_counter() - begun
            batch = min(len(texts), summarizer.batch_size(200)) if place.device == "cuda" else 32
            case = f"{shape}, {len(texts)} summaries, beam {beams}, batches of {batch}"
            yield case, f"{seconds:.1f} s, {rate(place, sum(one.tokens for one in written), seconds)}"


def compile(place):
    """Compare training with and without `torch.compile` of the decoder."""
    import torch

    for compiled in (False, True):
        session = place.session(FAMILIES[0], LARGE if not place.tiny else SMALL, model__precision="bf16")
        if compiled:
            model = session.loss_fn.model
            model.forward = torch.compile(model.forward, dynamic=True)
        begun = time.perf_counter()
        steps(session, place.count(6, 1))
        first = time.perf_counter() - begun
        reset(place)
        tokens, seconds, _ = steps(session, place.count(12, 2), first=6)
        yield f"{FAMILIES[0]}, compile {compiled}", f"{rate(place, tokens, seconds)} (first steps {first:.0f} s)"


def qlora(place):
    """Train adapters on base models in 4 bits (NF4), beside bf16 where both fit."""
    from importlib.util import find_spec

    if find_spec("bitsandbytes") is None:
        yield "bitsandbytes", "not installed"
        return
    for shape in ("llama-1b", "llama-8b"):
        for quantize in ("nf4", None):
            session = place.session(shape, SMALL, model__precision="bf16", model__quantize=quantize)
            reset(place)
            steps(session, place.count(3, 1))
            tokens, seconds, losses = steps(session, place.count(6, 1), first=6)
            yield f"{shape}, {quantize or 'bf16'}", f"{rate(place, tokens, seconds)}, loss {losses[-1]:.2f}"
            del session


def processes(place):
    """Say how many GPUs there are; the law of several processes needs two."""
    import torch

    count = torch.cuda.device_count() if place.device == "cuda" else 0
    yield "GPUs", f"{count}: the law of several GPUs was not measured"
