"""The report as a page: everything is in it, everything is escaped, nothing is loaded."""

import re
from html.parser import HTMLParser

import pytest
import scored_run
from typer.testing import CliRunner

from sumtune import cli
from sumtune.evaluate.scorecard_io import write_scorecard
from sumtune.files.records import read_record, write_record
from sumtune.report.report_stage import report_page, write_report
from sumtune.train.event_log import append_event, read_events

VOID = {"meta", "input", "br", "img", "link", "hr"}
LOADS = {"src", "srcset", "data", "poster", "action", "formaction", "background", "cite", "xlink:href"}
SECTIONS = ["verdict", "scores", "training", "where", "faithfulness", "examples", "seen", "facts"]


class Page(HTMLParser):
    """The elements of a page, its texts, and whether all elements are closed."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.texts = [], [], {"script": [], "style": [], "": []}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts[self.open[-1] if self.open and self.open[-1] in self.texts else ""].append(text)

    @property
    def text(self):
        return " ".join(" ".join(self.texts[""]).split())


@pytest.fixture(scope="module")
def html(run):
    return report_page(run)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_every_section_is_there_with_a_sentence_that_says_what_is_to_be_seen(html, page):
    ids = [attrs["id"] for tag, attrs in page.elements if tag == "section"]
    assert ids == SECTIONS
    for name in ids[1:]:
        assert re.search(rf'<section id="{name}".*?<p class="lead">[A-Z0-9].{{30,}}?</p>', html, re.DOTALL), name
    linked = {attrs["href"] for tag, attrs in page.elements if tag == "a" and attrs["href"].startswith("#")}
    assert linked == {f"#{name}" for name in (*SECTIONS, "content")}
    assert not page.open, "every element is closed"


def test_scores_in_the_page_are_those_of_the_run(card, page):
    for name, scores in card.systems.items():
        assert name in page.text
        for estimate in scores.metrics.values():
            assert f"{estimate.mean:.3f} {estimate.low:.3f}–{estimate.high:.3f}" in page.text


def test_the_page_loads_nothing(page):
    assert page.elements
    for tag, attrs in page.elements:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base"}
        assert not LOADS & attrs.keys()
        assert not any("url(" in (value or "") or name.startswith("on") for name, value in attrs.items())
        assert tag == "a" or "href" not in attrs
        assert (attrs.get("href") or "#").startswith("#")
    style, script = "".join(page.texts["style"]), "".join(page.texts["script"])
    assert style
    assert script
    assert not re.search(r"url\(|@import|https?:", style)
    assert not re.search(r"https?:|fetch|XMLHttpRequest|import|eval", script)


def test_the_policy_of_the_page_allows_its_own_script_and_style_alone(page):
    from base64 import b64encode
    from hashlib import sha256

    [policy] = [attrs["content"] for tag, attrs in page.elements if attrs.get("http-equiv")]
    assert policy.startswith("default-src 'none';")
    for name in ("style", "script"):
        digest = b64encode(sha256("".join(page.texts[name]).encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


PLANTED = '<script>alert("x")</script><img src=x onerror=alert(1)>"\'&amp;'


def test_texts_of_people_are_escaped_wherever_they_come_from(card, tmp_path):
    from dataclasses import replace

    from sumtune.text.claims.check import Inconsistency

    def planted(example):
        systems = {
            name: replace(one, text=PLANTED, inconsistencies=(Inconsistency("name", PLANTED, 0, 8, PLANTED),))
            for name, one in example.systems.items()
        }
        return replace(example, id=PLANTED, dialogue=PLANTED, references=(PLANTED,), style=PLANTED, systems=systems)

    bad = replace(card, examples=tuple(map(planted, card.examples)))
    run_dir = scored_run.write_run(tmp_path / "run", bad, {"versions": {PLANTED: PLANTED}}, model__instruction=PLANTED)
    diagnosis = read_record(run_dir.diagnosis)
    finding = {"title": PLANTED, "severity": "fault", "evidence": PLANTED, "remedy": PLANTED, "share": None}
    diagnosis["findings"] = [finding | {"commands": [PLANTED], "examples": [PLANTED]}]
    diagnosis |= {"rouge1": {"mean": card.systems["tuned"].metrics["rouge1"].mean}, "n": card.signature.n}
    write_record(run_dir.diagnosis, diagnosis)
    page = Page(report_page(run_dir))
    assert len([tag for tag, _ in page.elements if tag == "script"]) == 1
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert page.text.count('<script>alert("x")</script>') > 20, "they are shown as text"


def test_without_examples_no_word_of_a_conversation_or_summary_is_left(card, run, page):
    html = report_page(run, examples=False)
    assert [attrs["id"] for tag, attrs in Page(html).elements if tag == "section"] == [
        name for name in SECTIONS if name != "examples"
    ]
    own = re.compile(r"Zebulon|Swordfish|quokka|Wolfgang|I do not know|" + "|".join(scored_run.tiny.NAMES))
    assert own.search(page.text), "with examples, they are there"
    assert not own.search(html)
    said = {word for one in card.examples for word in re.findall(r"\w+", one.dialogue)}
    unusual = {word for word in said if word not in page_words(scored_run.tiny)}
    assert not unusual & set(re.findall(r"\w+", html))


def page_words(_tiny):
    """Words that the page itself uses, so that they may be in a dialogue, too, and numbers."""
    common = "And I Thanks can gets more number on the who b for Hi"
    return {*common.split(), *map(str, range(1000))}


def test_findings_of_the_diagnosis_quote_nothing_without_examples(own_run, card):
    found = read_record(own_run.diagnosis)
    secret = {
        "title": "A title",
        "severity": "fault",
        "evidence": "they start with 'Quokka'",
        "remedy": "drop 'Quokka'",
    }
    found["findings"] = [secret | {"share": None, "commands": ["sumtune Quokka"], "examples": ["1: Quokka"]}]
    write_record(own_run.diagnosis, found)
    assert "Quokka" in report_page(own_run)
    html = report_page(own_run, examples=False)
    assert "A title" in html
    assert "Quokka" not in html


def test_a_diagnosis_of_other_scores_is_not_shown(own_run):
    write_scorecard(scored_run.scorecard(words=3, count=8), own_run)
    assert "There is no diagnosis of these scores" in report_page(own_run)


def test_what_the_folder_lacks_is_left_out(own_run, html):
    for path in (own_run.diagnosis, own_run.train_metrics, own_run.validation_report):
        path.unlink()
    (own_run.transformation / "train.safetensors").unlink()
    record = read_record(own_run.run_json)
    write_record(own_run.run_json, {"config": record["config"]})
    less = report_page(own_run)
    ids = [attrs["id"] for tag, attrs in Page(less).elements if tag == "section"]
    assert ids == [name for name in SECTIONS if name not in ("training", "seen")]
    assert "Forecast and actual" in html
    assert "Forecast and actual" not in less
    assert "Sampled ROUGE-1" not in html, "no sampled event, no curve"


def test_a_training_without_a_finite_loss_has_a_report(own_run):
    lost = [
        {**event, "loss": float("nan")} if "loss" in event else event for event in read_events(own_run.train_metrics)
    ]
    own_run.train_metrics.unlink()
    for event in lost:
        append_event(own_run.train_metrics, event)
    assert "optimizer steps." in report_page(own_run)


def test_sampled_scores_and_forecast_scores_are_shown_if_the_run_has_them(own_run):
    for minute in range(1, 4):
        event = {"event": "sampled", "step": minute, "progress": minute / 3, "seconds": 1.0, "rouge1": 0.1 * minute}
        append_event(own_run.train_metrics, event | {"elapsed_s": 60.0 * minute})
    record = read_record(own_run.run_json)
    record["forecast"]["expected"] = {"rouge1": [0.111, 0.135]}
    write_record(own_run.run_json, record)
    text = Page(report_page(own_run)).text
    assert "Sampled ROUGE-1" in text
    assert "rouge1 0.111–0.135" in text
    assert "above it" in text


def test_the_report_is_written_by_its_command_also_elsewhere(own_run, tmp_path):
    share = tmp_path / "share.html"
    for arguments, path in (([], own_run.report), (["--no-examples", "--output", str(share)], share)):
        result = CliRunner().invoke(cli.app, ["report", "--run-dir", str(own_run.root), *arguments])
        assert (result.exit_code, result.output.strip()) == (0, str(path))
        assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "Zebulon" not in share.read_text(encoding="utf-8")


def test_a_report_needs_a_scored_run_and_a_file_to_write(own_run, tmp_path):
    from sumtune.errors import ConfigError, RunDirError

    with pytest.raises(ConfigError, match="is a folder"):
        write_report(own_run, output=tmp_path)
    for root in (tmp_path / "nothing", tmp_path):
        result = CliRunner().invoke(cli.app, ["report", "--run-dir", str(root)])
        assert isinstance(result.exception, RunDirError)
