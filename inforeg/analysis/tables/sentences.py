"""Sentences that go round about the paper's method, and what the claims that they come to have found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from inforeg.analysis.statistics.stored import Results
from inforeg.analysis.tables import pooled
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import NOTHING, signed
from inforeg.metrics.base import POINTS
from inforeg.probes.frames import records
from inforeg.suite.experiment import Claim, Experiment
from inforeg.suite.workflow import Sentence


@dataclass(frozen=True)
class Line:
    """A claim that a sentence comes to.

    Attributes:
        sentence: that it is of.
        experiment: the name of the one that tests it.
        claim: in its own words.
        found: its line of the pooled claims; None where the experiment was not made.
    """

    sentence: Sentence
    experiment: str
    claim: Claim
    found: Mapping[Any, Any] | None

    @property
    def finding(self) -> str:
        """What the interval says of the sentence, in words."""
        if self.found is None:
            return f"not made; snakemake --cores all {self.experiment} makes it"
        low, high = self.found["low"], self.found["high"]
        if pd.isna(low):
            return "not pooled"
        side = "above 0" if low > 0 else "below 0" if high < 0 else "neither above nor below 0"
        if self.sentence.points is None:
            return side
        least, most = self.sentence.points
        reach = "falls short of" if high < least else "goes beyond" if low > most else "meets"
        return f"{side}; {reach} {least:g} to {most:g} {POINTS.name}"


def lines_of(
    sentences: Iterable[Sentence], experiments: Mapping[str, Experiment], made: Results
) -> list[Line]:
    """A line for each claim of each sentence.

    Args:
        sentences: as the workflow's configuration has them.
        experiments: all that they name.
        made: those among them of which there are statistics, perhaps with others.
    """
    found = pooled.by_claim(made)
    claims = {(name, claim.id): claim for name, each in experiments.items() for claim in each.claims}
    return [
        Line(sentence, name, claims[name, claim], found.get((name, claim)))
        for sentence in sentences
        for name, named in sentence.claims.items()
        for claim in named
    ]


def tables(lines: Sequence[Line]) -> list[Table]:
    """The lines below the sentences that they are of; no table where there are none."""
    rows: list[list[Entry]] = []
    for place, line in enumerate(lines):
        if place == 0 or line.sentence != lines[place - 1].sentence:
            told = f"“{line.sentence.text}” ({line.sentence.source})"
            rows.append([Entry(told, "heading"), *[Entry("")] * 4])
        rows.append([Entry(line.claim.statement), *_cells(line)])
    header = ["Sentence", "Pooled effect [95 %]", "Finding", "Verdict", "Benchmarks + / −"]
    caption = "What goes round about the method, and is not in the paper"
    return [Table(caption, "claims-sentences", header, rows, list(_notes()))] if rows else []


def _cells(line: Line) -> list[Entry]:
    if line.found is None:
        return [NOTHING, Entry(line.finding), NOTHING, NOTHING]
    effect, low, high = (signed(line.found[name]) for name in ("effect", "low", "high"))
    shown = NOTHING if pd.isna(line.found["effect"]) else Entry(f"{effect} [{low}, {high}]")
    return [shown, Entry(line.finding), pooled.verdict(line.found), pooled.each_way(line.found)]


def _notes() -> Iterator[str]:
    yield (
        f"Pooled effect, in {POINTS.name}: as of the claims below, the unweighted mean over all benchmarks. "
        "Finding: where its interval lies, uncorrected, since a sentence stands for itself; verdict: of the "
        "claim among those of its experiment, corrected. Where less accuracy is lost the effect is positive."
    )


def told(lines: Sequence[Line]) -> Any:
    """The lines as JSON has them."""
    kept = ("effect", "low", "high", "benchmarks", "above", "below", "data_sets", "verdict")
    return records(
        pd.DataFrame(
            {
                **line.sentence.model_dump(include={"text", "source", "points"}),
                "experiment": line.experiment,
                **line.claim.model_dump(include={"statement"}),
                "claim": line.claim.id,
                "finding": line.finding,
                **{name: None if line.found is None else line.found[name] for name in kept},
            }
            for line in lines
        )
    )
