"""`docs/diagnosis.md` and the rules say the same: codes, severities and thresholds."""

import importlib
import re
from pathlib import Path

from sumtune.diagnose import diagnosis
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.rules import output_rules
from sumtune.diagnose.rules.repairable import repairable

PAGE = (Path(__file__).parents[2] / "docs" / "diagnosis.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`.*?\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
REPAIR_ROWS = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
FAULT_RULES = [
    *output_rules.FIRST_RULES, *output_rules.LOOKS, *output_rules.LAST_RULES,
    *(rule for rule in output_rules.RULES if rule is not repairable),
]  # fmt: skip
RULES = (
    *FAULT_RULES, *diagnosis.SCORE_RULES, *diagnosis.TRAINING_RULES, *diagnosis.DATA_RULES,
    *diagnosis.EXPECTATION_RULES, *diagnosis.ADVICE_RULES,
)  # fmt: skip
MODULES = (
    "lengths", "columns", "copies", "misplaced_rows", "dialogues", "references", "two_groups", "tokenization",
    "language_and_case", "wording", "missing_parts", "unlike", "other_style", "odd_looks", "other_rows", "score",
    "training", "repairs.search", "causes", "repairs.frames", "fit", "data", "splits", "pairs", "advice", "expectation",
)  # fmt: skip


def test_the_page_has_a_section_for_each_rule_and_no_other():
    assert sorted(SECTIONS) == sorted(rule.__name__ for rule in RULES)


def test_the_table_of_repairs_says_what_the_library_says():
    assert [(one.name, one.what, one.remedy) for one in REPAIRS] == REPAIR_ROWS


def test_a_section_has_evidence_threshold_source_and_remedy():
    for name, section in SECTIONS.items():
        missing = [part for part in ("Evidence:", "Threshold:", "Source:", "Remedy:") if part not in section]
        assert missing == [], name


def test_the_thresholds_of_a_section_are_those_of_the_code():
    for rule in RULES:
        module = importlib.import_module(rule.__module__)
        stated = re.findall(r"`([A-Z][A-Z_0-9]+)` = ([-\d.e]+\d)", SECTIONS[rule.__name__])
        assert [(name, getattr(module, name)) for name, _ in stated] == [(name, float(value)) for name, value in stated]


def test_every_threshold_of_the_code_is_on_the_page():
    imported = {"SHOWN_EXAMPLES", "FEWEST_OUTLIERS", "GAIN_OF_GUESS"}
    for name in MODULES:
        module = importlib.import_module(f"sumtune.diagnose.{name if '.' in name else f'rules.{name}'}")
        own = {key for key, value in vars(module).items() if key.isupper() and isinstance(value, int | float)}
        assert [key for key in own - imported if f"`{key}` = " not in PAGE] == [], name
