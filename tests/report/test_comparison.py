"""The page of a comparison: the paired differences of the terminal, in one file."""

import pytest
import scored_run
from typer.testing import CliRunner

from sumtune import cli
from sumtune.errors import ConfigError
from sumtune.evaluate.compare import compare
from sumtune.evaluate.scorecard_io import load_scorecard


@pytest.fixture(scope="module")
def runs(run, tmp_path_factory):
    better = scored_run.write_run(
        tmp_path_factory.mktemp("more") / "better", scored_run.scorecard(words=9), train__learning_rate=1e-3
    )
    return run, better


def test_the_page_has_the_differences_settings_and_examples(runs, tmp_path):
    page = tmp_path / "comparison.html"
    paths = [str(run.root) for run in runs]
    result = CliRunner().invoke(cli.app, ["compare", *paths, paths[0], "--html", str(page)])
    assert result.exit_code == 0, result.output
    html = page.read_text(encoding="utf-8")
    row = compare(*map(load_scorecard, runs), ({}, {}), ("a", "b")).metrics["rouge1"]
    assert row.low > 0
    assert "<h1>chats · better · chats</h1>" in html, "as much of each path as different runs need"
    assert f"better is better than chats: {row.difference:+.3f} in ROUGE-1" in html
    assert "No clear difference" in html, "the third run is the first again"
    assert "train.learning_rate" in html
    assert "0.001" in html
    assert html.count('<article class="example">') == 3
    assert "Zebulon" in html
    assert "<b>" not in html


def test_without_examples_the_page_quotes_nothing(runs, tmp_path):
    page = tmp_path / "comparison.html"
    arguments = ["compare", *(str(run.root) for run in runs), "--html", str(page), "--no-examples"]
    assert CliRunner().invoke(cli.app, arguments).exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert "better is better than chats" in html, "short names, as they differ"
    assert not any(word in html for word in ("Zebulon", "quokka", "Wolfgang", *scored_run.tiny.NAMES))


def test_a_folder_cannot_be_the_page(runs, tmp_path):
    result = CliRunner().invoke(cli.app, ["compare", *(str(run.root) for run in runs), "--html", str(tmp_path)])
    assert isinstance(result.exception, ConfigError)
    assert result.output == "", "it is said before anything is compared"
