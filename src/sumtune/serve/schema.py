"""What goes in and out of the service."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["Health", "Problem", "Summaries", "SummarizeRequest", "Summary"]

MAX_DIALOGUES = 64
MAX_CHARACTERS = 100_000

Dialogue = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARACTERS)]

EXAMPLE = (
    "Maya: The boiler is out again, can someone call the landlord?\n"
    "Ivo: I'll call him after work, around 6.\n"
    "Maya: Thanks!"
)


class SummarizeRequest(BaseModel):
    """One dialogue, or up to 64 of them, each as text with one turn a line."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"dialogues": EXAMPLE}]})

    dialogues: Dialogue | Annotated[list[Dialogue], Field(min_length=1, max_length=MAX_DIALOGUES)]

    def as_list(self) -> list[str]:
        """The dialogues, one or many."""
        return [self.dialogues] if isinstance(self.dialogues, str) else self.dialogues


class Summary(BaseModel):
    """The summary of one dialogue."""

    summary: str
    tokens: int = Field(description="Generated tokens.")
    cut_off: bool = Field(description="True where the summary reached the token limit before it ended.")


class Summaries(BaseModel):
    """One summary for each dialogue, in the order of the request."""

    summaries: list[Summary]
    model: str
    elapsed_s: float = Field(description="Seconds of generation.")


class Health(BaseModel):
    """The service is up."""

    status: str = Field(examples=["ok"])
    model: str
    engine: str


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str
