"""Hooks of MkDocs: pages that are made from other files, lists and links as on GitHub, nothing from other hosts."""

import logging
import re
import sys
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
from pages import COPIED, NOTEBOOK, ROOT, generated_pages

LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]+)\)")
SHOWN_AS_IT_IS = re.compile(r"<pre.*?</pre>", re.DOTALL)
LOST_ITEM = re.compile(r"^(?:[-*]|1\.) .*", re.MULTILINE)
LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=\"?((?:https?:)?//[^\"\s>]+)")
logger = logging.getLogger("mkdocs.hooks.sumtune")


class NestedByTwo(Extension):
    """Lists nest by two spaces, as on GitHub; Python's Markdown asks for four."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  (the name in Markdown)
        """Build the parser again, before other extensions add to it."""
        md.tab_length = 2
        md.build_parser()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Nest lists as on GitHub."""
    config.markdown_extensions.insert(0, NestedByTwo())  # type: ignore[arg-type]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that have no file in `docs/`."""
    for name, text in generated_pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Adapt links to the site."""
    is_copied = page.file.src_uri in COPIED.values()
    return LINK.sub(lambda found: adapted(found, is_copied), markdown)


def adapted(link: re.Match[str], is_copied: bool) -> str:
    """Return a link as it is in the site, or only its text if it leads to a file outside the site."""
    text, target = link[1], link[2]
    if "://" in target or target.startswith("#"):
        return link[0]
    if is_copied:
        target = COPIED.get(target, target.removeprefix("docs/") if target.startswith("docs/") else "../" + target)
    if target == f"../{NOTEBOOK.relative_to(ROOT)}":
        target = "notebook.md"
    return text if target.startswith("../") and not target.endswith(".md") else f"[{text}]({target})"


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Warn of an item that GitHub shows in a list, and Python's Markdown in a paragraph."""
    for item in LOST_ITEM.findall(SHOWN_AS_IT_IS.sub("", html)):
        logger.warning(f"{page.file.src_uri}: put an empty line before {item[:40]!r}")
    return html


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Warn if a page would load something from another host."""
    for address in LOADED.findall(output):
        logger.warning(f"{page.file.src_uri} loads {address}")
    return output
