"""The model card: huggingface_hub reads its metadata, and nothing private is in it."""

from dataclasses import replace

import pytest
import scored_run
from huggingface_hub import ModelCard

from sumtune.files.records import read_record, write_record
from sumtune.report.card import model_card
from sumtune.report.card_stage import write_card


@pytest.fixture(scope="module")
def parsed(run):
    return ModelCard(model_card(run, "ann/summaries"))


def test_the_hub_finds_base_model_library_and_every_score(parsed, card):
    data = parsed.data
    assert (data.base_model, data.library_name, data.license) == ("google/gemma-3-270m", "peft", "gemma")
    assert (data.model_name, data.language, data.pipeline_tag) == ("summaries", "en", "summarization")
    scores = {one.metric_name: one.metric_value for one in data.eval_results}
    tuned = card.systems["tuned"].metrics
    assert scores["ROUGE-1 (beam 4)"] == round(tuned["rouge1"].mean, 4)
    assert len(scores) == len(tuned)
    assert {(one.dataset_split, one.task_type) for one in data.eval_results} == {("test", "summarization")}
    assert "---" not in data.to_yaml()


def test_the_card_says_use_limits_and_terms(parsed, card):
    for words in ("Gemma Terms of Use", "Intended use and limits", "Conversation:\n", "sumtune serve --adapter"):
        assert words in parsed.text
    assert f"| tuned | {card.systems['tuned'].metrics['rouge1'].mean:.3f}" in parsed.text


@pytest.mark.parametrize(
    ("limits", "says"),
    [({}, None), ({"no_repeat_ngram_size": 0, "no_repeat_words": 0}, None),
     ({"no_repeat_ngram_size": 8, "no_repeat_words": 4}, "the same 4 words or 8 tokens twice"),
     ({"no_repeat_ngram_size": 8, "no_repeat_words": 0}, "the same 8 tokens twice")],
)  # fmt: skip
def test_the_card_says_which_repeats_other_programs_allow(card, tmp_path, limits, says):
    decoding = card.signature.decoding
    decoding = {**decoding, "tuned": {**decoding["tuned"], **limits}}
    changed = replace(card, signature=replace(card.signature, decoding=decoding))
    text = model_card(scored_run.write_run(tmp_path / "run", changed))
    assert ("twice in a summary" in text) == (says is not None)
    assert says is None or f"sumtune never writes {says} in a summary; other programs may." in text


def test_no_conversation_no_path_and_no_file_name_is_in_the_card(run, tmp_path):
    text = model_card(run)
    private = ("Zebulon", "quokka", "Wolfgang", "secret-folder", "chats.csv", str(run.root.parent))
    assert not [word for word in private if word in text]


def test_ones_own_data_and_model_are_named_neutrally(card, tmp_path):
    own = scored_run.write_run(
        tmp_path / "run", card, data__path="clients/acme.csv", model__name="./models/acme-private", model__revision=None
    )
    text = model_card(own)
    assert "acme" not in text
    assert "private conversations" in text
    data = ModelCard(text).data
    assert (data.base_model, data.license, data.datasets) == (None, None, None)
    assert "Gemma" not in text


def test_a_hub_data_set_is_named(own_run):
    record = read_record(own_run.run_json)
    record["config"]["data"]["path"] = "ann/dialogs"
    write_record(own_run.run_json, record)
    assert ModelCard(model_card(own_run)).data.datasets is None, "a path that looks like an id"
    manifest = read_record(own_run.ingestion / "manifest.json")
    write_record(own_run.ingestion / "manifest.json", manifest | {"columns": {"ann/dialogs#train": {}}})
    data = ModelCard(model_card(own_run)).data
    assert data.datasets == "ann/dialogs"
    assert data.eval_results[0].dataset_type == "ann/dialogs"


def test_the_stage_writes_the_card_into_the_folder(own_run):
    assert write_card(own_run) == own_run.root / "MODEL_CARD.md"
    assert ModelCard.load(own_run.model_card).data.library_name == "peft"
