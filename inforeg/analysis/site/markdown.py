"""Markdown as a page of the site: headings to be linked to, links and names that lead within the site."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from inforeg.analysis.site import addresses


@dataclass(frozen=True)
class Places:
    """Where things have a page.

    Attributes:
        files: address of a file's page.
        names: address of what code in a text may name, as `Method` or `inforeg site`.
    """

    files: Mapping[Path, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def named(self, code: str) -> str | None:
        """The address of what `code` names, or of the command that it begins with."""
        words = code.split()
        told = [code, *(" ".join(words[:count]) for count in (3, 2) if words[:1] == ["inforeg"])]
        return next((self.names[each] for each in told if each in self.names), None)


@dataclass(frozen=True)
class Text:
    """What Markdown becomes.

    Attributes:
        title: the heading of level 1 with which it begins; empty where there is none.
        summary: the first sentence, if a paragraph comes first.
        contents: anchor and title of each heading of level 2.
        body: the rest as HTML; HTML in the Markdown is shown as it is written, comments are not.
    """

    title: str
    summary: str
    contents: Sequence[tuple[str, str]]
    body: str


def anchor(title: str) -> str:
    """What the heading `title` is linked to by, in a repository as on the site."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def rendered(text: str, page: str, places: Places, file: Path | None = None) -> Text:
    """`text` on the page with this address.

    Args:
        text: Markdown.
        page: address of the page that it stands on.
        places: what it can link to.
        file: that it is of, from which its links lead; it has none where it is of no file.
    """
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    reader.add_render_rule("html_block", _escaped)
    reader.add_render_rule("html_inline", _escaped)
    tokens = reader.parse(text)
    title = ""
    if tokens and tokens[0].tag == "h1":
        title, tokens = plain(tokens[1]), tokens[3:]
    tokens = [token for token in tokens if not _is_comment(token)]
    contents = list(_anchored(tokens))
    for token in tokens:
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.children is not None:
            children = [child for child in token.children if not _is_comment(child)]
            token.children = list(_linked(children, page, places, file))
    first = tokens[1] if tokens and tokens[0].type == "paragraph_open" else None
    summary = re.split(r"(?<=[.:]) ", plain(first), maxsplit=1)[0].rstrip(".:") if first else ""
    return Text(title, summary, contents, reader.renderer.render(tokens, reader.options, {}))


def _anchored(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Give each heading its anchor, numbered from the second of a title on; what `contents` is."""
    seen: Counter[str] = Counter()
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            title = plain(inside)
            name = anchor(title)
            token.attrSet("id", f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
            if token.tag == "h2":
                yield str(token.attrGet("id")), title


def plain(token: Token) -> str:
    """The text of inline Markdown without its signs."""
    parts = (" " if each.type == "softbreak" else each.content for each in token.children or ())
    return "".join(parts)


def _is_comment(token: Token) -> bool:
    return token.type in ("html_block", "html_inline") and token.content.lstrip().startswith("<!--")


def _escaped(_: object, tokens: Sequence[Token], place: int, *rest: object) -> str:
    return escape(tokens[place].content)


def _linked(tokens: Sequence[Token], page: str, places: Places, file: Path | None) -> Iterator[Token]:
    """The same with links to pages of the site, and without those to files that have none."""
    dropped, inside = False, False
    for token in tokens:
        if token.type == "link_open":
            target = _target(str(token.attrGet("href")), page, places, file)
            dropped, inside = target is None, True
            token.attrSet("href", target or "")
        if token.type == "code_inline" and not inside and (place := places.named(token.content)):
            link = Token("link_open", "a", 1)
            link.attrSet("href", addresses.root(page) + place)
            yield from (link, token, Token("link_close", "a", -1))
        elif not (dropped and token.type in ("link_open", "link_close")):
            yield token
        inside = inside and token.type != "link_close"


def _target(link: str, page: str, places: Places, file: Path | None) -> str | None:
    path, hash_, part = link.partition("#")
    if not path or "://" in path:
        return link
    place = places.files.get((file.parent / path).resolve()) if file else None
    return None if place is None else addresses.root(page) + place + hash_ + part
