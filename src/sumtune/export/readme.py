"""`README.md` of an export: what it is, how to use it, and how it was checked."""

from pathlib import Path

from sumtune.export.format import ExportFormat
from sumtune.export.proof import Proof
from sumtune.export.source import ExportSource

__all__ = ["readme"]


def readme(
    kind: ExportFormat, tuned: ExportSource, source: ExportSource, folder: Path, proof: Proof | None,
    why_not_checked: str | None,
) -> str:  # fmt: skip
    """Return the text of `README.md` for the export in `folder`; `source` is `tuned`, with the search of `kind`."""
    sections = [
        f"# A summarizer of conversations: {kind.name}",
        f"{source.base.name} with an adapter that was tuned by sumtune, for {kind.purpose}.",
        f"## Use\n\n{kind.usage(source, folder)}",
        f"## Limits\n\n{_limits(kind, tuned, source)}",
        f"## Check\n\n{_check(kind, proof, why_not_checked)}",
    ]
    return "\n\n".join(sections + ([f"## Terms\n\n{source.notice}"] if source.notice else [])) + "\n"


def _limits(kind: ExportFormat, tuned: ExportSource, source: ExportSource) -> str:
    lines = [
        f"- A dialogue has one turn per line (`Name: text`) and at most {kind.max_source_tokens(source):,} tokens. "
        "Longer ones must be cut or divided first.",
        f"- A summary has at most {source.prompt.max_target_tokens:,} tokens.",
    ]
    if source.prompt.single_line:
        lines.append("- A summary is one line: a line break ends it, like the end token.")
    if size := source.search.no_repeat_ngram_size:
        lines.append(f"- A summary never contains the same sequence of {size} tokens twice.")
    elif size := tuned.search.no_repeat_ngram_size:
        lines.append(f"- Unlike in sumtune, a summary may contain the same sequence of {size} tokens twice.")
    if size := tuned.search.no_repeat_words:
        lines.append(
            f"- A summary may contain the same {size} words twice. In sumtune, `native` and `torch` prevent this."
        )
    lines.append("- `prompt.json` holds the text around the dialogue. Without it, the model writes something else.")
    return "\n".join(lines)


def _check(kind: ExportFormat, proof: Proof | None, why_not_checked: str | None) -> str:
    if proof is None:
        return f"This export was **not checked**: {why_not_checked}"
    exact, scored = proof.exact.metrics["rouge1"], proof.scored.metrics["rouge1"]
    verdict = f"**failed**: {' '.join(proof.problems)}" if proof.problems else "passed."
    return (
        f"{proof.n} {proof.split} examples were summarized with this folder by {kind.runtime}, and by sumtune in "
        f"float32: {verdict} ROUGE-1 is {exact.second:.4f}, and {exact.first:.4f} by sumtune (difference "
        f"{exact.difference:+.4f}, 95% interval {exact.low:+.4f} to {exact.high:+.4f}). With the number format in "
        f"which the run was scored ({proof.scored.decoding['number_format']}), it is {scored.first:.4f}. All figures "
        "are in `export.json`."
    )
