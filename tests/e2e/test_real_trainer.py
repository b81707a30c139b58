"""The files that transformers' own Trainer leaves are read: a notebook's warm-up of 100 steps in a run of 10."""

import json

import planted
import pytest
import tiny

from sumtune.diagnose.diagnose_stage import diagnose_file
from sumtune.diagnose.training_logs.read_training_log import read_training_log

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def trained(tiny_models, tmp_path_factory):
    """The output folder of a Trainer after one epoch of 40 examples with LoRA."""
    pytest.importorskip("accelerate")
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, DataCollatorForSeq2Seq, Trainer, TrainingArguments

    folder = tmp_path_factory.mktemp("trainer")
    tokenizer = AutoTokenizer.from_pretrained(tiny_models["t5"])
    base = AutoModelForSeq2SeqLM.from_pretrained(tiny_models["t5"])
    model = get_peft_model(base, LoraConfig(r=4, target_modules=["q", "v"], task_type="SEQ_2_SEQ_LM"))
    pairs = [tiny.conversation(number) for number in range(40)]
    rows = [
        {"input_ids": tokenizer(one["dialogue"])["input_ids"], "labels": tokenizer(one["summary"])["input_ids"]}
        for one in pairs
    ]
    arguments = TrainingArguments(
        output_dir=str(folder), num_train_epochs=1, per_device_train_batch_size=1, gradient_accumulation_steps=4,
        warmup_steps=100, learning_rate=2e-4, logging_steps=10, save_strategy="epoch", report_to=[], use_cpu=True,
        disable_tqdm=True,
    )  # fmt: skip
    collator = DataCollatorForSeq2Seq(tokenizer, model=base)
    trainer = Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collator)
    trainer.train()
    trainer.save_model()
    trainer.save_state()
    return folder


def test_both_causes_are_named_from_the_files_of_a_trainer_the_larger_effect_first(trained):
    outputs = planted.outputs(30)
    rows = [
        {"dialogue": dialogue, "summary": references[0], "prediction": " ".join(prediction)}
        for dialogue, references, prediction in zip(
            outputs.dialogues, outputs.references, outputs.predictions, strict=True
        )
    ]
    file = trained / "predictions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for log in (trained, trained / "trainer_state.json", trained / "checkpoint-10"):
        first, second = diagnose_file(file, training_log=log).findings[:2]
        assert (first.code, second.code) == ("characters_separated", "warmup_too_long")
        size = "The run has" if log.name == "checkpoint-10" else "40 examples in batches of 4 for 1 epoch:"
        assert second.evidence.startswith(f"{size} 10 optimizer steps.")
        assert "request 100 steps of warm-up, and the run used 10." in second.evidence
        assert "The highest learning rate reached is 9% of the setting." in second.evidence


def test_settings_and_losses_of_a_trainer_are_known(trained):
    training = read_training_log(trained)
    assert (training.rank, training.rate, training.batch, training.epochs, training.examples) == (4, 2e-4, 4, 1, 40)
    assert training.steps.tolist() == [10]
    assert training.losses[0] > 0
    assert training.norms[0] > 0
