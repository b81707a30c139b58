"""Every setting with its type, default and unit. Presets, files and `--set` override the defaults."""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from sumtune.durations import parse_duration

__all__ = [
    "AUTO",
    "PRESETS",
    "Config",
    "DataConfig",
    "DecodeConfig",
    "EvaluateConfig",
    "LoraConfig",
    "ModelConfig",
    "Preset",
    "PromptConfig",
    "RankConfig",
    "RougeTokens",
    "Section",
    "TrainConfig",
]

Preset = Literal["best", "quality", "balanced", "fast"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

RougeTokens = Literal["auto", "rouge-score", "unicode", "char"]

AUTO: Literal["auto"] = "auto"

Positive = Annotated[int, Field(gt=0)]
Duration = Annotated[float, BeforeValidator(parse_duration), Field(gt=0)]
"""Seconds."""
Beams = Annotated[int, Field(gt=0, le=128)]


def _as_list(value: object) -> object:
    """Return a list of one text in place of a text."""
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""One text or several."""


class Section(BaseModel):
    """A group of settings. Unknown keys are errors; values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DataConfig(Section):
    """Training data."""

    path: str = "embedded"
    """`embedded`, a CSV/JSON/JSONL/Parquet file, a folder with split files, or a Hugging Face data set id."""
    dialogue_column: str | None = None
    """Column of the dialogue; null finds it by its name."""
    summary_column: str | None = None
    """Column of the summary; null finds it by its name."""
    style_column: str | None = None
    """Column whose value ("in one sentence", "for the engineer") is part of the prompt; null means no styles."""
    train_share: float = Field(1.0, gt=0, le=1)
    """Share of training examples to use, chosen by hash."""
    drop_invalid: bool = False
    """Drop rows with errors instead of stopping."""


class PromptConfig(Section):
    """A prompt of your own: the text before the dialogue, after it, and before the summary.

    With `data.style_column`, the style replaces `{style}` in `before` or `after`.
    """

    before: str = Field("", max_length=16384)
    after: str = Field("", max_length=16384)
    before_summary: str = Field("", max_length=16384)


PromptChoice = Annotated[
    Annotated[Literal["auto", "plain", "chat"], Tag("<name>")] | Annotated[PromptConfig, Tag("<mapping>")],
    Discriminator(lambda value: "<mapping>" if isinstance(value, dict | PromptConfig) else "<name>"),
]
"""Error messages omit type tags, which begin with `<`."""


class ModelConfig(Section):
    """The base model and its token limits."""

    name: str = "embedded"
    """`embedded`, a model folder, a `.gguf` file, or a Hugging Face model id."""
    revision: str | None = None
    """Branch, tag or commit of a Hugging Face model id."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """`auto` measures both on this machine and chooses bf16 only if it is faster."""
    quantize: Literal["nf4"] | None = None
    """`nf4` holds the frozen weights in 4 bits during training (QLoRA, Dettmers et al. 2023). Needs `bitsandbytes`."""
    prompt: PromptChoice = "auto"
    """Words around the dialogue. `chat` is the tokenizer's chat template with `instruction`, `plain` the prompt of the
    model family; `auto` is `chat` if the tokenizer has a template."""
    instruction: str = Field("Summarize the conversation.", min_length=1, max_length=16384)
    """Instruction before the dialogue, used by `chat`. A style replaces `{style}`, or follows the instruction."""
    max_source_tokens: Literal["auto"] | Annotated[int, Field(ge=16)] = AUTO
    """Maximum number of dialogue tokens that are read at once. `auto` reads whole dialogues if the context of the model
    and the memory of this machine allow."""
    long: Literal["parts", "truncate"] = "parts"
    """`parts` summarizes the parts of a longer dialogue, then their summaries together; `truncate` cuts its end off."""
    max_target_tokens: Literal["auto"] | Annotated[int, Field(ge=4)] = AUTO
    """Maximum number of summary tokens, end-of-sequence token included. Longer summaries lose their end in training.
    `auto` is 512, or less if the model has few positions. Generation ends at the length of the longest training
    summary."""


class LoraConfig(Section):
    """Low-rank adaptation (Hu et al. 2021, https://arxiv.org/abs/2106.09685)."""

    rank: int = Field(16, gt=0, le=4096)
    alpha: float = Field(32.0, gt=0)
    dropout: float = Field(0.1, ge=0, lt=1)
    target_modules: tuple[str, ...] | None = ("all-linear",)
    """Names of the linear layers to adapt; null means query and value, as the model family names them."""
    rslora: bool = False
    """Scale by alpha/sqrt(rank) (Kalajdzievski 2023) instead of alpha/rank."""
    dora: bool = False
    """Learn magnitude and direction separately (Liu et al. 2024)."""
    plus_ratio: float = Field(1.0, ge=1, le=1000)
    """Learning rate of B relative to that of A: LoRA+ (Hayou et al. 2024) recommends 16; 1 is plain LoRA."""


class TrainConfig(Section):
    """The training loop."""

    epochs: Positive = 3
    learning_rate: float = Field(3e-4, gt=0, lt=1)
    warmup_steps: int = Field(100, ge=0)
    """Optimizer steps of linear warm-up, at most a tenth of all optimizer steps."""
    schedule: Literal["linear", "cosine"] = "linear"
    """How the learning rate falls to zero after warm-up."""
    effective_batch_size: Positive = 4
    """Examples in an optimizer step."""
    micro_batch_tokens: Annotated[int, Field(ge=64)] = 1536
    """Maximum number of tokens in a micro-batch, padding included; a longer example is a micro-batch of its own. On a
    GPU, a micro-batch holds a whole optimizer step if memory allows."""
    average_power: float | None = Field(2.0, ge=0)
    """The adapter is a weighted mean of the weights after each optimizer step t, with weight t to this power:
    2 gives the second half of a run more weight, 0 weighs all steps alike; null takes the last weights alone."""
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    validate_every_steps: Positive = 50
    """Optimizer steps between two validations, each followed by a checkpoint."""
    validation_examples: Positive = 40
    """Maximum number of examples in a validation, spread evenly over their lengths. Fewer are used if they are long, so
    that all validations together read at most a quarter of the tokens that the training reads."""
    within: Duration | None = None
    """Time of the whole command, evaluation included, such as `45m`, `1h30m` or seconds; null means no limit.
    `train.epochs`, `decode.beams`, `evaluate.base` and `evaluate.max_examples` are then chosen to fit, and the learning
    rate falls with the time that has passed."""
    stop_early: bool = False
    """End the training when the ROUGE of sampled summaries is expected to rise by less than 0.003 until its end."""
    sampled_summaries: int = Field(24, ge=0, le=1000)
    """Maximum number of validation summaries that are generated and scored after a validation, to follow ROUGE while
    the model is trained; 0 turns this off. There are fewer, or not after every validation, if they would take more than
    3% of the training time. They do not change the result."""
    result: Literal["best", "last"] = "last"
    """The adapter to publish: the one with the lowest validation loss, or that of the last optimizer step."""
    keep_checkpoints: Positive = 2
    """Newest checkpoints to keep, besides the best."""
    seed: int = Field(0, ge=0)


class RankConfig(Section):
    """Learning to rank one's own candidate summaries, after training on the reference summaries.

    Two adapters, each trained on half of the examples, write candidates for the other half. A candidate's reward is the
    mean of ROUGE-1, -2 and -L against the reference, minus a penalty for names and numbers that the dialogue does not
    contain. Then training continues with the cross entropy of the reference and a margin loss, which makes
    better candidates more likely than worse ones (BRIO, Liu et al. 2022, https://arxiv.org/abs/2203.16804).
    """

    candidates: int = Field(0, ge=0, le=64)
    """Candidate summaries that are written for each example; 0 turns learning to rank off."""
    temperature: float = Field(0.7, gt=0, le=10)
    """Divides the logits when candidates are sampled; a lower one makes candidates more alike."""
    top_k: Positive = 50
    """Each token of a candidate is sampled from this many most likely ones."""
    half_epochs: Positive = 3
    """Epochs of the two adapters that write candidates."""
    epochs: Positive = 1
    """Epochs of learning to rank."""
    learning_rate: float = Field(1e-4, gt=0, lt=1)
    """Highest learning rate of learning to rank. `train.schedule` and all other settings of training apply."""
    warmup_steps: int = Field(30, ge=0)
    """Optimizer steps of linear warm-up of learning to rank, at most a tenth of its optimizer steps."""
    weight: float = Field(5.0, gt=0, le=1000)
    """Weight of the margin loss beside the cross entropy of the reference, in nats per token each."""
    margin: float = Field(3.0, gt=0, le=1000)
    """Difference between the mean log-probabilities of two candidates (nats per token) that a difference of 1 between
    their rewards asks for."""

    @field_validator("candidates")
    @classmethod
    def _enough_to_compare(cls, count: int) -> int:
        if count == 1:
            raise ValueError("ranking needs at least 2 candidates to compare (0 turns it off)")
        return count


class DecodeConfig(Section):
    """How summaries are generated."""

    beams: Beams = 4
    """1 is greedy search."""
    length_penalty: float = Field(1.0, ge=-10, le=10)
    """Exponent of the length by which beam scores are divided; above 1 favours longer summaries."""
    no_repeat_ngram_size: Literal["auto", 0] | Annotated[int, Field(ge=2, le=64)] = AUTO
    """Never write the same sequence of this many tokens twice in a summary; 0 allows all repeats. `auto` is 8, or as
    many more as it takes that at most a fifth of the training summaries contain such a repeat."""
    no_repeat_words: Literal["auto", 0] | Annotated[int, Field(ge=2, le=64)] = AUTO
    """Never write the same sequence of this many words twice in a summary; 0 allows all repeats. `auto` is 4, or more,
    as for tokens, and 0 if `no_repeat_ngram_size` is set. CTranslate2 and exports do not count words."""
    engine: Literal["auto", "native", "ctranslate2", "torch"] = "auto"
    """On the CPU, `auto` is the first of native (decoder-only), CTranslate2 and torch that supports the model."""
    quantization: Literal["int8", "float32"] = "int8"
    """Number format of the native engine and CTranslate2."""
    batch_tokens: Annotated[int, Field(ge=64, le=1 << 20)] = 4096
    """Maximum number of source tokens in a batch, padding included. A GPU takes as many as its memory holds."""
    shortlist: Positive | None = 98304
    """Number of most frequent tokens that the native engine can write in English summaries, besides all tokens of the
    training summaries and of the dialogue. null means the whole vocabulary; other languages always use it."""


class EvaluateConfig(Section):
    """Scoring."""

    base: bool = True
    """Also score the base model, to show whether training helped."""
    base_beams: Beams = 1
    """Beams for the base model. The base model rarely ends a summary, so beam search would take several times as
    long."""
    max_examples: Positive | None = None
    """Score at most this many examples, chosen by hash."""
    rouge_tokens: RougeTokens = "auto"
    """What ROUGE counts: `rouge-score` (stemmed English words), `unicode` (words of any language) or `char`
    (characters); `auto` is `rouge-score` if the references are English, otherwise `unicode`."""
    shown_examples: int = Field(3, ge=0)


class Config(Section):
    """All settings of a run."""

    preset: Preset = "quality"
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    lora: LoraConfig = LoraConfig()
    train: TrainConfig = TrainConfig()
    rank: RankConfig = RankConfig()
    decode: DecodeConfig = DecodeConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    track: Texts = Field((), exclude=True)
    """Trackers that follow the run: `mlflow`, `mlflow=URI`, `tensorboard`, `trackio`. They do not change the run, so
    `run.json` does not list them."""
    track_examples: bool = Field(False, exclude=True)
    """Trackers also get the report with conversations, and all summaries."""

    @model_validator(mode="after")
    def _style_has_a_place(self) -> "Config":
        prompt = self.model.prompt
        if self.data.style_column is None or not isinstance(prompt, PromptConfig):
            return self
        if "{style}" not in prompt.before + prompt.after:
            raise ValueError(
                "data.style_column needs a place in your prompt: put {style} into model.prompt.before or "
                "model.prompt.after"
            )
        return self

    @model_validator(mode="after")
    def _ends_in_one_training(self) -> "Config":
        if self.rank.candidates and (self.train.within is not None or self.train.stop_early):
            key = "train.stop_early" if self.train.within is None else "train.within"
            raise ValueError(
                f"{key} cannot be combined with rank.candidates: choose another preset, or rank.candidates=0"
            )
        if self.train.stop_early and not self.train.sampled_summaries:
            raise ValueError("train.stop_early needs sampled summaries: set train.sampled_summaries, 24 by default")
        return self

    @model_validator(mode="after")
    def _longest_example_fits(self) -> "Config":
        limits = (self.model.max_source_tokens, self.model.max_target_tokens)
        longest = sum(limit for limit in limits if isinstance(limit, int))
        if longest > self.train.micro_batch_tokens:
            raise ValueError(
                f"train.micro_batch_tokens ({self.train.micro_batch_tokens}) must hold one example of "
                f"model.max_source_tokens + model.max_target_tokens ({longest})"
            )
        return self
