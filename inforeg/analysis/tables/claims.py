"""Tables of the paper's claims and their tests."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.diverged import without
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import (
    EPOCH,
    NOTHING,
    SMALLEST,
    found_by,
    interval,
    margins,
    number,
    rejecting,
    several,
    signed,
    smallest_found,
)
from inforeg.metrics.base import POINTS, metrics

SYMBOLS = {
    "reproduced": "●",
    "reproduced, negligible": "●≈",
    "contradicted": "✗",
    "contradicted, negligible": "✗≈",
    "practically equal": "≈",
    "inconclusive": "○",
    "left out": "—",
}
"""The verdicts and how tables show them."""
NUMBERS = (
    "Difference [95 %]", "[90 %]", "n", "d_z", "p", "p (Holm)", "p of equality (Holm)", SMALLEST, "Verdict",
)  # fmt: skip
"""What `numbers` says."""


def summary(lines: pd.DataFrame) -> str:
    """How many tests had which verdict, in one sentence."""
    counts = lines["verdict"].value_counts()
    told = ", ".join(f"{counts[name]} {name}" for name in SYMBOLS if name in counts)
    return f"Claims × benchmarks: {len(lines)}, of which {told}."


def overview_table(study: Study, statistics: Statistics) -> Table:
    """Claims by benchmarks: verdict and difference, with the paper's own difference beside."""
    lines = statistics.verdicts
    cells = {(line["claim"], line["benchmark"]): _verdict_cell(line) for line in lines.to_dict("records")}
    papers = study.experiment.is_of_the_paper
    rows = [
        [
            Entry(f"{claim.statement} ({claim.source})"),
            *([Entry(printed(claim.printed) or NOTHING.text)] if papers else []),
            *(cells[claim.id, b] for b in study.benchmarks),
        ]
        for claim in study.experiment.claims
    ]
    header = [
        "Claim",
        *([f"The paper's difference ({POINTS.name})"] if papers else []),
        *(config.title for config in study.benchmarks.values()),
    ]
    key = ", ".join(f"{symbol} {word}" for word, symbol in SYMBOLS.items())
    notes = [
        f"{key}; with the difference of the means in {_units()}.",
        summary(lines),
        *(["The paper's difference was measured on the data sets named with it."] if papers else []),
        *study.incomplete,
    ]
    return Table(f"{study.experiment.title}: claims", f"{study.name}-claims", header, rows, notes)


def detail_table(study: Study, statistics: Statistics) -> Table:
    """Every test in numbers: benchmarks below the claim that is tested on them."""
    lines = statistics.verdicts
    header = ["Claim", *NUMBERS]
    above = lines["test_set_low"].notna().any()
    if above:
        header.append("Test sets [95 %]")
    rows = []
    for claim in study.experiment.claims:
        named = Entry(
            f"{claim.statement} ({claim.source})", "heading", anchor=claim_key(study.name, claim.id)
        )
        rows.append([named, *[Entry("")] * (len(header) - 1)])
        for line in lines[lines["claim"] == claim.id].to_dict("records"):
            resampled = [Entry(interval(line, "test_set"))] if above else []
            rows.append([Entry(study.titles([line["benchmark"]])), *numbers(line), *resampled])
    told = [*notes(study, lines), *study.scope, *study.incomplete]
    if above:
        told.append("Test sets: the difference over resampled test sets, these few seeds held fixed.")
    return Table(f"{study.experiment.title}: tests", f"{study.name}-tests", header, rows, told)


def notes(study: Study, lines: pd.DataFrame) -> Iterator[str]:
    """What is to be known of what `numbers` says, of these tests of the study."""
    if lines["p"].isna().all():
        return
    yield (
        f"Test metrics {EPOCH[study.experiment.selection]}, paired over {study.units()}; differences in "
        f"{_units()}, in favour of the row claimed to be better; d_z: Cohen's effect size. p: two-sided "
        f"sign-flip test, {rejecting(study.units())}; Holm over the tests of a benchmark. ● reproduced: "
        f"p (Holm) < {ALPHA} and a positive difference; ✗ contradicted: the same and a negative one; "
        f"≈ practically equal: p of equality < {ALPHA}; ●≈ and ✗≈ negligible: both; ○ inconclusive: all "
        "else, which is no evidence of no effect."
    )
    yield f"Holm: over {several(lines['family'].max(), 'tests')} of a benchmark."
    yield (
        "p of equality: the larger of two one-sided sign-flip tests of differences of at least "
        f"{margins([study])} either way, Holm over these tests of a "
        "benchmark; it finds equal what has its 90 % interval within, before the correction."
    )
    yield found_by(study.units())
    statements = {claim.id: f"“{claim.statement}”" for claim in study.experiment.claims}
    if told := [
        f"{statements[line['claim']]} on {study.titles([line['benchmark']])} {without(line)}"
        for line in lines.dropna(subset="finished_n").to_dict("records")
    ]:
        yield (
            "A run that diverged counts as always answering the most frequent class; without such runs: "
            f"{'; '.join(told)}."
        )
    for note, part in lines[lines["note"] != ""].groupby("note", sort=False):
        every = len(part) == lines["benchmark"].isin(part["benchmark"]).sum()
        who = "All claims" if every else ", ".join(statements[claim] for claim in part["claim"].unique())
        yield f"{who} on {study.titles(part['benchmark'])}: {note}."


def claim_key(experiment: str, claim: str) -> str:
    """How links name a claim."""
    return f"claim:{experiment}:{claim}"


def _units() -> str:
    """In which units differences are: points, but for the metrics of answers that have another one."""
    others = [
        each for each in metrics().values() if each.function and each.unit.difference != POINTS.difference
    ]
    return f"{POINTS.name} ({', '.join(f'{each.unit.difference} for a {each.title}' for each in others)})"


def _verdict_cell(line: Mapping[Any, Any]) -> Entry:
    symbol = SYMBOLS[line["verdict"]]
    if line["verdict"] == "left out":
        return Entry(symbol)
    told = f" ({line['against_printed']})" if line["against_printed"] else ""
    return Entry(f"{symbol} {signed(line['difference'])}{told}")


def printed(effects: Mapping[str, float]) -> str:
    """The paper's own differences, by its data sets."""
    return "; ".join(f"{data} {signed(value)}" for data, value in effects.items())


def numbers(line: Mapping[Any, Any]) -> list[Entry]:
    """What one test has found."""
    symbol = Entry(SYMBOLS[line["verdict"]])
    if line["verdict"] == "left out":
        return [NOTHING] * 8 + [symbol]
    return [
        Entry(f"{signed(line['difference'])} {interval(line, 'ci')}"),
        Entry(interval(line, "ci90")),
        Entry(f"{line['n']:.0f}"),
        Entry(signed(line["effect_size"])),
        Entry(number(line["p"], ".2g")),
        Entry(number(line["p_holm"], ".2g")),
        Entry(number(line["p_equal_holm"], ".2g")),
        smallest_found(line["detectable"]),
        symbol,
    ]
