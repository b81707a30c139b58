"""The comparison of two runs as tables."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sumtune.evaluate.compare import Change, Comparison
from sumtune.plurals import counted

__all__ = ["comparison_report"]


def comparison_report(comparison: Comparison, names: tuple[str, str]) -> Group:
    """Return the settings that differ, score differences, and the examples that changed most."""
    parts: list[RenderableType] = [_settings(comparison, names), _metrics(comparison, names)]
    parts += [_change("gain", change) for change in comparison.gains]
    parts += [_change("loss", change) for change in comparison.losses]
    return Group(*parts)


def _settings(comparison: Comparison, names: tuple[str, str]) -> RenderableType:
    if not comparison.settings:
        return Text("Settings: no difference.")
    table = Table(title="Settings that differ")
    for heading in ("setting", *names):
        table.add_column(Text(heading), overflow="fold")
    for key, values in comparison.settings.items():
        table.add_row(*(Text(str(cell)) for cell in (key, *values)))
    return table


def _metrics(comparison: Comparison, names: tuple[str, str]) -> Table:
    caption = f"{comparison.split} split, the same {counted(comparison.n, 'example')}; paired bootstrap, 95% interval"
    table = Table(title=f"{names[1]} minus {names[0]}", caption=caption)
    for heading in ("metric", "first", "second", "difference", "interval", "p"):
        table.add_column(heading, justify="left" if heading == "metric" else "right", no_wrap=True)
    for metric, row in comparison.metrics.items():
        ends = f"{row.low:+.4f} … {row.high:+.4f}"
        table.add_row(
            metric, f"{row.first:.4f}", f"{row.second:.4f}", f"{row.difference:+.4f}", ends, f"{row.p_value:.4f}"
        )
    return table


def _change(kind: str, change: Change) -> Text:
    lines = (f"reference: {change.reference}", f"first:     {change.first}", f"second:    {change.second}")
    return Text(f"\n{kind} {change.change:+.3f} ROUGE-1, {change.id}\n" + "\n".join(lines).replace("\x1b", "␛"))
