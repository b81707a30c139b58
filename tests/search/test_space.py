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
        ("[1, 2]", "is empty"),
        ("lora.rank: [8", "not valid YAML"),
        ("lora.rnak: [8, 16]", "lora.rnak"),
        ("data.path: [a, b]", "data.path"),
        ("train: [1, 2]", "train"),
        ("lora.rank: [8]", "two values"),
        ("lora.rank: {low: 8}", "two values"),
        ("lora.dropout: {low: 0.5, high: 0.1}", "two values"),
        ("train.learning_rate: {low: 0.0, high: 0.1, log: true}", "two values"),
        ("lora.dropout: {low: 0.0, high: 2.0}", "lora.dropout"),
        ("lora.rank: [8, many]", "lora.rank"),
    ],
)
def test_what_cannot_be_searched_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "space.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=named):
        load_space(file, resolve())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        load_space(tmp_path / "nowhere.yaml", resolve())
