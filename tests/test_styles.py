"""Styles from data to service: the value of a column stands in the prompt, and everything else stays as it was."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny
from rich.console import Console
from starlette.testclient import TestClient

from sumtune.commands import pipeline
from sumtune.commands.summarize import summarize_file, summarize_text
from sumtune.config import ModelConfig, PromptConfig
from sumtune.config_resolution import resolve
from sumtune.data.example_file import load_jsonl
from sumtune.data.styles import MAX_STYLE_TOKENS, check_style
from sumtune.decode.build import load_tuned
from sumtune.errors import ConfigError, ModelError
from sumtune.evaluate.scorecard_io import read_prediction_rows
from sumtune.files.run_dir import RunDir
from sumtune.model.encode_stage import make_encoder
from sumtune.model.tokenizer import load_encoder
from sumtune.serve.app import create_app
from sumtune.serve.loading import load_adapter
from sumtune.text.encode import Encoder
from sumtune.text.encoded_file import load_encoded
from sumtune.text.prompt import Prompt

pytestmark = pytest.mark.e2e
BRIEF, ENGINEER = "in one sentence", "for the engineer"
SETTINGS = {
    "train.epochs": 1, "train.validate_every_steps": 40, "train.micro_batch_tokens": 512,
    "lora.rank": 8, "model.max_source_tokens": 128, "model.max_target_tokens": 16, "model.device": "cpu",
    "model.precision": "fp32", "data.style_column": "kind", "decode.beams": 1,
}  # fmt: skip
DIALOGUE = tiny.conversation(70)["dialogue"]
FAMILIES = ("chat", "t5")


def write_styled(path: Path) -> Path:
    """Write each conversation in two styles and without one, each time with another summary."""
    rows: list[dict[str, str]] = []
    for number in range(24):
        dialogue = tiny.conversation(number)["dialogue"]
        for kind, summary in ((BRIEF, "Brief."), (ENGINEER, "Ticket: the keys."), ("", "Somebody gets something.")):
            rows.append({"dialogue": dialogue, "summary": summary, "kind": kind})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, tiny_models: dict[str, Path]) -> dict[str, RunDir]:
    root = tmp_path_factory.mktemp("styles")
    chat = tiny.save_model("llama", root / "chat", tiny.chat_tokenizer("chatml"))
    data, models = write_styled(root / "data.jsonl"), {"chat": chat, "t5": tiny_models["t5"]}
    made = {name: RunDir(root / f"run-{name}") for name in models}
    for name, run_dir in made.items():
        settings = SETTINGS | {"model.name": str(models[name]), "data.path": str(data)}
        pipeline.run(resolve("fast", overrides=settings), run_dir, Console(file=io.StringIO()))
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the list of what engines read: the token ids of each batch."""
    batches: list[Any] = []
    sources = Encoder.sources

    def recorded(*arguments: Any) -> Any:
        batches.append(sources(*arguments))
        return batches[-1]

    monkeypatch.setattr(Encoder, "sources", recorded)
    return batches


@pytest.fixture(params=FAMILIES)
def run_dir(runs: dict[str, RunDir], request: pytest.FixtureRequest) -> RunDir:
    return runs[request.param]


def test_training_reads_each_style_and_saves_them(run_dir: RunDir) -> None:
    prompt = Prompt.load(run_dir.adapter)
    assert prompt.styles == (ENGINEER, BRIEF)
    encoded = load_encoded(run_dir.transformation / "train.safetensors")
    encoder = make_encoder_of(run_dir, prompt)
    examples = load_jsonl(run_dir.split("train"))
    assert {example.style for example in examples} == {"", BRIEF, ENGINEER}
    for example, one in zip(examples, encoded, strict=True):
        assert one.source == encoder.source(example.dialogue, example.style)
        assert example.style in encoder.decode(one.source)
    sources = {encoder.source(DIALOGUE, style) for style in ("", BRIEF, ENGINEER)}
    assert len(sources) == 3


def make_encoder_of(run_dir: RunDir, prompt: Prompt) -> Any:
    config = run_dir.record()["config"]
    return load_encoder(Path(config["model"]["name"]), prompt)


def test_every_way_of_asking_reads_the_style_and_writes_the_same(run_dir: RunDir, read: list[Any]) -> None:
    encoder = make_encoder_of(run_dir, Prompt.load(run_dir.adapter))
    expected = {style: encoder.source(DIALOGUE, style) for style in ("", BRIEF, ENGINEER)}
    read.clear()
    loaded = load_adapter("tuned", run_dir.adapter)
    with TestClient(create_app({"tuned": lambda: loaded}), "http://localhost") as client:
        while client.get("/ready").status_code == 503:
            pass
        assert client.get("/adapters").json()[0]["styles"] == [ENGINEER, BRIEF]
        told = {}
        for style in expected:
            asked = {"dialogues": DIALOGUE, "style": style}
            (answer,) = client.post("/summarize", json=asked).json()["summaries"]
            messages = [{"role": "user", "content": DIALOGUE}]
            chat = client.post("/v1/chat/completions", json={"model": "tuned", "messages": messages, "style": style})
            streamed = client.post("/summarize", json=asked | {"stream": True}).text
            told[style] = summarize_text(DIALOGUE, run_dir, style=f" {style} ")
            assert answer["summary"] == chat.json()["choices"][0]["message"]["content"] == told[style]
            assert json.dumps(told[style], ensure_ascii=False) in streamed
            assert len(read) == 4
            assert {one for batch in read for one in batch} == {expected[style]}
            read.clear()


def test_a_batch_of_several_styles_is_written_like_each_alone(run_dir: RunDir, read: list[Any]) -> None:
    tuned = load_tuned(run_dir.adapter)
    styles = [BRIEF, "", ENGINEER]
    together = [one.text for one in tuned.summarizer.summarize([DIALOGUE] * 3, styles=styles)]
    assert together == [summarize_text(DIALOGUE, run_dir, style=style) for style in styles]
    assert read[0] == [batch[0] for batch in read[1:]]
    assert together[1] == tuned.summarizer.summarize([DIALOGUE])[0].text


def test_rows_have_their_own_style_or_the_given_one(run_dir: RunDir, tmp_path: Path, read: list[Any]) -> None:
    rows = [{"dialogue": DIALOGUE, "kind": ENGINEER}, {"dialogue": DIALOGUE}]
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    summarize_file(source, target, run_dir, style=BRIEF)
    written = [json.loads(line)["summary"] for line in target.read_text(encoding="utf-8").splitlines()]
    assert written == [summarize_text(DIALOGUE, run_dir, style=style) for style in (ENGINEER, BRIEF)]
    assert read[0] == [batch[0] for batch in read[1:]]
    assert read[0][0] != read[0][1]


def test_a_new_style_is_noted_and_a_long_one_refused(run_dir: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    summarize_text(DIALOGUE, run_dir, style="as a haiku")
    assert "not tuned with the style 'as a haiku'. It knows: 'for the engineer', 'in one" in capsys.readouterr().err
    with pytest.raises(ModelError, match="too long"):
        summarize_text(DIALOGUE, run_dir, style="ö" * 150)
    loaded = load_adapter("tuned", run_dir.adapter)
    with TestClient(create_app({"tuned": lambda: loaded}), "http://localhost") as client:
        while client.get("/ready").status_code == 503:
            pass
        answer = client.post("/summarize", json={"dialogues": DIALOGUE, "style": "as a haiku"}).json()
        assert "as a haiku" in answer["note"]
        for long in ("ö" * 150, "a" * 201):
            assert client.post("/summarize", json={"dialogues": DIALOGUE, "style": long}).status_code == 422


def test_scores_are_also_given_by_style(run_dir: RunDir) -> None:
    lines = (run_dir.evaluation / "metrics_by_style.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("style,n,rouge1,rouge2,rougeL,rougeLsum")
    assert [line.split(",")[0] for line in lines[1:]] == ["", ENGINEER, BRIEF]
    rows = read_prediction_rows(run_dir)
    means = {style: [row["systems"]["tuned"]["rouge1"] for row in rows if row.get("style", "") == style]
             for style in ("", ENGINEER, BRIEF)}  # fmt: skip
    for line in lines[1:]:
        style, n, rouge1, *_ = line.split(",")
        assert int(n) == len(means[style])
        assert float(rouge1) == pytest.approx(sum(means[style]) / len(means[style]), abs=1e-6)


def test_without_a_style_column_no_file_mentions_styles(
    session_in: Callable[..., Any], tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    session_in(tmp_path, "gemma")
    prompt = Prompt.load(RunDir(tmp_path / "run").transformation)
    assert prompt.styles is None
    with pytest.raises(ModelError, match="tuned without styles"):
        check_style(BRIEF, prompt.styles, lambda _texts: [1])
    assert "styled" not in (RunDir(tmp_path / "run").transformation / "prompt.json").read_text(encoding="utf-8")
    assert "style" not in RunDir(tmp_path / "run").split("train").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["gemma", "t5", "bart"])
def test_room_for_any_style_is_left_and_no_style_reads_as_before(tiny_models: dict[str, Path], name: str) -> None:
    settings = ModelConfig(name=str(tiny_models[name]), max_source_tokens=1024)
    plain, styled = make_encoder(settings), make_encoder(settings, styled=True)
    dialogue = DIALOGUE * 60
    assert styled.source(DIALOGUE) == plain.source(DIALOGUE)
    if name == "gemma":
        assert replace(styled.prompt, styled=None) == plain.prompt
    longest = "ö" * (MAX_STYLE_TOKENS // 2)
    assert len(styled.source(dialogue, longest)) <= styled.prompt.max_source_tokens + styled.overhead
    if name == "bart":
        assert styled.prompt.max_source_tokens + styled.overhead <= 512


def test_a_prompt_of_your_own_says_where_the_style_stands(tiny_models: dict[str, Path]) -> None:
    words = PromptConfig(before="Sum up {style}:\n", after="\nSo:")
    encoder = make_encoder(ModelConfig(name=str(tiny_models["gemma"]), prompt=words), styled=True)
    assert encoder.decode(encoder.source("Hi", BRIEF)) == f"Sum up {BRIEF}:\nHi\nSo:"
    assert encoder.decode(encoder.source("Hi")) == "Sum up:\nHi\nSo:"
    with pytest.raises(ConfigError, match=r"put \{style\} into"):
        resolve(overrides={"data.style_column": "kind", "model.prompt": {"before": "Sum up:"}})
