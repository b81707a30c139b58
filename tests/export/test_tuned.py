"""The tuned model's summaries for the proof: generated once, and again when the model changes."""

import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from sumtune.export.proof import choose_sample
from sumtune.export.source import read_source
from sumtune.export.tuned import tuned_summaries
from sumtune.files.records import read_record, write_record
from sumtune.model.adapter_files import SETTINGS, SUMS, WEIGHTS

pytestmark = pytest.mark.e2e


@pytest.fixture
def written(export_runs, tmp_path):
    """Returns a function that returns the summaries of `count` examples and the number of those generated for them."""
    run_dir = export_runs("gemma")
    source = read_source(run_dir)

    def write(count, source=source, engine="float32"):
        generated = []

        @contextmanager
        def show(total):
            generated.append(total)
            yield lambda _: None

        sample = choose_sample(run_dir, source, source.prompt.max_source_tokens, count)
        return tuned_summaries(source, sample, engine, tmp_path / "summaries", show), sum(generated)

    write.source = source
    return write


def test_only_summaries_that_are_missing_are_generated(written):
    first, generated = written(2)
    assert generated == 2
    again, generated = written(3)
    assert generated == 1
    assert list(again.summaries[:2]) == list(first.summaries)
    last, generated = written(3)
    assert generated == 0
    assert (last.summaries, last.decoding, last.elapsed_s) == (again.summaries, again.decoding, again.elapsed_s)
    assert last.decoding["number_format"] == "float32"


def test_another_engine_and_another_search_have_their_own_summaries(written):
    written(2)
    source = written.source
    assert written(2, engine="scored")[1] == 2
    assert written(2, replace(source, decode=source.decode.model_copy(update={"beams": 3})))[1] == 2
    assert written(2)[1] == 0


def test_another_adapter_has_other_summaries(written, tmp_path):
    before, _ = written(2)
    changed = Path(shutil.copytree(written.source.adapter, tmp_path / "changed"))
    weights = load_file(changed / WEIGHTS)
    settings = read_record(changed / SETTINGS)
    del settings[SUMS]
    write_record(changed / SETTINGS, settings)
    save_file({name: 40 * weight for name, weight in weights.items()}, changed / WEIGHTS, {"format": "pt"})
    after, generated = written(2, replace(written.source, adapter=changed))
    assert generated == 2
    assert after.summaries != before.summaries


def test_a_damaged_file_is_made_again(written, tmp_path):
    before, _ = written(2)
    (file,) = (tmp_path / "summaries").iterdir()
    file.write_text(file.read_text(encoding="utf-8").replace("summaries", "summariez"), encoding="utf-8")
    after, generated = written(2)
    assert (generated, list(after.summaries)) == (2, list(before.summaries))
