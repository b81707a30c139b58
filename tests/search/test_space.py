import re
from pathlib import Path

import optuna
import pytest

from sumtune.config_resolution import resolve
from sumtune.errors import ConfigError
from sumtune.search.space import Range, load_space, settings_of, suggest


def test_the_default_space_suits_every_preset() -> None:
    for preset in ("quality", "balanced", "fast"):
        space = load_space(None, resolve(preset))
        assert isinstance(space["train.learning_rate"], Range)
        assert space["lora.rank"] == (8, 16, 32)


def test_suggestions_lie_in_the_space(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text(
        "lora.target_modules: [[all-linear], null]\nlora.rank: {low: 2, high: 64, log: true}\n"
        "lora.dropout: {low: 0.0, high: 0.5}\n"
    )
    space = load_space(file, resolve())
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(30):
        trial = study.ask()
        suggest(trial, space)
        settings = settings_of(trial.params, space)
        assert settings["lora.target_modules"] in (["all-linear"], None)
        assert settings["lora.rank"] in range(2, 65)
        assert 0 <= settings["lora.dropout"] <= 0.5


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "is empty"),
        ("[1, 2]", "must hold `key: value` settings, not list"),
        ("lora.rank: [8", "not valid YAML"),
        ("lora.rnak: [8, 16]", "lora.rnak: unknown setting. Did you mean lora.rank?"),
        ("lora: {rnak: [8, 16]}", "lora.rnak: unknown setting. Did you mean lora.rank?"),
        ("data.path: [a, b]", "cannot change 'data.path'"),
        ("train: [1, 2]", "cannot change 'train'"),
        ("train.within: [1h, 2h]", "'train.within': it must be the same in all trials"),
        ("train.seed: [0, 1]", "'train.seed': it must be the same in all trials"),
        ("lora.rank: 8", "lora.rank needs a list of values, or {low"),
        ("lora.rank: [8]", "list of lora.rank needs two values or more"),
        ("lora.rank: [8, 8.0]", "each of them once"),
        ("lora.rank: {low: 8}", "lora.rank needs a list of values, or {low"),
        ("lora.dropout: {low: few, high: 0.1}", "low and high of lora.dropout must be numbers"),
        ("lora.dropout: {low: 0, high: .inf}", "low and high of lora.dropout must be numbers"),
        ("lora.dropout: {low: 0.5, high: 0.1}", "low of lora.dropout must be less than high"),
        ("lora.dropout: {low: 0.1, high: 0.5, log: often}", "log of lora.dropout must be true or false"),
        ("train.learning_rate: {low: 0.0, high: 0.1, log: true}", "low of train.learning_rate must be greater than 0"),
        ("lora.dropout: {low: 0.0, high: 2.0}", "lora.dropout = 2.0"),
        ("lora.rank: {low: 1, high: 1.0e+24}", "lora.rank = 1e+24"),
        ("lora.rank: {low: 1, high: 2.5}", "lora.rank = 2.5"),
        ("lora.rank: [8, many]", "lora.rank = 'many'"),
    ],
)
def test_what_cannot_be_searched_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "space.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(named)) as problem:
        load_space(file, resolve())
    assert str(file) in str(problem.value)


def test_numbers_without_a_point_are_read(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text("train.learning_rate: {low: 1e-4, high: 2e-3, log: true}")
    assert load_space(file, resolve()) == {"train.learning_rate": Range(1e-4, 2e-3, log=True)}


@pytest.mark.parametrize("text", ["{low: 2.0, high: 8}", "{low: '2', high: 8.0}"])
def test_a_whole_number_is_searched_in_whole_numbers(tmp_path: Path, text: str) -> None:
    file = tmp_path / "space.yaml"
    file.write_text(f"lora: {{rank: {text}}}")
    (found,) = load_space(file, resolve()).values()
    assert repr(found) == repr(Range(2, 8))


def test_a_fraction_is_searched_in_fractions(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text("train.weight_decay: {low: 0, high: 1}")
    assert repr(load_space(file, resolve())["train.weight_decay"]) == repr(Range(0.0, 1.0))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        load_space(tmp_path / "nowhere.yaml", resolve())
