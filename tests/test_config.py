from pathlib import Path
from typing import Any

import pytest

from sumtune.config import PRESETS, Config
from sumtune.config_resolution import resolve, revise
from sumtune.errors import ConfigError

TABLE: dict[str, dict[str, Any]] = {
    "best": {
        "data.train_share": 1.0,
        "train.epochs": 3,
        "train.learning_rate": 6e-4,
        "lora.rank": 16,
        "decode.beams": 4,
        "rank.candidates": 16,
        "rank.half_epochs": 2,
    },
    "quality": {"data.train_share": 1.0, "train.epochs": 3, "lora.rank": 16, "decode.beams": 4, "rank.candidates": 0},
    "balanced": {"data.train_share": 0.5, "train.epochs": 2, "lora.rank": 16, "decode.beams": 4},
    "fast": {"data.train_share": 0.3, "train.epochs": 1, "lora.rank": 8, "decode.beams": 1},
}
COMMON = {"train.effective_batch_size": 4, "train.validate_every_steps": 50}


def value(config: Config, key: str) -> Any:
    section, name = key.split(".")
    return getattr(getattr(config, section), name)


def message(**arguments: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve(**arguments)
    return str(caught.value)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write_file(text: str) -> Path:
        path = tmp_path / "sumtune.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_valid_and_hold_what_was_promised(preset: str) -> None:
    config = resolve(preset)
    assert config.preset == preset
    for key, expected in (TABLE[preset] | COMMON).items():
        assert value(config, key) == expected, key
    assert TABLE.keys() == set(PRESETS)


def test_quality_is_the_default_and_the_defaults() -> None:
    assert resolve() == resolve("quality")
    for key, expected in (TABLE["quality"] | COMMON).items():
        assert value(Config(), key) == expected, f"the default of {key} is stated once"


def test_every_shipped_preset_file_is_known() -> None:
    folder = Path(__file__).parents[1] / "src" / "sumtune" / "presets"
    assert {path.stem for path in folder.glob("*.yaml")} == set(PRESETS)


def test_later_sources_win(write: Any) -> None:
    file = write("train: {epochs: 7, seed: 7, warmup_steps: 7}\nlora: {rank: 7}\n")
    config = resolve("fast", file, {"lora.rank": 9}, ("train.seed=8", "lora.rank=8", "train.epochs=8"))
    assert config.decode.beams == 1, "preset over default"
    assert config.train.warmup_steps == 7, "file over preset"
    assert (config.train.epochs, config.train.seed) == (8, 8), "--set over file"
    assert config.lora.rank == 9, "an option over --set"
    assert config.data.train_share == 0.3, "what nobody names stays as the preset has it"


def test_the_preset_itself_follows_the_same_order(write: Any) -> None:
    file = write("preset: fast\n")
    assert resolve(config_file=file).data.train_share == 0.3
    assert resolve(config_file=file, assignments=("preset=balanced",)).data.train_share == 0.5
    assert resolve("quality", file, assignments=("preset=balanced",)).preset == "quality"


def test_all_problems_come_in_one_message_with_the_nearest_names(write: Any) -> None:
    file = write("train: {epoch: 3, learning_rate: -1}\nlorra: {rank: 3}\n")
    text = message(config_file=file, assignments=("lora.rnak=2", "decode.beams=many", "warmup_steps=4"))
    for part in (
        "train.epoch: unknown setting. Did you mean train.epochs?",
        "train.learning_rate = -1",
        "lorra: unknown setting. Did you mean lora?",
        "lora.rnak: unknown setting. Did you mean lora.rank?",
        "decode.beams = 'many'",
        "warmup_steps: unknown setting. Did you mean train.warmup_steps?",
    ):
        assert part in text


def test_a_name_like_nothing_gets_no_suggestion() -> None:
    assert "Did you mean" not in message(assignments=("zzzzzzzz=1",))


def test_an_unknown_preset_lists_the_known() -> None:
    text = message(preset="fsat")
    assert "quality, balanced, fast" in text
    assert "Did you mean fast?" in text


@pytest.mark.parametrize("assignment", ["train.epochs", "=3", " =3", "train.epochs=[1"])
def test_a_malformed_assignment_is_shown(assignment: str) -> None:
    assert repr(assignment) in message(assignments=(assignment,))


@pytest.mark.parametrize(
    ("assignment", "key", "expected"),
    [
        ("train.learning_rate=5e-4", "train.learning_rate", 5e-4),
        ("lora.target_modules=[q_proj, v_proj]", "lora.target_modules", ("q_proj", "v_proj")),
        ("lora.target_modules=null", "lora.target_modules", None),
        ("data.path=a=b.csv", "data.path", "a=b.csv"),
        ("lora.dora=true", "lora.dora", True),
    ],
)
def test_assignments_are_yaml(assignment: str, key: str, expected: Any) -> None:
    assert value(resolve(assignments=(assignment,)), key) == expected


@pytest.mark.parametrize(
    "assignment",
    [
        "data.train_share=0", "data.train_share=1.5", "lora.dropout=1", "lora.rank=0", "train.learning_rate=.nan",
        "train.epochs=1.5", "train.seed=-1", "model.precision=fp16", "train=5", "train.epochs.x=1", "lora=null",
    ],
)  # fmt: skip
def test_values_out_of_range_name_their_setting(assignment: str) -> None:
    key = assignment.partition("=")[0].removesuffix(".x")
    assert f"{key} = " in message(assignments=(assignment,))


def test_a_micro_batch_holds_the_longest_example() -> None:
    text = message(
        assignments=("model.max_source_tokens=1024", "train.micro_batch_tokens=512", "model.max_target_tokens=128")
    )
    for part in ("micro_batch_tokens (512)", "max_source_tokens", "1152"):
        assert part in text


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "train: {epochs: ", "\x00"])
def test_a_file_that_holds_no_settings_is_named(write: Any, text: str) -> None:
    assert "sumtune.yaml" in message(config_file=write(text))


def test_a_missing_file_is_named_and_an_empty_one_changes_nothing(write: Any, tmp_path: Path) -> None:
    assert "nowhere.yaml" in message(config_file=tmp_path / "nowhere.yaml")
    assert resolve(config_file=write("# nothing yet\n")) == resolve()


def test_a_file_cannot_make_objects(write: Any) -> None:
    assert "not valid YAML" in message(config_file=write("data: !!python/object/apply:os.getcwd []\n"))


def test_a_configuration_survives_its_own_json() -> None:
    config = resolve("fast", assignments=("lora.target_modules=[q, v]",))
    assert Config.model_validate(config.model_dump(mode="json")) == config


def test_revising_changes_only_what_is_named() -> None:
    config = resolve("fast", assignments=("lora.target_modules=[q, v]", "train.seed=3"))
    revised = revise(config, ("train.epochs=5",))
    assert revised.train.epochs == 5
    assert revise(revised, ("train.epochs=1",)) == config
    assert revise(config, ()) == config
    with pytest.raises(ConfigError, match=r"Did you mean lora\.rank(.|\n)*train\.epochs = 0"):
        revise(config, ("train.epochs=0", "lora.rnk=1"))


def test_settings_do_not_change_once_made() -> None:
    with pytest.raises(ValueError, match="frozen"):
        resolve().train.epochs = 5


def test_a_file_that_is_too_large_or_never_ends_is_refused_at_once(tmp_path):
    large = tmp_path / "large.yaml"
    large.write_text("# comment\n" * 200_000, encoding="utf-8")
    for file in (large, Path("/dev/zero")):
        if file.exists():
            with pytest.raises(ConfigError, match="more than 1,000,000 bytes"):
                resolve(config_file=file)


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("rank.candidates=1", "at least 2 candidates"),
        ("rank.candidates=65", "less than or equal to 64"),
        ("rank.temperature=0", "greater than 0"),
        ("rank.weight=0", "greater than 0"),
        ("rank.learning_rate=1", "less than 1"),
        ("rank.candidate=8", "Did you mean rank.candidates"),
    ],
)
def test_impossible_settings_of_ranking_are_refused(assignment: str, expected: str) -> None:
    assert expected in message(assignments=(assignment,))
