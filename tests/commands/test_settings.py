"""`--set` of what a command does not use is refused, with the settings that it has."""

import pytest

from sumtune.commands.accepted_settings import CHECK, EVALUATE, require_accepted
from sumtune.config import Config
from sumtune.config_resolution import assignment, known_keys, parse_assignment, revise
from sumtune.errors import ConfigError

LEAVES = [key for key in known_keys() if key.count(".") == 1 or key == "preset"]


def is_used(used, key):
    return any(key == one or key.startswith(f"{one}.") for one in used)


@pytest.mark.parametrize(("command", "used"), [("check", CHECK), ("evaluate", EVALUATE)])
def test_every_setting_is_used_or_refused_by_name(command, used):
    for key in LEAVES:
        if is_used(used, key):
            require_accepted(command, [f"{key}=1"], used)
        else:
            with pytest.raises(ConfigError, match=f"`sumtune {command}` does not use {key}\\. Its settings are: "):
                require_accepted(command, [f"{key}=1"], used)


def test_a_refusal_names_each_idle_setting_once_and_all_that_can_be_set():
    given = ["train.epochs=9", "preset=fast", "decode.beams=1", "train.epochs=8", "data={path: a.csv}"]
    with pytest.raises(ConfigError) as refused:
        require_accepted("evaluate", given, EVALUATE)
    message = str(refused.value)
    assert "does not use train.epochs, preset, data.path. Its settings are:" in message
    named = message.partition("Its settings are: ")[2].rstrip(".").split(", ")
    assert named == [key for key in LEAVES if is_used(EVALUATE, key)]


def test_a_section_that_is_set_as_a_whole_counts_by_what_is_in_it():
    require_accepted("evaluate", ["decode={beams: 1}", "model={device: cpu}"], EVALUATE)
    with pytest.raises(ConfigError, match=r"does not use model\.name\."):
        require_accepted("evaluate", ["model={device: cpu, name: other}"], EVALUATE)


def test_what_a_command_uses_exists():
    assert set(CHECK) | set(EVALUATE) <= set(known_keys())


def settings_of(config, key):
    for part in key.split("."):
        config = config[part]
    return config


@pytest.mark.parametrize("key", LEAVES)
def test_an_assignment_sets_the_value_that_it_was_made_of(key):
    value = settings_of(Config().model_dump(mode="json"), key)
    assert parse_assignment(assignment(key, value)) == (key, value)
    assert revise(Config(), (assignment(key, value),)) == Config()


@pytest.mark.parametrize("value", [5e-05, 1e-4, 3, True, None, "a b", "null", "3", "{x}", ["q", "v: 1"], "ä" * 200])
def test_any_value_survives_being_written_as_an_assignment(value):
    assert parse_assignment(assignment("data.path", value)) == ("data.path", value)
