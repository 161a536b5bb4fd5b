"""What the YAML file of an experiment holds, as a validated model."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter, WrapValidator, model_validator

from inforeg.errors import unknown
from inforeg.runspec import MOST_SEED, MOST_SEEDS, Name, Strict, Text
from inforeg.suite.rows import Column, Contrast, Row, in_columns

T = TypeVar("T")


def _each_once(values: list[T]) -> list[T]:
    if twice := next((value for value in values if values.count(value) > 1), None):
        raise ValueError(f"{twice!r} stands there twice")
    return values


Once = Annotated[list[T], AfterValidator(_each_once)]
"""A list in which nothing stands twice."""

Several = Annotated[int, Field(ge=2, le=MOST_SEEDS)]
"""How many runs a cell has."""

ByBenchmark = dict[Name, Several]


def _one_or_by_benchmark(value: Any, _: Any) -> Any:
    """A complaint about one of the two kinds, which a union would join with one about the other."""
    kind: TypeAdapter[Any] = TypeAdapter(ByBenchmark if isinstance(value, dict) else Several)
    return kind.validate_python(value)


DEFAULT = "default"
"""Stands for the benchmarks that are not named."""

Metric = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(/[a-z0-9_]+)?$")]
Metrics = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(/([a-z0-9_]+|\*))?$")]
Selection = Literal["val", "last", "test_oracle"]
Drawing = Literal[
    "information",
    "curves",
    "regulation",
    "gradients",
    "differences",
    "sweep",
    "gain",
    "tsne",
    "critical_difference",
    "cost",
    "corruption",
    "selection",
    "window_noise",
    "baseline",
    "traces",
    "movement",
    "claims",
]

TABLED = "linear"
"""The probe whose numbers every table shows."""

DRAWN: Mapping[str, tuple[str, ...]] = {"corruption": ("corruption",), "tsne": ("embedding", "separation")}
"""The probes of each figure that draws what they find."""

ACROSS = ("critical_difference",)
"""Figures that there are of several benchmarks alone."""


class Claim(Strict):
    """A statement of the paper that a paired test can decide, on every benchmark of the experiment."""

    id: Name = Field(description="how the list of all tests calls it")
    statement: Text = Field(description="what is claimed, as a sentence")
    better: str = Field(description="key of the row claimed to be better")
    worse: str = Field(description="key of the row claimed to be worse")
    metric: Metric = Field("accuracy", description="in which it is better")
    source: Text = Field(description="where the paper says so")
    printed: dict[Text, float] = Field(
        default_factory=dict, description="the paper's own difference in points, by its data set"
    )


class Experiment(Strict):
    """workflow/config/experiments/<name>.yaml: one table with its figures and claims."""

    title: Text = Field(description="of its tables")
    caption: Text = Field("", description="below its table in the document")
    paper_caption: Text = Field("", description="the caption in the suite `paper`, if another one")
    benchmarks: Once[Name] = Field(min_length=1, description="of the suite `embedded`")
    paper_benchmarks: Once[Name] = Field(
        default_factory=list, description="of the suite `paper`; none: the embedded ones"
    )
    seeds: Annotated[Several | ByBenchmark, WrapValidator(_one_or_by_benchmark)] = Field(
        description="runs per cell: as many seeds from first_seed on; or such a number for each benchmark, "
        f"`{DEFAULT}` for those not named"
    )
    first_seed: Annotated[int, Field(ge=0, le=MOST_SEED - MOST_SEEDS)] = Field(
        0,
        description="the first of the seeds; above those of another table, they test its findings on a "
        "sample of their own",
        exclude_if=lambda value: value == 0,  # it came later: experiments that exist stay as they are
    )
    detectable: dict[Name, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="the smallest difference that the seeds of a benchmark are to find with a chance of "
        "80 %, in points for accuracy; `inforeg power` says how many seeds that takes",
        exclude_if=lambda value: not value,  # as above
    )
    rows: list[Row] = Field(min_length=1, description="what is compared")
    columns: list[Column] = Field(
        default_factory=list,
        description="of the table: settings in each of which all rows are repeated; elsewhere a row's key "
        "then ends in the name of its column",
        exclude_if=lambda value: not value,  # as above
    )
    contrasts: list[Contrast] = Field(
        default_factory=list,
        description="rows that are compared within every column, each contrast a family of tests of its own; "
        "the first one, in the column where its reference is best on validation, is the primary comparison",
        exclude_if=lambda value: not value,  # as above
    )
    reference: str = Field(
        description="key of the row that every other one is tested against; where there are columns, each "
        "within its own"
    )
    second_reference: str | None = Field(
        None, description="key of another row that every one is tested against, a family of tests of its own"
    )
    tuned: bool = Field(
        False, description="all rows with the settings of workflow/config/tuned.yaml, or all with their own"
    )
    selection: Selection = Field(
        "val", description="which epoch counts: the best on validation, the last, the best on test (biased)"
    )
    metric: Metric = Field("accuracy", description="that is tested; see `inforeg list metrics`")
    beside: Once[Metrics] = Field(
        default_factory=list,
        description="metrics shown in brackets beside the tested one; accuracy/* is that of each modality",
    )
    mixed: Literal["note", "error"] = Field(
        "note",
        description="where runs were computed on several devices or in several precisions: a note below each "
        "table, or an error in place of tables",
        exclude_if=lambda value: value == "note",  # as above
    )
    figures: Once[Drawing] = Field(default_factory=list, description="to draw")
    probes: Once[Name] = Field(
        default_factory=list,
        description="that examine its runs beside the linear one and those that its figures draw",
        exclude_if=lambda value: not value,  # as above
    )
    x_label: Text = Field("", description="what the rows' `x` is")
    claims: list[Claim] = Field(default_factory=list, description="to be tested on every benchmark")
    smallest_effect: float = Field(
        1.0,
        gt=0,
        allow_inf_nan=False,
        description="in points: rows that differ by less are practically equal. One point is about the "
        "deviation between a method's own seeds, and less than a third of InfoReg's mean gain in Table 2",
        exclude_if=lambda value: value == 1.0,  # as above
    )
    printed: dict[Text, dict[str, list[float | None]]] = Field(
        default_factory=dict, description="the paper's numbers: data set, row key, columns"
    )

    @property
    def metrics(self) -> list[str]:
        """All test metrics that it names; accuracy/*, beside the tested one, is one of each modality."""
        return [self.metric, *(claim.metric for claim in self.claims), *self.beside]

    @property
    def is_of_the_paper(self) -> bool:
        """Whether the paper prints an effect of one of its claims."""
        return any(claim.printed for claim in self.claims)

    @property
    def examined_by(self) -> list[str]:
        """All probes of its runs, each once."""
        drawn = (probe for figure in self.figures for probe in DRAWN.get(figure, ()))
        return list(dict.fromkeys([TABLED, *drawn, *self.probes]))

    @property
    def references(self) -> list[str]:
        """The rows that every other one is tested against."""
        return [self.reference] + ([self.second_reference] if self.second_reference else [])

    @property
    def own_references(self) -> dict[str, str]:
        """The row that each one is tested against first, by row key."""
        return {row.key: row.reference or self.reference for row in self.rows}

    def seeds_on(self, benchmark: str) -> range:
        """The seeds of every cell on a benchmark."""
        number = self._numbers.get(benchmark) or self._numbers[DEFAULT]
        return range(self.first_seed, self.first_seed + number)

    @property
    def last_seed(self) -> int:
        """The largest seed of all."""
        return max(self.seeds_on(benchmark)[-1] for benchmark in self.benchmarks)

    @property
    def _numbers(self) -> ByBenchmark:
        """Runs per cell by benchmark."""
        return self.seeds if isinstance(self.seeds, dict) else {DEFAULT: self.seeds}

    def on_paper(self) -> "Experiment":
        """The same on the benchmarks of the suite `paper`, or unchanged where it names none."""
        if not self.paper_benchmarks:
            return self
        caption = self.paper_caption or self.caption
        return self.model_copy(update={"benchmarks": self.paper_benchmarks, "caption": caption})

    def in_columns(self) -> "Experiment":
        """The same with the rows of every column spelled out; the first one's reference stands for all."""
        if not self.columns:
            return self
        rows, reference = in_columns(self.rows, self.columns, self.reference)
        return self.model_copy(update={"rows": rows, "columns": [], "reference": reference})

    @model_validator(mode="after")
    def _names_its_benchmarks(self) -> "Experiment":
        ours = [*self.benchmarks, *self.paper_benchmarks]
        for name in (*self._numbers, *self.detectable):
            if name not in (*ours, DEFAULT):
                raise ValueError(str(unknown("benchmark", name, ours)).removesuffix("."))
        for name in ours:
            if not {name, DEFAULT} & self._numbers.keys():
                raise ValueError(f"seeds has no number for {name!r}; add one, or one for {DEFAULT!r}")
        return self

    @model_validator(mode="after")
    def _names_its_rows(self) -> "Experiment":
        if self.columns and (placed := next((row.key for row in self.rows if row.column), None)):
            raise ValueError(f"the row {placed!r} has a column of its own beside columns; leave out either")
        whole = self.in_columns()
        keys, titles = [row.key for row in whole.rows], [row.title for row in whole.rows]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise ValueError(f"two rows have the key {twice!r}; give one of them a variant of its own")
        if twice := next((title for title in titles if titles.count(title) > 1), None):
            raise ValueError(
                f"two rows are called {twice!r}; give one of them a label or a column of its own"
            )
        claims = [claim.id for claim in self.claims]
        if twice := next((claim for claim in claims if claims.count(claim) > 1), None):
            raise ValueError(f"two claims have the id {twice!r}; give one of them an id of its own")
        if same := next((claim.id for claim in self.claims if claim.better == claim.worse), None):
            raise ValueError(f"the claim {same!r} compares a row with itself; name another one")
        if whole.second_reference == whole.reference:
            raise ValueError("second_reference is the reference itself; name another row, or leave it out")
        return self

    @model_validator(mode="after")
    def _names_only_its_rows(self) -> "Experiment":
        whole = self.in_columns()
        keys = [row.key for row in whole.rows]
        named = [(key, "a reference") for key in whole.references]
        named += [(row.reference, "a reference") for row in whole.rows if row.reference]
        named += [
            (key, f"the claim {claim.id!r}") for claim in self.claims for key in (claim.better, claim.worse)
        ]
        named += [(key, f"what {data} prints") for data, rows in self.printed.items() for key in rows]
        for key, where in named:
            if key not in keys:
                raise ValueError(str(unknown(f"row for {where}:", key, keys)))
        labels = [row.label for row in self.rows]
        for label in (label for contrast in self.contrasts for label in (contrast.row, contrast.reference)):
            if label not in labels:
                raise ValueError(str(unknown("row called", label, labels)))
        return self
