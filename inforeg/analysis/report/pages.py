"""Tables as the document has them: links, long ones over several pages, and each note once."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain

from inforeg.analysis.tables.notation import latex_key, latex_text
from inforeg.analysis.tables.render import Table, booktabs

LONG = 24
"""Rows from which on a table may go on over pages."""

SMALL = 8
"""Columns from which on letters are smaller, and the first column is narrow."""


class Pages:
    """The tables of one document, and the notes that several of them have.

    Args:
        tables: all of them, in their order.
    """

    def __init__(self, tables: Iterable[Table]) -> None:
        counts = Counter(chain.from_iterable(dict.fromkeys(table.notes) for table in tables))
        shared = (note for note, times in counts.items() if times > 1)
        self._places = {note: place for place, note in enumerate(shared, start=1)}

    def table(self, table: Table) -> str:
        """One table: below it stand the notes that it alone has, and the numbers of all others."""
        small = len(table.header) >= SMALL
        body = booktabs(table, widest=40 if small else 50, linked=True)
        size = r"\scriptsize" if small or len(table.rows) >= LONG else r"\footnotesize"
        caption = rf"{{{latex_text(table.caption)}}}\label{{tab:{latex_key(table.label)}}}"
        notes = "\n".join(self._below(table))
        if len(table.rows) < LONG:
            return (
                f"\\begin{{unbroken}}\\captionof{{table}}{caption}\n{size}\\setlength{{\\tabcolsep}}{{3pt}}%\n"
                f"\\fitted{{{body}}}\\par\\medskip\n{notes}\n\\end{{unbroken}}\n"
            )
        return (
            f"\\room{{6cm}}\\begingroup{size}\\setlength{{\\tabcolsep}}{{3pt}}\n{_breaking(body, caption)}\n"
            f"\\nobreak\n{notes}\n\\par\\endgroup\n"
        )

    def notes(self) -> str:
        """The notes that several tables have, by their numbers; nothing where there are none."""
        if not self._places:
            return ""
        items = (
            rf"\item[\hypertarget{{note:{place}}}{{{place}}}] {latex_text(note)}"
            for note, place in self._places.items()
        )
        return "\n".join(
            [r"\begin{description}\small\setlength{\itemsep}{0pt}", *items, "\\end{description}\n"]
        )

    def _below(self, table: Table) -> Iterable[str]:
        places = sorted(self._places[note] for note in dict.fromkeys(table.notes) if note in self._places)
        own = (note for note in table.notes if note not in self._places)
        yield from (rf"\tablenote{{{latex_text(note)}}}" for note in own)
        if places:
            links = ", ".join(rf"\hyperlink{{note:{place}}}{{{place}}}" for place in places)
            named = "notes" if len(places) > 1 else "note"
            yield rf"\tablenote{{See {named} {links} in Appendix~\ref{{notes}}.}}"


def _breaking(tabular: str, caption: str) -> str:
    """`tabular` as a table that goes on over pages, with its header on each."""
    start, end = r"\begin{tabular}", r"\end{tabular}"
    body = tabular.removeprefix(start).removesuffix(end).replace(r"\bottomrule", "", 1)
    columns, content = body.split("\n", 1)
    content = content.replace(r"\midrule", "\\midrule\\endhead\n\\bottomrule\\endfoot", 1)
    return f"\\begin{{longtable}}{columns}\n\\caption{caption}\\\\\n{content.rstrip()}\n\\end{{longtable}}"
