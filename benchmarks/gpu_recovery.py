"""Out of memory: a step in smaller micro-batches has the same gradient."""

import time

from gpu_place import FAMILIES


def recovery(place):
    """Compare a step that runs out of memory with one that does not. On a CPU the lack of memory is simulated."""
    import torch

    session = place.session(FAMILIES[0], place.count(128, 16), lora__dropout=0.1, model__precision="fp32")
    state = session.generator.get_state()
    roomy = gradient_of(session, state)
    plenty = session.max_tokens
    with short_of_memory(place, session) as limit:
        begun = time.perf_counter()
        tight = gradient_of(session, state)
        seconds = time.perf_counter() - begun
    difference = float(torch.norm(tight[0] - roomy[0]) / torch.norm(roomy[0]))
    yield "memory limit", limit
    yield "tokens at once, before and after", f"{plenty:,} and {tight[1]:,} (the step took {seconds:.2f} s)"
    yield "relative difference of the gradient", f"{difference:.1e}"


def gradient_of(session, state):
    """Return the gradient of the first step as one vector, and the tokens at once that fitted."""
    import torch

    from sumtune.train.session import compute_gradient

    session.generator.set_state(state)
    found = compute_gradient(session, [session.examples[at] for at in session.plan.batch(0)], session.max_tokens)
    vector = torch.cat([gradient.flatten().cpu() for gradient in session.master_weights.gradients()])
    session.master_weights.clear_gradients()
    return vector, found.max_tokens


class short_of_memory:  # noqa: N801
    """Context in which the device has too little memory for the micro-batch that was just computed."""

    def __init__(self, place, session):
        self.place, self.session = place, session

    def __enter__(self):
        import torch

        if self.place.device != "cuda":
            loss_fn, limit = self.session.loss_fn, self.session.max_tokens // 3
            self.undo = loss_fn._loss

            def tight(examples):
                if len(examples) * max(example.length for example in examples) > limit:
                    raise torch.OutOfMemoryError("CUDA out of memory (simulated)")
                return self.undo(examples)

            loss_fn._loss = tight
            return f"simulated at {limit:,} tokens"
        base, peak = torch.cuda.memory_allocated(), torch.cuda.max_memory_allocated()
        limit = base + (peak - base) // 3
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(limit / torch.cuda.get_device_properties(0).total_memory)
        return f"{limit / 1e9:.1f} GB instead of the {peak / 1e9:.1f} GB needed"

    def __exit__(self, *_):
        import torch

        if self.place.device == "cuda":
            torch.cuda.set_per_process_memory_fraction(1.0)
        else:
            self.session.loss_fn._loss = self.undo
