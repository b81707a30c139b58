"""A converted model is used only if it agrees with torch, and appears whole or not at all."""

import pytest

from sumtune.decode.ctranslate2 import convert as convert_module
from sumtune.decode.ctranslate2.convert import _score_pair, conversion_seconds, convert
from sumtune.decode.torch import TorchSummarizer
from sumtune.decode.unsupported import UnsupportedError
from sumtune.files.cache import Entry

SCORE_PAIR = "sumtune.decode.ctranslate2.convert._score_pair"


def visible(folder):
    """Return the files in `folder` without locks."""
    return list(folder.glob("[!.]*"))


@pytest.fixture
def entry(tmp_path):
    return Entry((tmp_path / "made",))


def test_a_conversion_is_made_once(tiny_models, tmp_path, entry):
    folder = convert(tiny_models["t5"], None, "int8", entry)
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert convert(tiny_models["t5"], None, "int8", entry) == folder
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before
    assert conversion_seconds(folder) > 0
    assert visible(tmp_path) == [folder], "nothing is left beside it"


def test_the_engine_folder_is_found_again_and_differs_by_adapter(make, sharp_models, save_lora, tmp_path):
    first = save_lora(sharp_models["t5"], 0.0)
    make("t5", adapter=first)
    (folder,) = tmp_path.glob("[!.]*.ctranslate2-*")
    before = (folder / "model.bin").stat().st_mtime_ns
    make("t5", adapter=first)
    assert (folder / "model.bin").stat().st_mtime_ns == before
    make("t5", adapter=save_lora(sharp_models["t5"], 1.0))
    assert len(visible(tmp_path)) == 4, "two adapters, each with its engine"


def refuse(*arguments, **options):
    raise ValueError("No conversion is registered for the model configuration TinyConfig")


def disagree(score):
    """Return `score`, with the converted model off by two nats per token."""

    def score_wrongly(*arguments):
        expected, actual = score(*arguments)
        return expected, actual - 2.0

    return score_wrongly


@pytest.fixture(params=["converter refuses", "converter crashes", "scores disagree", "scores are not numbers"])
def _broken(request, monkeypatch):
    from ctranslate2.converters import TransformersConverter

    if request.param == "converter refuses":
        monkeypatch.setattr(TransformersConverter, "convert", refuse)
    elif request.param == "converter crashes":
        monkeypatch.setattr(TransformersConverter, "_load", lambda _self: {}["no such key"])
    elif request.param == "scores disagree":
        monkeypatch.setattr(SCORE_PAIR, disagree(_score_pair))
    else:
        monkeypatch.setattr(SCORE_PAIR, lambda *_arguments: (float("nan"), -3.0))


@pytest.mark.usefixtures("_broken")
def test_a_failed_conversion_leaves_nothing(sharp_models, tmp_path, entry):
    with pytest.raises(UnsupportedError, match="CTranslate2"):
        convert(sharp_models["t5"], None, "float32", entry)
    assert visible(tmp_path) == []


@pytest.mark.usefixtures("_broken", "own_cache")
def test_auto_takes_torch_where_ctranslate2_cannot_and_the_named_engine_is_an_error(make, dialogues):
    fallen_back = make("t5", "auto")
    assert isinstance(fallen_back, TorchSummarizer)
    assert fallen_back.summarize(dialogues) == make("t5", "torch").summarize(dialogues)
    with pytest.raises(UnsupportedError):
        make("t5", "ctranslate2")


@pytest.mark.usefixtures("own_cache")
def test_a_bug_in_the_conversion_is_not_taken_for_an_unknown_model(make, monkeypatch):
    def stop(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(SCORE_PAIR, stop)
    with pytest.raises(ZeroDivisionError):
        make("t5", "auto")


def test_a_bart_of_a_new_transformers_can_be_converted(sharp_models, entry):
    assert "normalize_before" not in (sharp_models["bart"] / "config.json").read_text()
    assert convert(sharp_models["bart"], None, "float32", entry).is_dir()


@pytest.mark.parametrize("name", ["gemma", "llama", "gpt2", "t5", "bart"])
def test_int8_stays_within_what_is_allowed(tiny_models, entry, name):
    assert convert(tiny_models[name], None, "int8", entry).is_dir()


@pytest.mark.parametrize(("wrong", "engine"), [({"int8"}, "float32"), ({"int8", "float32"}, None), (set(), "int8")])
def test_where_int8_disagrees_float32_is_used(make, own_cache, monkeypatch, wrong, engine):
    made = []
    convert_to = convert_module._run_converter
    monkeypatch.setattr(convert_module, "_run_converter", lambda *given: made.append(given[1]) or convert_to(*given))
    monkeypatch.setattr(SCORE_PAIR, lambda *_: (-3.0, -4.0 if made[-1] in wrong else -3.0))
    if engine is None:
        with pytest.raises(UnsupportedError, match=r"gives a probe text -4.00"):
            make("t5", "ctranslate2", quantization="int8")
    else:
        for _ in range(2):  # the second one is cached
            assert make("t5", "ctranslate2", quantization="int8").engine == f"ctranslate2 {engine}"
        assert made == ["int8", "float32"][: 1 + bool(wrong)]
