"""The project's documentation: its Markdown, and the programs beside it, as pages of the site."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePath

from inforeg.analysis.site import addresses
from inforeg.analysis.site.markdown import Places, rendered

FIRST = PurePath("README.md")
"""In the folder itself, what the list of all pages begins with."""
TUTORIAL = PurePath("tutorial.md")
RESULTS = Path("../../results/README.md")
"""From the folder, what is said of that of the results."""
HOW_TO = "How-to guides"
GROUPS = ("", "Tutorial", HOW_TO, "Explanation", "Recipes", "Reference")
"""In the order in which they are listed; those of other folders come after them."""


@dataclass(frozen=True)
class Guide:
    """One page.

    Attributes:
        address: where it lies.
        group: of pages, in which it is listed.
        title: the first heading of a text, the name of a program.
        body: as HTML.
        summary: its first sentence; of a program, the first line of its docstring.
        contents: anchor and title of each of its parts.
    """

    address: str
    group: str
    title: str
    body: str
    summary: str = ""
    contents: Sequence[tuple[str, str]] = ()


def files_of(folder: Path) -> Mapping[Path, str]:
    """The address of each text and program below `folder`, texts first; none where it is not there."""
    files = [path for suffix in ("md", "py") for path in sorted(folder.rglob(f"*.{suffix}"))]
    found = {path.resolve(): addresses.guide(path.relative_to(folder)) for path in files}
    if (folder / FIRST).exists():
        found[(folder / FIRST).resolve()] = addresses.GUIDES
    if files and (folder / RESULTS).exists():
        found[(folder / RESULTS).resolve()] = addresses.guide(PurePath(*RESULTS.parts[2:]))
    return found


def guides_of(folder: Path, places: Places) -> list[Guide]:
    """A page for each file of the documentation in `folder`."""
    return [
        (_text if path.suffix == ".md" else _program)(path, address, _group(path, folder), places)
        for path, address in files_of(folder).items()
    ]


def _group(path: Path, folder: Path) -> str:
    if path == (folder / RESULTS).resolve():
        return "Reference"
    *folders, name = path.relative_to(folder.resolve()).parts
    if folders:
        return folders[0].replace("-", " ").capitalize()
    return {str(FIRST): "", str(TUTORIAL): "Tutorial"}.get(name, HOW_TO)


def _program(path: Path, address: str, group: str, places: Places) -> Guide:
    source = path.read_text(encoding="utf-8")
    said = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    body = f'<pre tabindex="0" aria-label="Program"><code>{escape(source)}</code></pre>'
    return Guide(address, group, path.name, body, said)


def _text(path: Path, address: str, group: str, places: Places) -> Guide:
    text = rendered(path.read_text(encoding="utf-8"), address, places, path)
    return Guide(address, group, text.title or path.stem, text.body, text.summary, text.contents)
