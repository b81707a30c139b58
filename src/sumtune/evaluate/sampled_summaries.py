"""ROUGE of a few validation summaries while a model is trained, written with the weights of that moment."""

import time
from collections.abc import Sequence
from statistics import mean

from sumtune.data.example_file import load_jsonl
from sumtune.decode.in_training import summarizer_in_training
from sumtune.decode.long_dialogues import LongDialogueSummarizer
from sumtune.evaluate.overlap import score_multiple
from sumtune.evaluate.reference_groups import ReferencedDialogue, group_by_dialogue
from sumtune.evaluate.rouge import ROUGE_METRICS, choose_tokens
from sumtune.model.locate import locate
from sumtune.model.lora import set_dropout
from sumtune.model.summary_tokens import SummaryTokens
from sumtune.model.tokenizer import load_encoder
from sumtune.summarizer import Completion, Summarizer
from sumtune.text.prompt import Prompt
from sumtune.train.sampling_budget import SamplingBudget
from sumtune.train.session import Session

__all__ = ["SampledSummaries"]


class SampledSummaries:
    """Greedy summaries of the averaged weights of a session. They change nothing in it, and draw no random number."""

    def __init__(self, session: Session, count: int, budget: SamplingBudget) -> None:
        """Choose the first `count` validation dialogues by hash, so that a smaller choice is a part of a larger one.

        Raises:
            UnsupportedError: no engine can use the model in training.
        """
        config, run_dir = session.config, session.run_dir
        examples = load_jsonl(run_dir.require(run_dir.split("validation"), "run"))
        every = group_by_dialogue(sorted(examples, key=lambda example: example.fingerprint))
        self.examples: Sequence[ReferencedDialogue] = every[:count]
        self.budget = budget
        self._session = session
        source = locate(config.model.name, config.model.revision)
        self._encoder = load_encoder(source.folder, Prompt.load(run_dir.transformation))
        self._written = SummaryTokens.load(run_dir.transformation, len(self._encoder.tokenizer))
        references = [text for example in every for text in example.references]
        self._tokens = choose_tokens(config.evaluate.rouge_tokens, references)
        sampled = [text for example in self.examples for text in example.references]
        self._max_tokens = max(self._encoder.count_targets(sampled))
        """Tokens of the longest reference: a model that does not end its summaries yet must not cost much time."""
        self._engine()

    def __call__(self, elapsed_s: float) -> dict[str, float] | None:
        """Return the mean of each ROUGE, the number of `examples` and the `seconds` that this took.

        Return None if sampling would take too large a share of the `elapsed_s` seconds of training so far.
        """
        if not self.budget.allows(elapsed_s):
            return None
        begun = time.monotonic()
        written = self.write()
        scores = [
            score_multiple(one.text, example.references, self._tokens)[0]
            for one, example in zip(written, self.examples, strict=True)
        ]
        seconds = time.monotonic() - begun
        self.budget = self.budget.after(seconds)
        means = {name: mean(getattr(score, name) for score in scores) for name in ROUGE_METRICS}
        return means | {"examples": len(scores), "seconds": seconds}

    def write(self) -> list[Completion]:
        """Return a greedy summary of each of `examples`, at most as long as the longest of their references."""
        count, prompt = self._encoder.count, self._encoder.prompt
        summarizer = LongDialogueSummarizer(self._engine(), count, prompt.max_source_tokens, prompt.long)
        dialogues, styles = [one.dialogue for one in self.examples], [one.style for one in self.examples]
        with self._session.master_weights.averaged():
            return summarizer.summarize(dialogues, max_tokens=self._max_tokens, styles=styles)

    def _engine(self) -> Summarizer:
        """Make the engine. It is not kept, so that training has its memory."""
        session = self._session
        set_dropout(session.adapted, on=False)
        model, kernels = session.loss_fn.model, session.loss_fn.kernels
        return summarizer_in_training(model, self._encoder, session.config.decode, self._written, kernels)
