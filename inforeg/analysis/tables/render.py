"""One table, three notations: LaTeX with booktabs, ready for input, Markdown, and HTML."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tabulate import tabulate

from inforeg.analysis.tables.notation import (
    html_comment,
    html_text,
    latex_comment,
    latex_key,
    latex_text,
    markdown_block,
    markdown_text,
)
from inforeg.characters import AMS

WIDEST, WIDEST_FIRST = 20, 40
"""Characters of a cell in one line of LaTeX, and of one in the first column."""

FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}"
"""Before what is made narrower if the line does not hold it."""

Style = Literal["plain", "best", "second", "heading"]

_LATEX_STYLES: dict[Style, str] = {
    "plain": "{}",
    "best": r"\textbf{{{}}}",
    "second": r"\underline{{{}}}",
    "heading": r"\emph{{{}}}",
}
_MARKDOWN_STYLES: dict[Style, str] = {
    "plain": "{}",
    "best": "**{}**",
    "second": "<ins>{}</ins>",
    "heading": "*{}*",
}
_HTML_STYLES: dict[Style, str] = {
    "plain": "{}",
    "best": "<strong>{}</strong>",
    "second": "<u>{}</u>",
    "heading": "<em>{}</em>",
}


@dataclass(frozen=True)
class Entry:
    """Text of one cell, unescaped; `mark` is set as a superscript.

    In the document `link` leads to the cell whose `anchor` is the same.
    """

    text: str
    style: Style = "plain"
    mark: str = ""
    anchor: str = ""
    link: str = ""


@dataclass(frozen=True)
class Table:
    """Content of a table, in plain text: escaping is the notation's business.

    Attributes:
        caption: one or more sentences.
        label: for references, without "tab:".
        header: a name per column, with its unit.
        rows: of cells; the first column is set to the left, the others to the right.
        notes: sentences below the table.
    """

    caption: str
    label: str
    header: Sequence[str]
    rows: Sequence[Sequence[Entry]]
    notes: Sequence[str] = ()


def latex(tables: Sequence[Table], provenance: str) -> str:
    """A file for a paper to input, which says what packages it needs."""
    body = "\n".join(map(_latex_table, tables))
    packages = ["booktabs", "graphicx", *(["amssymb"] if AMS.search(body) else [])]
    return latex_comment(provenance) + latex_comment(rf"\usepackage{{{','.join(packages)}}}") + body


def markdown(tables: Sequence[Table], provenance: str) -> str:
    """The same tables for reading on screen."""
    return "\n".join(map(_markdown_table, tables)) + f"\n{html_comment(provenance)}"


def html(tables: Sequence[Table], provenance: str) -> str:
    """The same tables as a page of its own, which the workflow's report shows."""
    return html_page(map(html_table, tables), provenance)


def html_page(parts: Iterable[str], provenance: str) -> str:
    """A page of these parts, each of them HTML."""
    return f"{_PAGE}{''.join(parts)}{html_comment(provenance)}</html>\n"


def plain(tables: Sequence[Table]) -> str:
    """The tables for a terminal, without their notes."""
    return "\n\n".join(map(_plain_table, tables))


def _plain_table(table: Table) -> str:
    rows = [[cell.text + cell.mark for cell in row] for row in table.rows]
    header = ("\n".join(textwrap.wrap(name, 10)) for name in table.header)
    return f"{table.caption}\n\n{_tabulated(replace(table, header=[*header]), 'simple', str, rows)}"


_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>inforeg</title>
<style>
body { font: 14px/1.4 sans-serif; max-width: 80em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; border-block: 1.5px solid; margin: 1em 0; }
th, td { padding: 0.2em 0.7em; vertical-align: top; }
thead { border-bottom: 1px solid; }
tbody tr:hover { background: #eee; }
p { margin: 0.3em 0; }
</style>
"""


def html_table(table: Table) -> str:
    """A table of a page, below its caption."""
    body = _tabulated(table, "unsafehtml", html_text, [map(_html_cell, row) for row in table.rows])
    notes = "".join(f"<p>{html_text(note)}</p>\n" for note in table.notes)
    return f"<h2>{html_text(table.caption)}</h2>\n{body}\n{notes}"


def _html_cell(cell: Entry) -> str:
    command = _HTML_STYLES[cell.style]
    mark = f"<sup>{html_text(cell.mark)}</sup>" if cell.mark else ""
    return command.format(html_text(cell.text)) + mark


def _latex_table(table: Table) -> str:
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex_text(table.caption)}}}",
        rf"\label{{tab:{latex_key(table.label)}}}\par\smallskip",
        r"\footnotesize" if len(table.header) < 8 else r"\scriptsize",
        r"\setlength{\tabcolsep}{3pt}",
        rf"{FITTED}{{%",
        booktabs(table),
        "}",
        r"\par\medskip",
        *(rf"\parbox{{\linewidth}}{{\strut {latex_text(note)}\strut}}\par" for note in table.notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def booktabs(table: Table, widest: int = WIDEST_FIRST, linked: bool = False) -> str:
    """The tabular of a table.

    Args:
        table: whose header and rows.
        widest: characters of a cell of the first column in one line.
        linked: set the anchors and links of cells, for which it takes the package hyperref.
    """
    # tabulate's own booktabs format escapes every cell, the \textbf of the best one included.
    cell = _linked_cell if linked else _latex_cell
    rows = [[cell(first, widest), *map(_latex_cell, others)] for first, *others in table.rows]
    body = _tabulated(table, "latex_raw", _latex_header, rows)
    for rule in ("toprule", "midrule", "bottomrule"):
        body = body.replace("\\hline", f"\\{rule}", 1)
    return body


def _markdown_table(table: Table) -> str:
    notes = "".join(f"\n{markdown_block(note)}\n" for note in table.notes)
    body = _tabulated(table, "pipe", markdown_text, [map(_markdown_cell, row) for row in table.rows])
    return f"{markdown_block(table.caption)}\n\n{body}\n{notes}"


def _tabulated(
    table: Table, notation: str, header: Callable[[str], str], rows: Iterable[Iterable[str]]
) -> str:
    return tabulate(
        [[*row] for row in rows],
        headers=[header(name) for name in table.header],
        tablefmt=notation,
        colalign=("left", *["right"] * (len(table.header) - 1)),
        disable_numparse=True,
    )


def _latex_header(name: str) -> str:
    return _stacked(name, 12, "b", "r")


def _latex_cell(cell: Entry, width: int = WIDEST) -> str:
    command = _LATEX_STYLES[cell.style]
    mark = rf"\textsuperscript{{{latex_text(cell.mark)}}}" if cell.mark else ""
    if cell.style == "heading":
        return (
            rf"\makebox[0pt][l]{{{command.format(latex_text(cell.text))}}}"  # over the empty cells beside it
        )
    if " (" in cell.text and WIDEST == width < len(cell.text):  # what is in brackets has no rank
        first, beside = cell.text.split(" (", 1)
        lines = [command.format(latex_text(first)) + mark, *map(latex_text, _wrapped(f"({beside}", width))]
        return _tabular(lines, "t", "l")
    return command.format(_stacked(cell.text, width, "t", "l")) + mark


def _linked_cell(cell: Entry, width: int) -> str:
    body = _latex_cell(cell, width)
    if cell.anchor:
        return rf"\hypertarget{{{latex_key(cell.anchor)}}}{{}}{body}"
    return rf"\hyperlink{{{latex_key(cell.link)}}}{{{body}}}" if cell.link else body


def _stacked(text: str, width: int, anchor: str, align: str) -> str:
    """`text` over several lines if it is wider than `width` characters, so that tables fit the page."""
    return _tabular([latex_text(line) for line in _wrapped(text, width)], anchor, align)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _tabular(lines: Sequence[str], anchor: str, align: str) -> str:
    """Lines of LaTeX below each other, anchored at their top or bottom; a single one as it is."""
    if len(lines) < 2:
        return "".join(lines)
    body = r" \\ ".join(lines)
    return rf"\begin{{tabular}}[{anchor}]{{@{{}}{align}@{{}}}}{body}\end{{tabular}}"


def _markdown_cell(cell: Entry) -> str:
    text = markdown_text(cell.text)
    mark = f"<sup>{markdown_text(cell.mark)}</sup>" if cell.mark else ""
    return (_MARKDOWN_STYLES[cell.style].format(text) if text else "") + mark
