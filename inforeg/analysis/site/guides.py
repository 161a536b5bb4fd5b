"""The project's documentation: its Markdown, and the programs beside it, as pages of the site."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from inforeg.analysis.site import addresses

Addresses = Mapping[Path, str]
"""Where the page of each file lies."""


@dataclass(frozen=True)
class Guide:
    """One page.

    Attributes:
        address: where it lies.
        title: the first heading of a text, the first line of a program's docstring.
        body: as HTML; what stands as HTML in a text itself is shown as it is written.
    """

    address: str
    title: str
    body: str


def guides_of(folder: Path) -> list[Guide]:
    """A page for each text and program below `folder`, texts first; none where it is not there."""
    files = [path for suffix in ("md", "py") for path in sorted(folder.rglob(f"*.{suffix}"))]
    places = {path.resolve(): addresses.guide(path.relative_to(folder)) for path in files}
    return [(_text if path.suffix == ".md" else _program)(path, places) for path in files]


def _program(path: Path, places: Addresses) -> Guide:
    source = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or path.name
    body = f'<pre tabindex="0" aria-label="Program"><code>{escape(source)}</code></pre>'
    return Guide(places[path.resolve()], f"{path.name}: {docstring.splitlines()[0]}", body)


def _text(path: Path, places: Addresses) -> Guide:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(path.read_text(encoding="utf-8"))
    title = path.stem
    if tokens and tokens[0].type == "heading_open":
        title, tokens = tokens[1].content, tokens[3:]
    here = path.resolve()
    for token in tokens:
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.children is not None:
            token.children = list(_linked(token.children, here, places))
    return Guide(places[here], title, reader.renderer.render(tokens, reader.options, {}))


def _linked(tokens: Sequence[Token], here: Path, places: Addresses) -> Iterator[Token]:
    """The same with links to pages of the site, and without those to files that have none."""
    dropped = False
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrGet("href"))
            place = places.get((here.parent / target.partition("#")[0]).resolve())
            dropped = place is None and "://" not in target
            if place is not None:
                token.attrSet("href", addresses.root(places[here]) + place)
        if not (dropped and token.type in ("link_open", "link_close")):
            yield token
