"""What the rows of an experiment's table hold, and how columns repeat them."""

from collections.abc import Sequence

from pydantic import Field, model_validator

from inforeg.runspec import Name, Setting, Strict, Text


class Row(Strict):
    """One row of a table: a method, perhaps with settings of its own."""

    label: Text = Field(description="how tables call it")
    method: Name = Field(description="see `inforeg list methods`")
    variant: Name = Field(
        "default", description="one that the method offers, or a name of your own for what is `set`"
    )
    base: Name = Field("default", description="one that the method offers, whose settings come before `set`")
    set: dict[str, Setting] = Field(
        default_factory=dict,
        description="method settings, or training.*, data.*, fusion; x2 doubles the benchmark's own number",
    )
    column: Text = Field("", description="the table's column; rows of one label then share a line")
    reference: str = Field("", description="key of the row that it is tested against, if another one")
    x: float | None = Field(None, description="where the figures `sweep` and `gain` place the row")

    @property
    def key(self) -> str:
        """How claims and references name the row: method, or method/variant."""
        return self.method if self.variant == "default" else f"{self.method}/{self.variant}"

    @property
    def title(self) -> str:
        """How tables without columns call the row."""
        return f"{self.label}, {self.column}" if self.column else self.label


class Column(Strict):
    """A column of a table in which every row is repeated under other settings."""

    title: Text = Field(description="how tables call it")
    name: Name = Field(description="ends the variant of each of its rows, unless it sets nothing")
    set: dict[str, Setting] = Field(default_factory=dict, description="as of a row, over the row's own")

    def key(self, row: Row) -> str:
        """How the row is named in this column."""
        return self._named(row).key

    def of(self, row: Row, reference: str) -> Row:
        """The row under these settings, tested against the row `reference`."""
        # The name that follows is nobody's, so the method's own variant has to be said, if it is one.
        base = row.variant if self.set and row.base == "default" else row.base
        changed = {"base": base, "set": {**row.set, **self.set}, "column": self.title, "reference": reference}
        return self._named(row).model_copy(update=changed)

    def _named(self, row: Row) -> Row:
        parts = [] if row.variant == "default" else [row.variant]
        variant = "_".join([*parts, self.name]) if self.set else row.variant
        return row.model_copy(update={"variant": variant})


class Contrast(Strict):
    """Two rows, by their labels, that are compared within every column."""

    row: Text = Field(description="label of the row")
    reference: Text = Field(description="label of the row that it is tested against in the same column")

    @property
    def title(self) -> str:
        """How tables call it."""
        return f"{self.row} − {self.reference}"

    @model_validator(mode="after")
    def _compares_two(self) -> "Contrast":
        if self.row == self.reference:
            raise ValueError(f"it compares {self.row!r} with itself; name another row")
        return self


def in_columns(rows: Sequence[Row], columns: Sequence[Column], reference: str) -> tuple[list[Row], str]:
    """Each row in all columns, tested against its reference in the same one.

    Args:
        rows: as they stand.
        columns: in the table's order.
        reference: key of the row against which those are tested that name none of their own.

    Returns:
        The rows, and the key of the reference in the first column.
    """
    named = {row.key: row for row in rows}

    def within(column: Column, key: str) -> str:
        return column.key(named[key]) if key in named else key

    first = within(columns[0], reference)
    found = [
        # The first column's is said for all.
        column.of(row, "" if own == first else own)
        for row in rows
        for column in columns
        for own in [within(column, row.reference or reference)]
    ]
    return found, first
