"""The command line: help is quick and whole, a user's mistake is one message and exit code 2, our bug a traceback."""

import inspect
import json
import os
import re
import resource
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import tiny
from typer.testing import CliRunner

from sumtune import cli
from sumtune.config_resolution import resolve
from sumtune.files.atomic import write_json

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "run", "plan", "check", "train", "search", "evaluate", "compare", "diagnose", "summarize", "convert", "serve",
    "report", "runs", "push", "export", "clean", "doctor",
)  # fmt: skip
HELP_LIMIT_S = 1.0


def test_help_names_every_command_and_where_to_start():
    result = CliRunner().invoke(cli.app, ["--help"])
    assert result.exit_code == 0
    assert set(COMMANDS) == {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    for name in COMMANDS:
        assert name in result.output
    assert "sumtune run" in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    result = CliRunner().invoke(cli.app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 0
    assert "Example" in result.output


@pytest.mark.parametrize("command", cli.app.registered_commands, ids=lambda one: one.callback.__name__)
def test_help_breaks_a_line_only_where_the_terminal_ends(command):
    name = command.name or command.callback.__name__
    output = CliRunner().invoke(cli.app, [name, "--help"], env={"COLUMNS": "400", "TERM": "dumb"}).output
    for paragraph in inspect.getdoc(command.callback).replace("\\[", "[").split("\n\n"):
        assert " ".join(paragraph.split()) in output


def run_python(*arguments, **options):
    # The virtual environment's own start-up files are part of what a user waits for, so nothing is switched off.
    environment = os.environ | {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, **options)


def test_the_version_is_that_of_the_package():
    result = CliRunner().invoke(cli.app, ["--version"])
    assert result.stdout == f"sumtune {version('sumtune')}\n"


@pytest.mark.e2e
def test_help_is_quick_and_imports_nothing_heavy():
    before = cpu_seconds_of_children()
    assert run_python("-m", "sumtune", "--help", check=True).stdout
    assert cpu_seconds_of_children() - before < HELP_LIMIT_S, "processor time, as other work slows the clock"
    heavy = {"torch", "transformers", "peft", "ctranslate2", "numpy", "yaml"}
    assert not (heavy | {"pydantic", "pydantic_core"}) & imported_by("--help")
    assert not heavy & imported_by("run", "--help"), "only Typer itself may import pydantic, to show the options"


def cpu_seconds_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def imported_by(*arguments):
    """Top-level packages that `sumtune` with these arguments imports."""
    lines = run_python("-X", "importtime", "-m", "sumtune", *arguments, check=True).stderr.splitlines()
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "typer" in loaded
    return loaded


@pytest.mark.parametrize(
    ("file", "options"),
    [("main.py", ("--preset", "--data", "--model", "--run-dir", "--resume")), ("app.py", ("--port", "--run-dir"))],
)
def test_the_two_files_at_the_top_show_the_options_of_their_command(file, options):
    output = run_python(str(ROOT / file), "--help", check=True).stdout
    for option in options:
        assert option in output


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs the command line in this process: exit code, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["sumtune", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return run


def data(content, name="chats.csv"):
    """Arguments of a run on a file with `content`."""

    def arguments(folder, models):
        (folder / name).write_bytes(content)
        return ["run", "--model", models["t5"], "--data", folder / name]

    return arguments


def folder_without_data(folder, models):
    (folder / "data").mkdir()
    (folder / "data" / "notes.txt").write_text("nothing")
    return ["run", "--model", models["t5"], "--data", folder / "data"]


def option(*more):
    """Arguments of a run on good data with further options."""

    def arguments(folder, models):
        return ["run", "--model", models["t5"], "--data", tiny.write_jsonl(folder / "good.jsonl", 30), *more]

    return arguments


def option_of_check(*more):
    """The same for `check`."""
    return lambda folder, models: ["check", tiny.write_jsonl(folder / "good.jsonl", 30), "--model", models["t5"], *more]


def config_file(text):
    def arguments(folder, models):
        (folder / "own.yaml").write_text(text)
        return [*option()(folder, models), "--config", folder / "own.yaml"]

    return arguments


def model_file(name, content):
    """Arguments of a run with a model file that is none."""

    def arguments(folder, models):
        (folder / name).write_bytes(content)
        return ["run", "--model", folder / name, "--data", tiny.write_jsonl(folder / "good.jsonl", 30)]

    return arguments


def model_folder(change, command="train"):
    """Arguments of a command with a copy of a tiny model that `change` has damaged."""

    def arguments(folder, models):
        copy = folder / "model"
        copy.mkdir()
        for file in models["t5"].iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
        change(copy)
        file = tiny.write_jsonl(folder / "good.jsonl", 30)
        return [command, "--data", file, "--model", copy]

    return arguments


def only_pickle(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def half_weights(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def no_tokenizer(folder):
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).unlink(missing_ok=True)


def broken_config(folder):
    (folder / "config.json").write_text("{")


def run_dir_is_a_file(folder, models):
    (folder / "artifacts").write_text("mine")
    return option()(folder, models)


def run_dir_of_another(folder, models):
    write_json(folder / "artifacts" / "run.json", {"config": {"model": {"name": "other"}, "data": {"path": "x.csv"}}})
    return option()(folder, models)


def port_taken(folder, models):
    write_json(folder / "artifacts" / "model_trainer" / "adapter" / "sumtune.json", {})
    return ["serve", "--port", models["taken port"]]


def scored(*more):
    """Arguments of `evaluate` for a folder that holds a run."""

    def arguments(folder, models):
        write_json(folder / "artifacts" / "run.json", {"config": resolve().model_dump(mode="json")})
        return ["evaluate", *more]

    return arguments


def checked(*more):
    """Arguments of `check` on good data with further options."""
    return lambda folder, models: ["check", tiny.write_jsonl(folder / "good.jsonl", 30), "--model", models["t5"], *more]


def words(*arguments):
    return lambda _folder, _models: list(arguments)


def configured(**changed):
    """Changes keys of a model's configuration."""

    def change(folder):
        file = folder / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | changed))

    return change


def gpt2_with(*more):
    """Arguments of a run with a model of 512 learned positions."""
    return lambda _folder, models: ["run", "--model", models["gpt2"], *more]


GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": 128}
PAIR = b"dialogue,summary\n"
BROKEN = {
    "data missing": (words("run", "--data", "none.csv"), "none.csv"),
    "data empty": (data(b""), "chats.csv"),
    "data without summary column": (data(b"dialogue,note\na,b\n"), "summary"),
    "data not UTF-8": (data(b'{"dialogue": "Ann: caf\xe9", "summary": "Short"}\n' * 30, "chats.jsonl"), "UTF-8"),
    "data broken JSON": (data(b'[{"dialogue": ', "chats.json"), "chats.json"),
    "data broken JSONL line": (data(b'{"dialogue": "a: b", "summary": "c"}\nnope\n', "chats.jsonl"), "chats.jsonl:2"),
    "data unclosed quote": (data(PAIR + b'"Ann: Hi,Short\nBen: Hi,Short\n'), "chats.csv"),
    "data not Parquet": (data(b"PAR1 garbage", "chats.parquet"), "chats.parquet"),
    "data header only": (data(PAIR), "chats.csv"),
    "data one example": (data(PAIR + b"Ann: Hi there,Short\n"), "example"),
    "data summaries empty": (data(PAIR + b"Ann: Hi there,\n" * 30), "summary is missing or empty"),
    "data unknown suffix": (data(b"x", "chats.xlsx"), ".xlsx"),
    "data folder without data": (folder_without_data, "train, validation or test"),
    "data id offline": (words("run", "--data", "nobody/nothing-at-all"), "nobody/nothing-at-all"),
    "check without data": (words("check"), "sumtune check chats.csv"),
    "check with data twice": (words("check", "a.csv", "--data", "b.csv"), "data once"),
    "date that does not exist": (option("--set", "data.path=2020-13-45"), "not valid YAML"),
    "preset unknown": (option("--preset", "qualty"), "Did you mean quality?"),
    "setting unknown": (option("--set", "train.epoch=2"), "Did you mean train.epochs?"),
    "setting of wrong type": (option("--set", "train.epochs=many"), "train.epochs"),
    "setting out of range": (option("--set", "lora.dropout=1.5"), "lora.dropout"),
    "setting without =": (option("--set", "train.epochs"), "key=value"),
    "device not there": (option("--set", "model.device=cuda"), "model.device=auto"),
    "device not there, check": (option_of_check("--set", "model.device=mps"), "does not use model.device"),
    "settings contradict": (option("--set", "model.max_source_tokens=4000"), "micro_batch_tokens"),
    "config missing": (option("--config", "none.yaml"), "none.yaml"),
    "config broken": (config_file("train: {epochs: 2"), "not valid YAML"),
    "config a list": (config_file("- 1\n- 2\n"), "key: value"),
    "option unknown": (words("run", "--epochs", "2"), "--epochs"),
    "model missing": (words("run", "--model", "./none"), "./none"),
    "model only pickle": (model_folder(only_pickle), "safetensors"),
    "model half a file": (model_folder(half_weights), "model"),
    "model without tokenizer": (model_folder(no_tokenizer, "check"), "tokenizer"),
    "model config broken": (model_folder(broken_config), "configuration"),
    "model quantized": (model_folder(configured(quantization_config=GPTQ)), "are quantized (gptq)"),
    "model quantized, check": (model_folder(configured(quantization={"bits": 4}), "check"), "are quantized"),
    "model without positions": (
        gpt2_with("--set", "model.max_target_tokens=510", "--set", "model.max_source_tokens=64"),
        "model.max_target_tokens to at most 4",
    ),
    "model gguf missing": (words("run", "--model", "none.gguf"), "none.gguf"),
    "model gguf garbage": (model_file("bad.gguf", b"garbage"), "not a GGUF file"),
    "model gguf cut": (model_file("cut.gguf", b"GGUF\x03\x00\x00\x00\x01\x00"), "GGUF"),
    "model id offline": (words("run", "--model", "nobody/nothing-at-all"), "nobody/nothing-at-all"),
    "target module unknown": (option("--set", "lora.target_modules=[q_prj]"), "q_prj"),
    "run dir is a file": (run_dir_is_a_file, "artifacts"),
    "run dir of another run": (run_dir_of_another, "--overwrite"),
    "resume nothing": (option("--resume"), "no intact checkpoint"),
    "evaluate nothing": (words("evaluate"), "sumtune run"),
    "evaluate with a setting of training": (scored("--set", "train.epochs=9"), "does not use train.epochs"),
    "evaluate with a preset": (scored("--set", "preset=fast"), "Its settings are: model.device, decode.beams"),
    "evaluate with other data": (scored("--set", "data.path=b.csv"), "does not use data.path"),
    "evaluate with a setting unknown": (scored("--set", "decode.beam=1"), "Did you mean decode.beams?"),
    "check with a setting of training": (checked("--set", "train.epochs=9"), "does not use train.epochs"),
    "check with a setting of decoding": (checked("--set", "decode.beams=1"), "does not use decode.beams"),
    "summarize nothing": (words("summarize", "pyproject.toml"), "pyproject.toml"),
    "summarize with --input alone": (words("summarize", "--input", "a.jsonl"), "--output"),
    "serve nothing": (words("serve"), "sumtune run"),
    "serve port taken": (port_taken, "another --port"),
    "serve loading without a key": (words("serve", "--allow-adapter-loading"), "SUMTUNE_ADMIN_KEY"),
    "serve a folder without loading": (words("serve", "--adapter-root", "."), "--allow-adapter-loading"),
    "serve port out of range": (words("serve", "--port", "99999"), "65535"),
    "clean nothing": (words("clean", "--run-dir", "none"), "none"),
}


@pytest.fixture(scope="module")
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize(
    "kind",
    BROKEN,
)
def test_a_users_mistake_is_one_message_and_exit_code_2(call, tmp_path, monkeypatch, tiny_models, taken_port, kind):
    arguments, expected = BROKEN[kind]
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    given = [*arguments(folder, tiny_models | {"taken port": taken_port})]
    if given[0] == "run" and "--model" not in given:
        given += ["--model", tiny_models["t5"]]
    if given[0] == "run" and "--data" not in given:
        given += ["--data", tiny.write_jsonl(folder / "good.jsonl", 30)]
    before = snapshot(folder)
    code, _, err = call(*given)
    assert code == 2
    assert err.startswith(("Error: ", "Usage: "))
    assert "Traceback" not in err
    assert len(re.findall(r"^(Error: |╭─ Error)", err, re.MULTILINE)) == 1
    assert expected in err
    assert snapshot(folder) == before


def snapshot(folder):
    """Every file below `folder` with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_error_never_shows_a_dialogue(call, tmp_path, tiny_models, own_cache):
    rows = [{"dialogue": "Zebulon: swordfish", "summary": ""}] * 30
    file = tmp_path / "chats.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, out, err = call("run", "--model", tiny_models["t5"], "--data", file, "--run-dir", tmp_path / "run")
    assert code == 2
    assert "chats.jsonl:1:" in err
    assert "swordfish" not in out + err


def test_our_bug_is_a_traceback_and_exit_code_1():
    planted = (
        "import sys; from types import SimpleNamespace; from sumtune import cli\n"
        "def fail(*arguments): raise RuntimeError('planted')\n"
        "sys.modules['sumtune.commands.clean'] = SimpleNamespace(clean_run=fail)\n"
        "sys.argv = ['sumtune', 'clean']; cli.main()"
    )
    done = run_python("-c", planted)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "RuntimeError: planted" in done.stderr
    assert not done.stderr.startswith("Error:")


def test_an_interrupt_says_how_to_go_on(call, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("sumtune.commands.clean.clean_run", interrupt)
    code, _, err = call("clean")
    assert code == 130
    assert "Traceback" not in err
    assert "The same command continues" in err


def test_check_says_that_good_data_can_be_used_and_writes_nothing(call, tmp_path, monkeypatch, tiny_models, own_cache):
    here = tmp_path / "here"
    file = tiny.write_jsonl(here / "good.jsonl", 60)
    monkeypatch.chdir(here)
    code, out, err = call("check", file, "--model", tiny_models["t5"])
    assert (code, err) == (0, "")
    assert "The data can be used: train" in out
    assert set(snapshot(here)) == {"good.jsonl"}, "only the cache, which is elsewhere, keeps a tokenizer"


def test_a_model_with_few_positions_is_checked_with_what_it_reads(call, tmp_path, tiny_models, own_cache):
    """GPT-2 has no position for a 513th token: what of a dialogue would not be read is known before training."""
    rows = [tiny.conversation(number) for number in range(30)]
    rows[0]["dialogue"] += "\nAna: more bread." * 200
    file = tmp_path / "long.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, out, err = call("check", file, "--model", tiny_models["gpt2"], "--set", "model.max_source_tokens=1024")
    assert (code, err) == (0, "")
    limit = int(re.search(r"model\.max_source_tokens is (\d+) instead of 1024", out)[1])
    assert 300 < limit < 512 - 128
    assert f"longer than {limit} tokens" in out
    code, out, _ = call("check", file, "--model", tiny_models["gpt2"])
    assert code == 0
    assert "Note" not in out, "nobody asked for a number"
    assert f"longer than {limit} tokens" in out


def test_a_home_that_cannot_be_written_is_one_warning(tiny_models, tmp_path, monkeypatch, caplog):
    for name in ("SUMTUNE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", os.devnull)
    data = tiny.write_jsonl(tmp_path / "chats.jsonl", 12)
    result = CliRunner().invoke(cli.app, ["check", str(data), "--model", str(tiny_models["llama"])])
    assert result.exit_code == 0, result.output
    assert [message for message in caplog.messages if os.devnull in message] == caplog.messages
    assert len(caplog.messages) <= 1, "other tests of this process may have told it already"


def test_settings_that_check_uses_change_what_it_says_and_files_may_hold_all(call, tmp_path, tiny_models, own_cache):
    file = tiny.write_jsonl(tmp_path / "good.jsonl", 60)
    (tmp_path / "mine.yaml").write_text("train: {epochs: 1}\ndecode: {beams: 1}")
    given = ["check", file, "--model", tiny_models["t5"], "--config", tmp_path / "mine.yaml"]
    _, plain, _ = call(*given)
    for setting in ("preset=fast", "data.train_share=0.5", "model.max_source_tokens=16"):
        code, out, _ = call(*given, "--set", setting)
        assert code == 0
        assert out != plain, setting
    code, _, _ = call(*given, "--set", "model.max_source_tokens=4000", "--set", "train.micro_batch_tokens=8000")
    assert code == 0
