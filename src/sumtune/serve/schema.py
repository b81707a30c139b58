"""Request and response models of the service's own API."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sumtune.data.styles import MAX_STYLE_CHARACTERS
from sumtune.serve.dialogue_input import Dialogues
from sumtune.serve.request_body import RequestBody

__all__ = [
    "AdapterInfo",
    "AdapterRequest",
    "EngineInfo",
    "ErrorResponse",
    "HealthResponse",
    "InconsistentPart",
    "ReadyResponse",
    "RunScores",
    "StyleText",
    "SummarizeRequest",
    "SummarizeResponse",
    "Summary",
    "UnsupportedMention",
]

MAX_TOKENS = 4096
MAX_BEAMS = 8
MIN_DEADLINE_S = 0.1
MAX_DEADLINE_S = 3600

StyleText = Annotated[str, StringConstraints(max_length=MAX_STYLE_CHARACTERS)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]

EXAMPLE = (
    "Maya: The boiler is out again, can someone call the landlord?\n"
    "Ivo: I'll call him after work, around 6.\n"
    "Maya: Thanks!"
)


class SummarizeRequest(RequestBody):
    """One dialogue or a list of up to 64. A dialogue is a text with one turn per line, or a list of turns."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"dialogues": EXAMPLE}, {"dialogues": [EXAMPLE], "beams": 1}]},
    )

    dialogues: Dialogues
    adapter: Name | None = Field(None, description="A model from `GET /v1/models`; the first one by default.")
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] | None = Field(
        None, description="Most tokens in a summary. The limit the adapter was tuned with still applies."
    )
    beams: Annotated[int, Field(ge=1, le=MAX_BEAMS)] | None = Field(
        None, description="1 is greedy search. Default: as evaluated; greedy if streamed."
    )
    deadline_s: Annotated[float, Field(ge=MIN_DEADLINE_S, le=MAX_DEADLINE_S)] | None = Field(
        None, description="Seconds until the request times out, at most the deadline of the service."
    )
    style: StyleText | None = Field(
        None, description="Style of the summaries, for a model tuned with styles (`GET /adapters` lists them)."
    )
    stream: bool = Field(
        False, description="Respond with server-sent events: `piece`, then `summary` for each dialogue, then `done`."
    )

    def as_list(self) -> list[str]:
        """Return the dialogues as texts."""
        return self.dialogues


class UnsupportedMention(BaseModel):
    """A name or number in the summary that is not in the dialogue. Check it."""

    text: str
    kind: Literal["name", "number"]
    start: int = Field(description="Position of the first character in the summary, in Unicode code points.")
    end: int = Field(description="Position after the last character.")


class InconsistentPart(BaseModel):
    """A part of the summary that the dialogue says differently or not at all. Check it."""

    text: str
    kind: Literal["subject", "number", "negation", "sentence"]
    start: int = Field(description="Position of the first character in the summary, in Unicode code points.")
    end: int = Field(description="Position after the last character.")
    reason: str


class Summary(BaseModel):
    """The summary of one dialogue."""

    summary: str
    tokens: int = Field(description="Number of generated tokens.")
    cut_off: bool = Field(description="Whether the summary reached the token limit before it ended.")
    read: str = Field(description="How the dialogue was read: `whole`, or `parts (5)` if it is long.")
    unsupported: list[UnsupportedMention] = Field(description="Names and numbers that are not in the dialogue.")
    inconsistent: list[InconsistentPart] = Field(
        description="Parts of an English summary that the dialogue says differently or not at all."
    )


class SummarizeResponse(BaseModel):
    """One summary per dialogue, in the order of the request."""

    summaries: list[Summary]
    model: str = Field(description="The model that wrote the summaries.")
    beams: int
    queued_s: float = Field(description="Seconds until decoding of the last dialogue, or of its first part, started.")
    elapsed_s: float = Field(description="Seconds from request to response.")
    note: str | None = Field(
        None, description="A message if the model does not know the requested style; otherwise null."
    )


class AdapterRequest(RequestBody):
    """Request to load an adapter."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "short", "folder": "/srv/runs/short"}]}
    )

    name: Name
    folder: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")] = Field(
        description="A run folder or adapter folder on the machine of the service."
    )


class AdapterInfo(BaseModel):
    """A loaded adapter."""

    name: str
    description: str
    engine: str
    max_source_tokens: int = Field(description="Most tokens of a dialogue that is read whole.")
    long: Literal["parts", "refused"] = Field(description="Whether longer dialogues are read in parts.")
    beams: int = Field(description="Default number of beams.")
    default: bool
    styles: list[str] = Field(description="Styles that it was tuned with; empty if it was tuned without.")


class Interval(BaseModel):
    """Mean with its 95% bootstrap interval."""

    mean: float
    low: float
    high: float


class SystemScores(BaseModel):
    """ROUGE and chrF scores of one system."""

    name: str
    rouge1: Interval
    rouge2: Interval
    rougeL: Interval  # noqa: N815 - the usual name
    chrf: Interval | None = Field(None, description="Null for scores of earlier versions.")


class RunScores(BaseModel):
    """Scores of the run; without systems if it was not evaluated."""

    split: str | None
    n: int
    systems: list[SystemScores]
    report: bool = Field(False, description="Whether `/report` shows the report of the run.")


class HealthResponse(BaseModel):
    """The service is running."""

    status: Literal["ok"] = "ok"


class EngineInfo(BaseModel):
    """Engine that decodes a model."""

    model: str
    engine: str = Field(description="Engine and number format, for example `native int8`.")
    slower_because: str | None = Field(description="Why it is not the native engine; null if it is.")


class ReadyResponse(BaseModel):
    """The service can summarize."""

    status: Literal["ready"] = "ready"
    models: list[str]
    engines: list[EngineInfo] = Field(description="The engines of the loaded models.")


class ErrorResponse(BaseModel):
    """Error response."""

    detail: str
