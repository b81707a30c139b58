"""What pages name exists: source files, and names in the map of docs/how-it-works.md. The site has every page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
HISTORY = {"CHANGELOG.md"}
PATH = re.compile(r"(?<![\w/.-])((?:[\w-]+/)+[\w-]+\.(?:py|c|h|js|css|html))\b")
ROOMS = [folder.name for folder in (ROOT / "src/sumtune").iterdir() if (folder / "__init__.py").exists()]
MODULE = re.compile(rf"\bsumtune\.(?:{'|'.join(ROOMS)})(?:\.\w+)*")
BASES = (ROOT, ROOT / "src", ROOT / "src/sumtune", ROOT / "docs")
MAP_ROW = re.compile(r"^\| [^|]+\? \| `([^`]+)` \| `(\w+)` \|$", re.MULTILINE)


def paths_in(page: Path) -> set[str]:
    return set(PATH.findall(page.read_text(encoding="utf-8")))


def exists(path: str) -> bool:
    return any((base / path).is_file() for base in BASES)


def test_paths_and_their_absence_are_recognized() -> None:
    assert PATH.findall("see `train/loop.py`, `src/sumtune/cli/nothing.py`") == [
        "train/loop.py", "src/sumtune/cli/nothing.py",
    ]  # fmt: skip
    assert exists("train/loop.py")
    assert not exists("src/sumtune/cli/nothing.py")


def test_files_and_modules_named_on_a_page_exist() -> None:
    for page in (page for page in PAGES if page.name not in HISTORY):
        assert [path for path in sorted(paths_in(page)) if not exists(path)] == [], page
        for module in MODULE.findall(page.read_text(encoding="utf-8")):
            place = ROOT / "src" / module.replace(".", "/")
            owner = place.parent.with_suffix(".py")  # the last part may name a function or a class
            assert place.is_dir() or place.with_suffix(".py").is_file() or owner.is_file(), (page, module)


def test_every_page_has_a_line_in_the_navigation_of_the_site() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2].partition("\n\n")[0]
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f": {page}\n" not in navigation + "\n"] == []


MAP = MAP_ROW.findall((ROOT / "docs/how-it-works.md").read_text(encoding="utf-8"))


def test_the_map_answers_at_least_fifteen_questions() -> None:
    assert len(MAP) >= 15


def test_the_map_names_what_is_in_the_file() -> None:
    assert [(path, name) for path, name in MAP if not defines(ROOT / "src/sumtune" / path, name)] == []


def defines(file: Path, name: str) -> bool:
    source = file.read_text(encoding="utf-8")
    return re.search(rf"^(?:async )?(?:def|class) {name}\b", source, re.MULTILINE) is not None
