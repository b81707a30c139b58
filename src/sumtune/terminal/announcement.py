"""The announcement of a training run: settings and forecast."""

from sumtune.evaluate.evaluate_stage import chosen_examples
from sumtune.files.run_dir import RunDir
from sumtune.forecast.forecast import Forecast
from sumtune.forecast.long_inputs import SHORT_LIMIT
from sumtune.forecast.ranking import CANDIDATES, HALF_TRAINING, RANK_TRAINING
from sumtune.forecast.score_forecast import ScoreForecast
from sumtune.forecast.within import Choice
from sumtune.model.read_lengths import recorded_read_lengths
from sumtune.plurals import counted
from sumtune.terminal.choice import choice_lines
from sumtune.terminal.expected import expected_lines
from sumtune.terminal.no_kernels import COST
from sumtune.terminal.progress import duration
from sumtune.train.sampling_budget import SHARE
from sumtune.train.session import Session

__all__ = ["announcement"]

RULE = "=" * 60
LONG_TRAINING_S = 3600.0
"""For a longer training, quicker settings are offered."""


def announcement(
    session: Session, forecast: Forecast, scores: ScoreForecast | None = None, choice: Choice | None = None
) -> str:
    """Return the most important settings and the forecast, one per line.

    `scores` are None if nothing is scored. `choice` is what was chosen to end in time; None for a run without a limit.
    """
    config, plan = session.config, session.plan
    split, examples = chosen_examples(config, session.run_dir)
    lora = config.lora
    targets = session.targets if isinstance(session.targets, str) else ", ".join(session.targets)
    share = session.trainable_parameters / session.all_parameters
    return "\n".join(
        [
            RULE,
            f"TRAINING CONFIGURATION (LoRA - {config.preset.capitalize()} Mode)",
            RULE,
            f"Training samples: {len(session.examples)}",
            f"Evaluation samples: {len(examples)} ({split} split)",
            *_reading(session.run_dir),
            _epochs(session, choice),
            f"Warmup steps: {plan.warmup_steps}{_warmup_note(session)}",
            f"Learning rate: {_scientific(config.train.learning_rate)} ({config.train.schedule} decay)",
            f"LoRA rank: {lora.rank} (alpha {lora.alpha:g}, dropout {lora.dropout:g}, on {targets})",
            *(
                [f"Processes: {size} share the examples of each optimizer step"]
                if (size := session.group.size) > 1
                else []
            ),
            f"Model: {session.model_name}",
            f"Trainable parameters: {session.trainable_parameters:,} of {session.all_parameters:,} ({share:.2%})",
            f"Precision: {session.precision.name} ({session.precision.reason})",
            *_kernels(session),
            f"Validation: every {config.train.validate_every_steps} optimizer steps on "
            f"{counted(len(session.validation), 'example')}; {_result(session)}",
            *_sampling(forecast),
            f"Memory: {_gigabytes(forecast.peak_memory_bytes)} at the largest micro-batch "
            f"({_gigabytes(forecast.available_memory_bytes)} free){_memory_note(session)}",
            *_ranking(session),
            f"Decoding: {'greedy' if config.decode.beams == 1 else f'beam {config.decode.beams}'}",
            "",
            f"ESTIMATED TIME ({forecast.origin}):",
            f"  {_times(forecast)}",
            *_training_times(forecast),
            *_quicker(session, forecast),
            *([] if scores is None else expected_lines(scores)),
            *([] if choice is None else ["", *choice_lines(choice, config.train.within or 0.0, len(session.examples))]),
            RULE,
        ]
    )


def _epochs(session: Session, choice: Choice | None) -> str:
    plan, batch = session.plan, session.config.train.effective_batch_size
    of_examples = f"optimizer steps of {counted(batch, 'example')}"
    if choice is None or choice.steps >= plan.total_steps:
        return f"Number of epochs: {plan.settings.epochs} ({plan.total_steps} {of_examples})"
    return f"Number of epochs: about {choice.steps / plan.steps_per_epoch:.1f} (about {choice.steps} {of_examples})"


def _sampling(forecast: Forecast) -> list[str]:
    """Return a line on sampled summaries, if there are any."""
    if not forecast.sampled_examples:
        return []
    count = forecast.sampled_examples
    summaries = counted(count, "validation summary", "validation summaries")
    return [f"Sampled ROUGE: {summaries} at a time, in at most {SHARE:.0%} of the time"]


def _result(session: Session) -> str:
    kind = session.config.train.result
    return f"the {kind} adapter is ranked" if session.config.rank.candidates else f"the {kind} adapter is the result"


def _reading(run_dir: RunDir) -> list[str]:
    """Return a line on how much of each dialogue is read; no line for a run folder of an earlier release."""
    read = recorded_read_lengths(run_dir)
    if read is None:
        return []
    limit, longest, longer = read["max_source_tokens"], read["longest_dialogue"], read["longer"]
    if not longer:
        return [f"Reading: up to {limit:,} tokens of each dialogue; the longest has {longest:,}"]
    fate = "are read in parts" if read["long"] == "parts" else "lose their end"
    return [f"Reading: up to {limit:,} tokens of each dialogue; {longer:,} of {read['dialogues']:,} are longer, up "
            f"to {longest:,}, and {fate}"]  # fmt: skip


def _kernels(session: Session) -> list[str]:
    """Return a line on missing kernels; no line if nothing is missing."""
    if session.no_kernels is None:
        return []
    return [f"Kernels: none, because {session.no_kernels}. {COST} `sumtune doctor` says how to get them."]


def _times(forecast: Forecast) -> str:
    training = f"Training: {duration(forecast.all_training_s)}"
    if forecast.evaluation_s is None:
        return training
    return f"{training}   Evaluation: {duration(forecast.evaluation_s)}   Total: {duration(forecast.total_s)}"


def _training_times(forecast: Forecast) -> list[str]:
    """Return a line with the time of each stage of a new run that learns to rank."""
    if forecast.rank_s is None or forecast.after_step:
        return []
    stages = {"references": forecast.training_s, "two halves": forecast.rank_s[HALF_TRAINING],
              "candidates": forecast.rank_s[CANDIDATES], "ranking": forecast.rank_s[RANK_TRAINING]}  # fmt: skip
    return [f"  Of the training: {', '.join(f'{name} {duration(seconds)}' for name, seconds in stages.items())}"]


def _ranking(session: Session) -> list[str]:
    """Return a line on learning to rank if it is on."""
    rank = session.config.rank
    if not rank.candidates:
        return []
    return [f"Ranking: {rank.candidates} candidates for each example, written by two adapters of half the examples; "
            f"then {rank.epochs} epoch{'s' * (rank.epochs > 1)} at learning rate {_scientific(rank.learning_rate)}; "
            "the ranked adapter is the result"]  # fmt: skip


def _quicker(session: Session, forecast: Forecast) -> list[str]:
    """Return settings with which training of more than an hour would take much less time."""
    if forecast.training_s < LONG_TRAINING_S:
        return []
    limit = f"--set model.max_source_tokens={SHORT_LIMIT}"
    offers = [(f"{limit} --set model.long=truncate (reads only the beginnings)", forecast.training_truncated_s)]
    if session.config.model.long == "parts":
        offers.insert(0, (f"{limit} (reads parts)", forecast.training_in_parts_s))
    return [f"  Quicker: training with {how} takes about {duration(s)}" for how, s in offers if s is not None]


def _warmup_note(session: Session) -> str:
    wanted = session.config.train.warmup_steps
    return "" if session.plan.warmup_steps == wanted else f" ({wanted} requested; limited to a tenth of all steps)"


def _memory_note(session: Session) -> str:
    planned = session.planned_tokens
    if session.max_tokens == planned:
        return ""
    return f"; {session.max_tokens:,} tokens at once instead of {planned:,}, because memory is short"


def _scientific(value: float) -> str:
    """Return a learning rate in scientific notation.

    >>> _scientific(5e-4), _scientific(3e-5)
    ('5e-4', '3e-5')
    """
    mantissa, _, exponent = f"{value:e}".partition("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
