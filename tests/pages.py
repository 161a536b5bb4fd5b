"""The documentation's pages and what stands in them: blocks of code, and invisible comments before them.

A comment says of the block or table that follows it:

- `dry-run`: its snakemake commands are planned, and run nothing.
- `cuda`: it is run where there is such a device, and refused where there is none.
- `file PATH`: it is that file of the reader's; a first line `# PATH` says the same where the reader sees it.
- `merge PATH`: its YAML goes into that file.
- `tested by PATH`: it is tested there, and not followed here.
- `from PATH`: each line of the table is one of that file's.

One before all of them says where the reader starts: `start empty`, `start repository`, or, as without it, in
a small project that has run. A comment that begins with the name of a language is a block that nobody sees.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "workflow/docs"
README = ROOT / "README.md"
HIDDEN = re.compile(r"(bash|python)\n(.*)", re.DOTALL)
NAMED = re.compile(r"# (\S+\.\w+)\n")


@dataclass(frozen=True)
class Block:
    """A fence, or the lines of a table.

    Attributes:
        language: of the fence; `table` of a table.
        text: inside it.
        verb: of the comment before it; empty where there is none.
        path: that the comment, or its own first line, names.
        line: of the page on which it begins.
    """

    language: str
    text: str
    verb: str
    path: str
    line: int


def pages() -> list[Path]:
    """README.md and the documentation."""
    return [README, *sorted(DOCS.rglob("*.md"))]


def blocks_of(page: Path) -> Iterator[Block]:
    """The blocks, those that nobody sees too, and the tables that come from somewhere."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    said = ""
    for token in MarkdownIt("commonmark").enable("table").parse("".join(lines)):
        if token.type == "inline" or not token.map:
            continue
        first, after = token.map
        if token.type == "html_block" and (
            found := re.fullmatch(r"<!--\s*(.*?)\s*-->\s*", token.content, re.DOTALL)
        ):
            if hidden := HIDDEN.fullmatch(found[1]):
                yield Block(hidden[1], f"{hidden[2]}\n", "", "", first + 1)
            else:
                said = found[1]
            continue
        verb, _, path = said.rpartition(" ") if " " in said else (said, "", "")
        if token.type == "fence":
            own = NAMED.match(token.content)
            yield Block(token.info, token.content, verb, path or (own[1] if own else ""), first + 1)
        if token.type == "table_open" and verb == "from":
            yield Block("table", "".join(lines[first:after]), verb, path, first + 1)
        said = ""


def start_of(page: Path) -> str:
    """Where its reader starts."""
    found = re.search(r"^<!-- start (\w+) -->$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "small"


def shown(page: Path, language: str, words: str = "") -> str:
    """The one block that is seen in this language and has these words."""
    (text,) = (block.text for block in blocks_of(page) if block.language == language and words in block.text)
    return text
