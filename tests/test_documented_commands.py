"""Every command in the README, in docs/ and in `--help` is run, or is on a short list with the reason why not.

Commands run in a temporary folder with the files that the pages name (`FILES`) and scored runs (`RUNS`). A tiny model
is the embedded one, and `machine.Machine` makes training and generation quick; everything else is real: options, files,
data, run folders, the service. A command that names another file or option fails.
"""

import csv
import json
import re
import shutil
import tomllib
import zipfile
from contextlib import ExitStack
from pathlib import Path

import fake_hub
import pytest
import tiny
import typer
import uvicorn
from documentation import PAGES, ROOT, USAGE, Block, blocks, commands, expanded, shell_blocks
from fake_tracker import Store
from fastapi.testclient import TestClient
from machine import Machine
from typer.testing import CliRunner

from sumtune import cli
from sumtune.config_resolution import resolve
from sumtune.errors import SumtuneError
from sumtune.export.formats import find_format
from sumtune.search.space import load_space

pytestmark = pytest.mark.e2e
GROUP = typer.main.get_command(cli.app)
BLOCKS = [block for page in PAGES for block in shell_blocks(page)]
EXAMPLES = [
    Block(f"{name} --help", number, "", example)
    for name, command in GROUP.commands.items()
    for number, example in enumerate(re.split(r"\s+\|\s{2,}", re.sub(r"^Examples?: ", "", command.epilog)), 1)
]
RUNS = ("runs/chats", "runs/first", "runs/second", "runs/short", "artifacts")
DEFAULT_RUNS = {"runs/chats", "artifacts"}
"""Those of `curl` and of a command without `--run-dir`."""
PLACEHOLDERS = {"DATA": "chats.csv", "qmsum/": "chats/", "DIR": "runs/chats",
                "DIR_A": "runs/first", "DIR_B": "runs/second", "RUN_A": "runs/first", "RUN_B": "runs/second",
                "EXPORT": "slack.zip"}  # fmt: skip
READY_REQUESTS = 200


def table(file, columns, rows):
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([columns, *rows])


def write_files(folder):
    """The user's files that the pages name."""
    chats = [tiny.conversation(number) for number in range(40)]
    table(folder / "chats.csv", ("dialogue", "summary"), [(one["dialogue"], one["summary"]) for one in chats])
    styles = ("in one sentence", "for the engineer")
    styled = [(one["dialogue"], one["summary"], styles[number % 2]) for number, one in enumerate(chats)]
    table(folder / "styled.csv", ("dialogue", "summary", "kind"), styled)
    table(folder / "many.csv", ("dialogue",), [(one["dialogue"],) for one in chats[:3]])
    outputs = [(one["summary"], one["summary"], one["dialogue"]) for one in chats]
    table(folder / "outputs.csv", ("prediction", "reference", "dialogue"), outputs)
    table(folder / "test.csv", ("dialogue", "summary"), [(one["dialogue"], one["summary"]) for one in chats])
    (folder / "generated_predictions.txt").write_text("\n".join(one["summary"] for one in chats), encoding="utf-8")
    losses = [{"step": step, "loss": 2 - step / 500, "learning_rate": 2e-4} for step in range(10, 200, 10)]
    table(folder / "losses.csv", losses[0], [one.values() for one in losses])
    (folder / "model").mkdir()
    (folder / "model" / "trainer_state.json").write_text(json.dumps({"log_history": losses}), encoding="utf-8")
    (folder / "chat.txt").write_text(chats[0]["dialogue"], encoding="utf-8")
    for split, start in {"train": 0, "validation": 50, "test": 60}.items():
        tiny.write_jsonl(folder / "chats" / f"{split}.jsonl", 8, start)
    with zipfile.ZipFile(folder / "slack.zip", "w") as export:
        export.writestr("users.json", json.dumps([{"id": "U1", "real_name": "Ann"}]))
        export.writestr("channels.json", json.dumps([{"id": "C1", "name": "general"}]))
        export.writestr("general/2024-05-01.json", json.dumps([{"user": "U1", "text": "Hi", "ts": "1714557600.1"}]))


@pytest.fixture(scope="module")
def world(tiny_models, compiled, tmp_path_factory):
    """A folder with the user's files and scored runs."""
    folder = tmp_path_factory.mktemp("world")
    shutil.copytree(compiled, folder / "cache" / "kernels")
    write_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        at(folder, folder / "cache", tiny_models, patch)
        Machine(patch).sumtune(["run", "--data", "chats.csv", "--run-dir", RUNS[0], "--set", "evaluate.base=false"])
    shutil.copytree(tiny_models["gemma"], folder / "path" / "to" / "an-instruct-model")
    for run in RUNS[1:]:
        shutil.copytree(folder / RUNS[0], folder / run)
    return folder


def at(folder, cache, models, patch):
    """Go to `folder`; the embedded model is a tiny one from now on."""
    patch.chdir(folder)
    patch.setenv("SUMTUNE_CACHE", str(cache))
    patch.setattr("sumtune.model.gguf_convert.embedded_folder", lambda: models["t5"])


class Shell:
    """Runs the commands of one block in this process."""

    def __init__(self, machine, stack, patch):
        self.machine, self.stack, self.patch = machine, stack, patch
        self.environment, self.client, self.input = {"PWD": str(Path.cwd())}, None, None
        patch.setattr(uvicorn.Server, "run", lambda server, sockets: self.serve(server, sockets))

    def run(self, words):
        """Run one command; those between bars one after the other."""
        while "|" in words:
            first, words = words[: words.index("|")], words[words.index("|") + 1 :]
            self.run(first)
        words = [PLACEHOLDERS.get(word, word) for word in words]
        getattr(self, words[0])(*[expanded(word, self.environment) for word in words[1:]])

    def sumtune(self, name, *arguments):
        if name in ("run", "train") and "--resume" not in arguments:
            shutil.rmtree(option(arguments, "--run-dir") or "artifacts", ignore_errors=True)
        more = ("--port", "0") if name == "serve" else ()
        if name == "search":  # the conversations are too few; only the arguments are tried
            self.patch.setattr("sumtune.commands.search.search", lambda *_args, **_options: None)
        if name == "export":  # the weights are no adapter; only the arguments are tried
            self.patch.setattr("sumtune.commands.export.export_run", lambda _run, to, *_, **__: find_format(to).name)
        if "--ray" in arguments:  # needs a cluster; only the arguments are tried
            self.patch.setattr("sumtune.commands.summarize_folder.summarize_folder", lambda *_args: None)
        if "--track" in arguments:  # MLflow and Trackio are not installed
            self.patch.setattr("sumtune.track.choice.find_spec", lambda name: name)
            self.patch.setattr("sumtune.track.choice.Choice.make", lambda _choice: Store().make())
        if name == "push":
            self.stack.enter_context(fake_hub.running_hub()).use(self.patch)
        result = CliRunner().invoke(cli.app, [name, *arguments, *more], input=self.input, catch_exceptions=False,
                                    env=self.environment | {"COLUMNS": "200"})  # fmt: skip
        assert result.exit_code == 0, result.output
        self.input = None

    def serve(self, server, sockets):
        """In place of uvicorn: a client of the application, for the commands that follow."""
        for one in sockets:
            one.close()
        self.client = self.stack.enter_context(TestClient(server.config.app, base_url="http://localhost:8000"))
        statuses = (self.client.get("/ready").status_code for _ in range(READY_REQUESTS))
        assert any(status == 200 for status in statuses)

    def python(self, script, *arguments):
        if script == "-m":
            assert Path(ROOT, "src", arguments[0].replace(".", "/"), "__main__.py").is_file()
        elif script in ("main.py", "app.py"):
            assert (ROOT / script).is_file()
            self.sumtune({"main.py": "run", "app.py": "serve"}[script], *arguments)
        else:
            self.benchmark(script, *arguments)

    def benchmark(self, script, *arguments):
        """Not run: each takes minutes. Its options are looked for in its source."""
        source = (ROOT / script).read_text(encoding="utf-8")
        for word in arguments:
            assert not word.startswith("--") or f'"{word}"' in source, f"{script} has no {word}"

    def cat(self, file):
        self.input = Path(file).read_bytes()

    def export(self, assignment):
        name, _, value = assignment.partition("=")
        self.environment[name] = value

    def curl(self, *words):
        method, url, headers, body = parsed_curl(words)
        if self.client is None:
            self.sumtune("serve", "--run-dir", "runs/chats")
        answer = self.client.request(method, f"http://{url}", headers=headers, content=body)
        assert answer.is_success, answer.text

    def make(self, *targets):
        """Not run: CI runs the targets."""
        known = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert {target for target in targets if "=" not in target} <= set(known)

    def pip(self, _install, requirement):
        """Not run: needs the network. The extra must exist."""
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
            "optional-dependencies"
        ]
        assert re.fullmatch(r"(?:\.|sumtune)\[(.+)\]", requirement)[1] in extras

    def docker(self, *words):
        """Not run: needs Docker. Build arguments must exist."""
        known = re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
        given = [words[number + 1] for number, word in enumerate(words) if word == "--build-arg"]
        assert {argument.partition("=")[0] for argument in given} <= set(known)

    def vllm(self, *_words):
        """Not run: needs a GPU."""

    def ray(self, *_words):
        """Not run: tests/e2e/test_ray.py starts a cluster."""

    def apt(self, *_words):
        """Not run: needs the network and root."""

    def torchrun(self, *words):
        """Not run with several processes: see tests/e2e/test_processes.py."""
        self.python(*words[words.index("-m") :])
        self.sumtune(*words[words.index("sumtune") + 1 :])

    def pytest(self, *_words):
        """Not run: it is what runs this."""


def option(arguments, name):
    return arguments[arguments.index(name) + 1] if name in arguments else None


def parsed_curl(words):
    """Method, URL, headers and body of the options of curl that the pages use."""
    words, method, url, headers, body = list(words), None, None, {}, None
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        else:
            assert url is None, word
            assert not word.startswith("-"), word
            url = word
    return method or ("GET" if body is None else "POST"), url, headers, body


def is_named(run, text):
    return Path(run).name in text or any(word in text for word, path in PLACEHOLDERS.items() if path == run)


@pytest.fixture
def shell(world, tiny_models, tmp_path, monkeypatch, request):
    """A shell in a copy of `world`, with those of its runs that the block of the test names or that are the default."""
    block = request.node.callspec.params.get("block") if hasattr(request.node, "callspec") else None
    unnamed = {run for run in RUNS if block and not is_named(run, block.text)}
    left_out = {world / run for run in unnamed - DEFAULT_RUNS}
    folder = shutil.copytree(
        world, tmp_path / "here", ignore=lambda at, names: [n for n in names if n == "cache" or Path(at, n) in left_out]
    )
    at(folder, world / "cache", tiny_models, monkeypatch)
    with ExitStack() as stack:
        yield Shell(Machine(monkeypatch), stack, monkeypatch)


@pytest.mark.parametrize("block", [*BLOCKS, *EXAMPLES], ids=str)
def test_the_commands_of_a_page_run(shell, block):
    for words in commands(block.text):
        if words[0] != "sumtune" or not USAGE.search(" ".join(words)):
            shell.run(words)


def test_a_page_and_a_help_text_have_commands():
    assert {"README.md", "docs/running.md", "docs/serving.md"} <= {block.page for block in BLOCKS}
    assert len(EXAMPLES) > len(GROUP.commands)


@pytest.mark.parametrize(
    "command",
    ["sumtune check chat.csv", "sumtune run --data chats.csv --epochs 2", "sumtune summarize --input many.csv",
     "curl localhost:8000/summarise -d '{}'", "curl localhost:8000/summarize -d '{\"dialogue\": \"Ann: Hi\"}'",
     "make tests", "pip install '.[gpu]'", "docker build --build-arg CUDA=1 .", "git push",
     "python benchmarks/quality.py --dataset x"],
)  # fmt: skip
def test_a_wrong_name_in_a_command_fails(shell, command):
    with pytest.raises((AssertionError, AttributeError, SumtuneError)):
        shell.run(*commands(command))


YAML = [block for page in PAGES for block in blocks(page) if block.language == "yaml"]


@pytest.mark.parametrize("block", YAML, ids=str)
def test_a_yaml_file_of_a_page_is_a_configuration_or_a_space(block, tmp_path):
    (tmp_path / "mine.yaml").write_text(block.text, encoding="utf-8")
    if "search" in str(block):
        load_space(tmp_path / "mine.yaml", resolve())
    else:
        resolve(config_file=tmp_path / "mine.yaml")


PYTHON = [block for page in PAGES for block in blocks(page) if block.language == "python" and "OpenAI" in block.text]
"""Clients of the service; what uses `sumtune` itself is tried in tests/api."""


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_a_python_program_of_a_page_runs_and_prints_what_its_comments_say(shell, block, monkeypatch, capsys):
    openai = pytest.importorskip("openai")
    client = openai.OpenAI
    monkeypatch.setattr(openai, "OpenAI", lambda **options: client(**options, http_client=shell.client))
    shell.sumtune("serve", "--run-dir", "runs/chats")
    exec(block.text, {})
    printed = capsys.readouterr().out.splitlines()
    for comment in re.findall(r"^print\(.*\)  # (.+)$", block.text, re.MULTILINE):
        assert comment in printed


USAGES = [
    block for page in PAGES for block in blocks(page) if block.text.startswith("sumtune") and USAGE.search(block.text)
]


@pytest.mark.parametrize("block", USAGES, ids=str)
def test_the_form_of_a_command_names_options_that_exist(block):
    name = block.text.split()[1]
    known = {option for parameter in GROUP.commands[name].params for option in parameter.opts}
    assert set(re.findall(r"--[a-z-]+", block.text)) <= known
