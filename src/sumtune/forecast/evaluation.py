"""Forecast of the time of an evaluation, measured on the base model."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sumtune.config import Config
from sumtune.decode.build import build_summarizer
from sumtune.evaluate.baselines import BASELINES, lead_3
from sumtune.evaluate.evaluate_stage import chosen_examples, decoding_of
from sumtune.evaluate.reference_groups import ReferencedDialogue
from sumtune.evaluate.scorecard import BASE, TUNED, score_systems
from sumtune.files.run_dir import RunDir
from sumtune.forecast.timing import decode_costs, nearest_to_mean_length
from sumtune.memory import free_memory
from sumtune.model.locate import locate
from sumtune.model.tokenizer import load_encoder
from sumtune.text.encoded_file import load_encoded
from sumtune.text.parts import CountTokens, split
from sumtune.text.prompt import Prompt

__all__ = ["EvaluationCosts", "evaluation_costs", "texts_to_read"]

MEASURED_SUMMARIES = 32
"""Summaries that the base model writes to estimate their length."""
MEASURED_SOURCE_TOKENS = 65536
"""Limit on the source tokens of these summaries, so that fewer of them are written if the dialogues are long."""
MEASURED_SCORES = 48
"""Examples that are scored to time scoring."""


@dataclass(frozen=True)
class EvaluationCosts:
    """Seconds of the parts of an evaluation."""

    examples: int
    """Number of examples that can be scored."""
    setup_s: float
    """Seconds to build the engine of the tuned model."""
    example_s: float
    """Seconds to generate a summary of an example with it, and to score the example."""
    base_setup_s: float = 0.0
    """The same for the base model; 0 if it is not scored."""
    base_example_s: float = 0.0

    def seconds(self, examples: int | None = None) -> float:
        """Return the seconds of an evaluation of that many `examples`; None means all of them."""
        count = self.examples if examples is None else examples
        return self.setup_s + self.base_setup_s + (self.example_s + self.base_example_s) * count

    def affordable(self, seconds: float) -> int:
        """Return how many examples can be scored in `seconds`."""
        fixed_s = self.seconds(0)
        return max(0, min(self.examples, int((seconds - fixed_s) / (self.seconds(1) - fixed_s))))


def evaluation_costs(config: Config, run_dir: RunDir) -> EvaluationCosts:
    """Return the costs of building the engines, generating and scoring, measured on the base model.

    The tuned model is assumed to write summaries as long as those of the validation set. Systems with the same decoding
    settings are measured once. No engine stays in memory.
    """
    examples = chosen_examples(config, run_dir)[1]
    prompt, source = Prompt.load(run_dir.transformation), locate(config.model.name, config.model.revision)
    encoder = load_encoder(source.folder, prompt)
    dialogues = texts_to_read([example.dialogue for example in examples], prompt, encoder.count)
    encoded = load_encoded(run_dir.transformation / "validation.safetensors")
    lengths = [len(example.target) for example in encoded]
    mean_tokens = sum(len(example.source) for example in encoded) / len(encoded)
    score_s, measured, seconds = _scoring_seconds(examples), None, list[float]()
    for system in (TUNED, BASE) if config.evaluate.base else (TUNED,):
        decode = decoding_of(system, config)
        if decode != measured:
            begun, measured = time.monotonic(), decode
            model = build_summarizer(source, None, prompt, decode, config.model.device, encoder)
            setup_s = max(time.monotonic() - begun, model.setup_s)  # the cache may hold the engine of the base model
            costs = decode_costs(model, dialogues, model.batch_size(int(mean_tokens)))
        if system == BASE:
            count = max(1, min(MEASURED_SUMMARIES, int(MEASURED_SOURCE_TOKENS // mean_tokens)))
            sample = nearest_to_mean_length(dialogues, count)
            lengths = [completion.tokens for completion in model.summarize(sample)]
        scored = score_s * (1 + len(BASELINES) * (system == TUNED))
        seconds += [setup_s, costs.seconds(len(dialogues), lengths) / len(examples) + scored]
    del model
    free_memory()
    return EvaluationCosts(len(examples), *seconds)


def texts_to_read(dialogues: Sequence[str], prompt: Prompt, count: CountTokens) -> list[str]:
    """Return the texts that the model reads.

    For a long dialogue these are its parts and, in place of their summaries, which are unknown, the first part again.
    """
    if prompt.long == "truncate":
        return list(dialogues)
    known = zip(dialogues, count(dialogues), strict=True)
    parts = [split(dialogue, count, prompt.max_source_tokens, tokens) for dialogue, tokens in known]
    return [text for some in parts for text in (some if len(some) == 1 else [*some, some[0]])]


def _scoring_seconds(examples: Sequence[ReferencedDialogue]) -> float:
    """Return the time in seconds to score one example of one system: the mean of a sample."""
    sample = examples[:MEASURED_SCORES]
    score_systems(sample[:1], {TUNED: [""]}, split="", decoding={}, seed=0)  # loads the packages that scoring needs
    texts = [lead_3(example.dialogue) for example in sample]
    begun = time.monotonic()
    score_systems(sample, {TUNED: texts}, split="", decoding={}, seed=0)
    return (time.monotonic() - begun) / len(sample)
