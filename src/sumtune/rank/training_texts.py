"""The texts behind the encoded training examples."""

from dataclasses import dataclass

from sumtune.data.example_file import load_jsonl
from sumtune.errors import RunDirError
from sumtune.files.run_dir import RunDir
from sumtune.model.encode_stage import pairs_to_encode
from sumtune.model.read_lengths import dialogue_lengths
from sumtune.text.encode import Encoded, Encoder
from sumtune.text.encoded_file import load_encoded

__all__ = ["TrainingText", "load_training_texts"]


@dataclass(frozen=True)
class TrainingText:
    """An encoded training example with its texts."""

    encoded: Encoded
    dialogue: str
    reference: str
    group: str
    """Equal for all examples whose texts come from the same dialogue."""


def load_training_texts(run_dir: RunDir, encoder: Encoder) -> list[TrainingText]:
    """Return the training examples in the order of `train.safetensors`.

    Raises:
        RunDirError: the files are missing, damaged, or do not belong together.
    """
    encoded = load_encoded(run_dir.require(run_dir.transformation / "train.safetensors", "run"))
    examples = load_jsonl(run_dir.require(run_dir.split("train"), "run"))
    texts = [
        (dialogue, summary, example.fingerprint)
        for example, tokens in zip(examples, dialogue_lengths(encoder, examples), strict=True)
        for dialogue, summary in pairs_to_encode(encoder, example, tokens)
    ]
    if len(texts) != len(encoded):
        raise RunDirError(
            f"{run_dir.transformation} has {len(encoded)} training examples, but {run_dir.ingestion} gives "
            f"{len(texts)}: {run_dir.remedy('run')}"
        )
    return [TrainingText(one, *text) for one, text in zip(encoded, texts, strict=True)]
