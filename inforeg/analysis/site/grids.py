"""Tables as a browser has them: sorted and filtered by who reads them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import NOTHING

LONG = 40
"""Characters of a cell that is wide."""
NUMBER = re.compile(r"^[+−-]?(\d|∞)")


@dataclass(frozen=True)
class Grid:
    """A table of the site; the links of its cells are addresses.

    Attributes:
        table: the content.
        filters: names of the columns that can be filtered by one of their texts.
        search: whether it can be searched for a text.
    """

    table: Table
    filters: Sequence[str] = ()
    search: bool = False

    @property
    def sortable(self) -> bool:
        """Whether the order of the rows says nothing: none of them is a heading, and there are several."""
        headings = any(cell.style == "heading" for row in self.table.rows for cell in row)
        return len(self.table.rows) > 1 and not headings

    @property
    def numeric(self) -> list[bool]:
        """Which columns begin with numbers alone, nothing and the like left out."""
        columns = [[row[place].text for row in self._lines] for place in range(len(self.table.header))]
        told = ([text for text in column if text not in ("", NOTHING.text)] for column in columns)
        return [bool(texts) and all(map(NUMBER.match, texts)) for texts in told]

    @property
    def long(self) -> list[bool]:
        """Which columns have texts of several lines."""
        places = range(len(self.table.header))
        return [any(len(row[place].text) > LONG for row in self._lines) for place in places]

    @property
    def choices(self) -> Mapping[int, list[str]]:
        """What the filters choose from, by the place of their column."""
        places = [self.table.header.index(name) for name in self.filters if name in self.table.header]
        found = {place: sorted({row[place].text for row in self._lines}) for place in places}
        return {place: texts for place, texts in found.items() if len(texts) > 1}

    @property
    def _lines(self) -> list[Sequence[Entry]]:
        return [row for row in self.table.rows if row[0].style != "heading"]


def told(table: Table) -> Table:
    """`table` without the columns in which nothing stands, as where a version's files lack them."""
    empty = ("", NOTHING.text)
    kept = [
        place
        for place in range(len(table.header))
        if place == 0 or any(row[place].text not in empty for row in table.rows)
    ]
    return replace(
        table,
        header=[table.header[place] for place in kept],
        rows=[[row[place] for place in kept] for row in table.rows],
    )
