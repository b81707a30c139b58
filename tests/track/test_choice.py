"""Which trackers can be chosen; what cannot be used is said before anything expensive."""

import pytest

from sumtune.config_resolution import resolve, revise
from sumtune.errors import ConfigError
from sumtune.track import choice
from sumtune.track.choice import Choice, choices_of


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None if name == "trackio" else name)


def test_each_tracker_is_followed_once() -> None:
    texts = ["mlflow", "tensorboard", "mlflow=http://localhost:5000", "mlflow"]
    chosen = choices_of(texts)
    assert chosen == [Choice("mlflow"), Choice("tensorboard"), Choice("mlflow", "http://localhost:5000")]
    assert [str(one) for one in chosen] == texts[:3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wandb", "Unknown tracker 'wandb': choose one of mlflow, tensorboard, trackio"),
        ("trackio", r"not installed: run `pip install 'sumtune\[trackio\]'`"),
        ("tensorboard=logs", "'tensorboard=logs' has an address: expected tensorboard"),
        ("mlflow=", "has no address: expected mlflow, for example mlflow=http"),
        ("mlflow=https://ann:secret@tracking.example", "contains a password: set MLFLOW_TRACKING_USERNAME"),
    ],
)
def test_what_cannot_be_used_is_said(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        choices_of([text])
    assert "secret" not in str(error.value)


def test_trackers_are_settings_that_no_record_holds() -> None:
    chosen = resolve(assignments=("track=[mlflow, tensorboard]", "track_examples=true"))
    assert chosen.track == ("mlflow", "tensorboard")
    assert resolve(assignments=("track=mlflow",)).track == ("mlflow",)
    assert resolve(assignments=("track=[mlflow]",), overrides={"track": ["tensorboard"]}).track == ("tensorboard",)
    assert chosen.model_dump(mode="json") == resolve().model_dump(mode="json")
    assert revise(chosen, ("train.epochs=2",)).track == ("mlflow", "tensorboard")
