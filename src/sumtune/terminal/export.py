"""The proof of an export as a table."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from sumtune.export.format import ExportFormat
from sumtune.export.proof import Agreement, Proof
from sumtune.plurals import counted
from sumtune.terminal.progress import METRIC_NAMES

__all__ = ["proof_table"]

SHOWN = ("rouge1", "rouge2", "rougeL")


def proof_table(proof: Proof, kind: ExportFormat) -> Table:
    """Return scores and speed of the export beside those of the tuned model, in float32 and as it was scored."""
    table = Table(title=f"{kind.name}, checked by {kind.runtime}", caption=_caption(proof), box=SIMPLE_HEAD,
                  show_edge=False, pad_edge=False)  # fmt: skip
    for heading in ("", "tuned", "exported", "difference", "95% interval"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    _add(table, "float32 (decides)", proof, proof.exact)
    _add(table, f"as scored: {proof.scored.decoding['number_format']}", proof, proof.scored)
    table.add_row("same prompt tokens", "", f"{proof.n - proof.different_prompts} of {proof.n}", "", "")
    return table


def _add(table: Table, heading: str, proof: Proof, agreement: Agreement) -> None:
    table.add_row(heading, style="italic")
    for metric in SHOWN:
        row = agreement.metrics[metric]
        table.add_row(METRIC_NAMES[metric], f"{row.first:.4f}", f"{row.second:.4f}", f"{row.difference:+.4f}",
                      f"{row.low:+.4f} to {row.high:+.4f}")  # fmt: skip
    table.add_row("seconds per summary", f"{agreement.tuned_s:.2f}", f"{proof.exported_s:.2f}", "", "")
    table.add_row("identical summaries", "", f"{agreement.identical} of {proof.n}", "", "")
    table.add_section()


def _caption(proof: Proof) -> str:
    beams = proof.exact.decoding["beams"]
    search = "greedy" if beams == 1 else f"beam {beams}"
    repeats = "" if proof.exact.decoding["no_repeat_ngram_size"] else ", repeats allowed"
    longer = f"; {proof.too_long} longer than the format reads were left out" if proof.too_long else ""
    return f"{counted(proof.n, f'{proof.split} example')}, {search}{repeats}; paired bootstrap{longer}"
