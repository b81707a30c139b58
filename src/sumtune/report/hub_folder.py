"""The folder that is uploaded to the Hugging Face hub: the adapter, without paths of this machine, and its card."""

import json
import shutil
from pathlib import Path

from sumtune.errors import RunDirError
from sumtune.files.checksums import changed_file
from sumtune.files.records import read_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.model.adapter_files import CONFIG, SETTINGS, WEIGHTS, adapter_sums, read_settings
from sumtune.model.summary_tokens import SUMMARY_TOKENS
from sumtune.report.card import model_card
from sumtune.report.view.facts import GEMMA_NOTICE, base_model_id, is_gemma
from sumtune.report.view.run_files import read_run_files
from sumtune.text.prompt import FILE_NAME as PROMPT

__all__ = ["write_hub_folder"]

BASE = "base_model_name_or_path"


def write_hub_folder(run_dir: RunDir, repo_id: str | None, folder: Path) -> None:
    """Write the files of `repo_id` (None: of a place that is not the hub) into the empty `folder`.

    The base model is named by its Hugging Face id in place of a path.

    Raises:
        RunDirError: the run is not scored, or its adapter is damaged.
        ModelError: the settings of the adapter are missing or damaged.
    """
    adapter = run_dir.require(run_dir.adapter, "run")
    if (changed := changed_file(adapter, read_settings(adapter).sha256)) is not None:
        raise RunDirError(f"{adapter / changed} is missing or has changed: {run_dir.remedy('run')}")
    config = read_run_files(run_dir).config
    (folder / "README.md").write_text(model_card(run_dir, repo_id), encoding="utf-8")
    for name in (WEIGHTS, PROMPT, SUMMARY_TOKENS):
        if (adapter / name).is_file():
            shutil.copyfile(adapter / name, folder / name)
    base = base_model_id(config)
    lora = json.loads((adapter / CONFIG).read_text(encoding="utf-8")) | {BASE: base}
    (folder / CONFIG).write_text(json.dumps(lora, indent=2), encoding="utf-8")
    settings = read_record(adapter / SETTINGS)
    settings["model"] |= {"name": settings["model"]["name"] if base else Path(config.model.name).name}
    write_record(folder / SETTINGS, settings | adapter_sums(folder))
    if is_gemma(config):
        (folder / "NOTICE").write_text(GEMMA_NOTICE + "\n", encoding="utf-8")
