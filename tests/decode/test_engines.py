"""All engines write the same summaries, whatever other dialogues are in the batch."""

from dataclasses import replace
from shutil import copytree

import pytest
import tiny
import torch

from sumtune.decode.unsupported import UnsupportedError
from sumtune.model.load import load_base
from sumtune.text.encode import Encoder

from .conftest import PROMPT, change_weights, sharpened, with_limit

CHAT = "Ana: Hi."
ARCHITECTURES = list(tiny.ARCHITECTURES)
ENGINES = ["ctranslate2", "torch"]
KNOWN = [(engine, name) for name in ("gemma", "llama", "gpt2", "t5", "bart") for engine in (*ENGINES, "native")
         if engine != "native" or name in ("gemma", "llama")]  # fmt: skip


def knowing(*names):
    """Parametrize with every engine and each of the models `names` that it supports."""
    return pytest.mark.parametrize(("engine", "name"), [pair for pair in KNOWN if pair[1] in names])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_ctranslate2_writes_what_torch_writes(shared, dialogues, name):
    fast, slow = shared(name, "ctranslate2"), shared(name, "torch")
    for beams in (1, 3):
        summaries = fast.with_beams(beams).summarize(dialogues)
        assert summaries == slow.with_beams(beams).summarize(dialogues)
        assert len({one.text for one in summaries}) > 1, "the dialogue must matter, or this test could not fail"


@pytest.mark.parametrize("name", tiny.MORE_ARCHITECTURES)
def test_ctranslate2_reads_what_transformers_no_longer_stores(make, dialogues, name, tmp_path):
    folder = tiny.save_model(name, tmp_path / name)
    change_weights(folder, sharpened)
    fast = make(folder, "ctranslate2").summarize(dialogues)
    assert fast == make(folder, "torch").summarize(dialogues)
    assert len({completion.text for completion in fast}) > 1


@pytest.mark.parametrize("beams", [2, 4])
def test_beams_go_on_where_many_tokens_end_a_summary(make, dialogues, beams, monkeypatch):
    ends = list(range(5, 60))
    monkeypatch.setattr(Encoder, "end_ids", property(lambda self: [self.tokenizer.eos_token_id, *ends]))
    summaries = make("llama", "native", beams=beams).summarize(dialogues)
    assert all(one.tokens >= 1 for one in summaries)
    assert any(not one.cut_off for one in summaries)


def test_native_int8_does_not_depend_on_the_batch(shared, dialogues):
    engine = shared("gemma", "native", quantization="int8")
    for summarizer in (engine.with_beams(1), engine.with_beams(3)):
        together, alone = summarizer.summarize(dialogues), [summarizer.summarize([one])[0] for one in dialogues]
        assert together == alone
        assert len({completion.text for completion in together}) > 1


@pytest.mark.parametrize("name", ["gpt2", "t5"])
def test_native_refuses_models_it_does_not_know(make, name):
    with pytest.raises(UnsupportedError):
        make(name, "native")
    assert not make(name, "auto").engine.startswith("native")


@pytest.mark.parametrize("name", ["gemma", "llama"])
def test_native_writes_what_torch_writes(shared, dialogues, name):
    fast, slow = shared(name, "native"), shared(name, "torch")
    for beams in (1, 3):
        assert fast.with_beams(beams).summarize(dialogues) == slow.with_beams(beams).summarize(dialogues)


@knowing("gemma", "gpt2", "t5")
def test_batch_size_and_order_of_the_dialogues_change_nothing(shared, dialogues, name, engine):
    summarizer = shared(name, engine)
    alone = [summarizer.summarize([dialogue])[0] for dialogue in dialogues]
    assert shared(name, engine, batch_tokens=150).summarize(dialogues) == alone
    assert summarizer.summarize(dialogues[::-1]) == alone[::-1]


@pytest.mark.parametrize("engine", [*ENGINES, "native"])
def test_progress_counts_every_dialogue_once(shared, dialogues, engine):
    counts = []
    together = {"beams": 32} if engine == "native" else {"batch_tokens": 100}  # two dialogues, or some of their tokens
    shared("gemma", engine, **together).summarize(dialogues, counts.append)
    assert sum(counts) == len(dialogues)
    assert all(counts)
    assert len(counts) > 1


@pytest.mark.parametrize("batch_tokens", [64, 5000])
@pytest.mark.parametrize("engine", [*ENGINES, "native"])
def test_an_engine_says_how_many_dialogues_it_decodes_together(shared, engine, batch_tokens):
    summarizer, counts = shared("llama", engine, beams=3, batch_tokens=batch_tokens), []
    summarizer.summarize([CHAT] * 70, counts.append, max_tokens=1)
    assert max(counts) < 70
    together = max(counts) * getattr(summarizer, "copies", 1)
    assert together == summarizer.batch_size(len(summarizer._encoder.source(CHAT)))


@knowing("llama", "t5")
def test_no_dialogues_give_no_summaries(shared, engine, name):
    assert shared(name, engine).summarize([]) == []


@knowing("llama", "t5")
def test_a_lower_limit_keeps_the_beginning_and_says_cut_off(shared, dialogues, name, engine):
    summarizer = shared(name, engine)
    whole, short = summarizer.summarize(dialogues), summarizer.summarize(dialogues, max_tokens=5)
    for longer, shorter in zip(whole, short, strict=True):
        assert shorter.tokens == min(5, longer.tokens)
        assert shorter.cut_off == (longer.tokens >= 5)
    assert summarizer.summarize(dialogues, max_tokens=1000) == whole, "the limit of the prompt holds nevertheless"


@pytest.fixture
def breaking(make, sharp_models, tmp_path):
    """A Llama whose summary of `CHAT` has a line break in place of another token, after two or more tokens."""
    tokenizer = tiny.tokenizer()
    (line_break,) = tokenizer("\n", add_special_tokens=False).input_ids
    prompt = tokenizer(CHAT).input_ids + tokenizer(PROMPT.after, add_special_tokens=False).input_ids
    model = load_base(sharp_models["llama"], torch.float32)
    written = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=12)[0, len(prompt) :].tolist()
    other = next(token for at, token in enumerate(written) if at >= 2 and token not in written[:at])

    def swap(weights):
        head = weights["lm_head.weight"].clone()
        head[[other, line_break]] = head[[line_break, other]]
        return weights | {"lm_head.weight": head}

    folder = copytree(sharp_models["llama"], tmp_path / "breaking")
    change_weights(folder, swap)
    return folder


@pytest.mark.parametrize("engine", [*ENGINES, "native"])
def test_a_single_line_prompt_ends_at_a_line_break_and_is_not_cut_off(make, breaking, engine):
    many = make(breaking, engine).summarize([CHAT])[0]
    one = make(breaking, engine, prompt=replace(PROMPT, single_line=True)).summarize([CHAT])[0]
    assert "\n" in many.text
    assert one.text == many.text.partition("\n")[0].strip()
    assert not one.cut_off
    assert one.tokens < many.tokens


@pytest.mark.parametrize("engine", [*ENGINES, "native"])
def test_a_summary_that_ends_just_below_the_limit_is_not_cut_off(make, breaking, engine):
    one_line = replace(PROMPT, single_line=True)
    length = make(breaking, engine, prompt=one_line).summarize([CHAT])[0].tokens
    just_fits = replace(one_line, max_target_tokens=length + 1)
    too_tight = replace(one_line, max_target_tokens=length)
    fits, cut = (make(breaking, engine, prompt=p).summarize([CHAT])[0] for p in (just_fits, too_tight))
    assert (fits.tokens, fits.cut_off) == (length, False)
    assert (cut.tokens, cut.cut_off) == (length, True)


@knowing("gemma", "t5")
def test_a_zero_adapter_is_the_base_and_another_is_not(make, shared, sharp_models, save_lora, dialogues, name, engine):
    base = shared(name, engine).summarize(dialogues)
    assert make(name, engine, save_lora(sharp_models[name], 0.0)).summarize(dialogues) == base
    assert make(name, engine, save_lora(sharp_models[name], 1.0)).summarize(dialogues) != base


def test_an_adapter_gives_the_same_in_all_engines(make, sharp_models, save_lora, dialogues):
    adapter = save_lora(sharp_models["gemma"], 0.5)
    fast, slow, ours = (make("gemma", engine, adapter).summarize(dialogues) for engine in (*ENGINES, "native"))
    assert fast == slow == ours


def test_dialogues_longer_than_the_sliding_window_are_as_torch_writes_them(shared):
    chats = [tiny.conversation(number)["dialogue"] for number in range(8)]
    lengths = (1, 2, 3, 5, 4, 1)  # in conversations of 30 to 50 tokens; the window has 64
    texts = ["\n".join(chats[at : at + count]) for at, count in enumerate(lengths)]
    expected = shared("gemma", "torch").summarize(texts)
    assert shared("gemma", "ctranslate2").summarize(texts) == expected
    assert shared("gemma", "native").summarize(texts) == expected
    engines = ("ctranslate2", "torch", "native")
    beams = [shared("gemma", engine, beams=3, prompt=with_limit(20)).summarize(texts) for engine in engines]
    assert beams[0] == beams[1] == beams[2]


@knowing("gemma", "t5")
def test_an_engine_says_how_it_decodes(make, name, engine):
    searching = {"beams": 3, "length_penalty": 2.0, "max_tokens": PROMPT.max_target_tokens}
    summarizer = make(name, engine, beams=3, length_penalty=2.0)
    said = summarizer.decoding
    assert said.items() >= ({"engine": engine, "number_format": "float32"} | searching).items()
    greedy = {"beams": 1, "length_penalty": None, "max_tokens": PROMPT.max_target_tokens}
    assert summarizer.with_beams(1).decoding == said | greedy == make(name, engine).decoding


def test_the_native_engine_says_what_it_leaves_out_and_smooths(make):
    whole, short = make("gemma", "native", shortlist=None), make("gemma", "native", shortlist=300, quantization="int8")
    assert (whole.decoding["smoothed"], whole.decoding["shortlist"]) == (False, None)
    assert short.decoding["smoothed"] is True
    assert 300 <= short.decoding["shortlist"] < 400
    assert whole.decoding["activations"] == "float32"


def test_what_decodes_dialogues_over_the_window_is_said_once_it_did(make):
    summarizer = make("gemma", "ctranslate2")
    assert "over_window" not in summarizer.decoding
    summarizer.summarize(["\n".join(tiny.conversation(number)["dialogue"] for number in range(5))])
    assert summarizer.decoding["over_window"]["engine"] == "torch"


def test_the_engine_says_its_number_format(make, tiny_models):
    assert make(tiny_models["t5"], "ctranslate2", quantization="int8").engine == "ctranslate2 int8"
    assert make("t5", "torch").engine == "torch float32"
    assert make("gemma", "auto", quantization="int8").engine == "native int8"
