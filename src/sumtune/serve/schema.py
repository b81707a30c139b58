"""What goes in and out of the service."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sumtune.serve.dialogue_input import Dialogues
from sumtune.serve.request_body import RequestBody

__all__ = [
    "AdapterInfo",
    "AdapterRequest",
    "EngineInfo",
    "ErrorResponse",
    "HealthResponse",
    "ReadyResponse",
    "RunScores",
    "SummarizeRequest",
    "SummarizeResponse",
    "Summary",
    "UnsupportedMention",
]

MAX_TOKENS = 4096
MAX_BEAMS = 8
MIN_DEADLINE_S = 0.1
MAX_DEADLINE_S = 3600

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]

EXAMPLE = (
    "Maya: The boiler is out again, can someone call the landlord?\n"
    "Ivo: I'll call him after work, around 6.\n"
    "Maya: Thanks!"
)


class SummarizeRequest(RequestBody):
    """One dialogue, or up to 64 of them, each as text with one turn a line or as a list of turns."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"dialogues": EXAMPLE}, {"dialogues": [EXAMPLE], "beams": 1}]},
    )

    dialogues: Dialogues
    adapter: Name | None = Field(None, description="One of `GET /v1/models`; the first of them if left out.")
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] | None = Field(
        None, description="Most tokens of a summary, within the limit that the adapter was tuned with."
    )
    beams: Annotated[int, Field(ge=1, le=MAX_BEAMS)] | None = Field(
        None, description="1 is greedy search; if left out, what the adapter was scored with (greedy where streamed)."
    )
    deadline_s: Annotated[float, Field(ge=MIN_DEADLINE_S, le=MAX_DEADLINE_S)] | None = Field(
        None, description="Seconds after which the answer is of no use any more; at most the deadline of the service."
    )
    stream: bool = Field(
        False, description="Answer with server-sent events: `piece`, then `summary` for each dialogue, then `done`."
    )

    def as_list(self) -> list[str]:
        """The dialogues, one or many, as text."""
        return self.dialogues


class UnsupportedMention(BaseModel):
    """A name or number of a summary that its dialogue does not contain: check it first."""

    text: str
    kind: Literal["name", "number"]
    start: int = Field(description="First character in the summary, counted in Unicode code points.")
    end: int = Field(description="One past the last character.")


class Summary(BaseModel):
    """The summary of one dialogue."""

    summary: str
    tokens: int = Field(description="Generated tokens.")
    cut_off: bool = Field(description="True where the summary reached the token limit before it ended.")
    unsupported: list[UnsupportedMention] = Field(description="Names and numbers that the dialogue does not contain.")


class SummarizeResponse(BaseModel):
    """One summary for each dialogue, in the order of the request."""

    summaries: list[Summary]
    model: str = Field(description="Which of `GET /v1/models` wrote them.")
    beams: int
    queued_s: float = Field(description="Seconds until the last of the dialogues began to be decoded.")
    elapsed_s: float = Field(description="Seconds from request to answer.")


class AdapterRequest(RequestBody):
    """An adapter to load."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "short", "folder": "/srv/runs/short"}]}
    )

    name: Name
    folder: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")] = Field(
        description="A run folder or an adapter folder on the machine of the service."
    )


class AdapterInfo(BaseModel):
    """An adapter in service."""

    name: str
    description: str
    engine: str
    max_source_tokens: int
    beams: int = Field(description="What it searches with unless a request says otherwise.")
    default: bool


class Interval(BaseModel):
    """A mean with the ends of its 95% bootstrap interval."""

    mean: float
    low: float
    high: float


class SystemScores(BaseModel):
    """ROUGE of one system."""

    name: str
    rouge1: Interval
    rouge2: Interval
    rougeL: Interval  # noqa: N815 - its name everywhere


class RunScores(BaseModel):
    """What the run of the served adapter was scored with; no systems where it was not scored."""

    split: str | None
    n: int
    systems: list[SystemScores]
    report: bool = Field(description="Whether `GET /report` has the run's report.")


class HealthResponse(BaseModel):
    """The service is up."""

    status: Literal["ok"] = "ok"


class EngineInfo(BaseModel):
    """What decodes the summaries of a model."""

    model: str
    engine: str = Field(description="Engine and number format, for example `native int8`.")
    slower_because: str | None = Field(description="Why it is not the native engine; null where it is.")


class ReadyResponse(BaseModel):
    """The service can answer."""

    status: Literal["ready"] = "ready"
    models: list[str]
    engines: list[EngineInfo] = Field(description="Of the models that are loaded.")


class ErrorResponse(BaseModel):
    """Why a request was refused."""

    detail: str
