"""The numbers of the document, as macros for everyone who quotes them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.report.groups import Group
from inforeg.analysis.statistics.stored import Results, Statistics
from inforeg.analysis.tables.claims import SYMBOLS
from inforeg.analysis.tables.notation import latex_text
from inforeg.analysis.tables.words import number, signed
from inforeg.errors import UserError

DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")

EFFECTS = ("effect", "low", "high", "ci90_low", "ci90_high")
COUNTS = ("benchmarks", "above", "below", "data_sets")


def numbers(results: Results, beside: Results = (), groups: Sequence[Group] = ()) -> str:
    r"""numbers.tex: a macro for each number of the document, and for those of every row and benchmark.

    Names are made of letters alone: \TableTwoHtadInforegStarMean is the mean of the row inforeg/star on
    the benchmark htad in the experiment table2, \TableTwoClaimInforegJointEffect the pooled effect of its
    claim inforeg_joint.

    Args:
        results: of the document's experiments.
        beside: of others whose claims it quotes.
        groups: of claims, whose tests are counted.

    Raises:
        UserError: two numbers would have the same name.
    """
    macros: dict[str, str] = {}
    quoted = (pair for each in [*results, *beside] for pair in _claims(*each))
    values = (pair for each in results for pair in _values(*each))
    for name, value in [*_counts(results), *_grouped(groups), *quoted, *values]:
        if name in macros:
            raise UserError(
                f"Two numbers would be called \\{name}; rename one of the rows, benchmarks or claims behind "
                "them."
            )
        macros[name] = value
    lines = (rf"\newcommand{{\{name}}}{{{latex_text(value)}}}" for name, value in macros.items())
    return "\n".join(lines) + "\n"


def macro(*words: str) -> str:
    """`words` as the name of a macro: letters alone, a capital where a word begins."""
    spelled = re.sub(r"\d", lambda digit: f" {DIGITS[int(digit[0])]} ", " ".join(words))
    return "".join(part[0].upper() + part[1:] for part in re.findall(r"[A-Za-z]+", spelled))


def quoted(*words: str) -> str:
    """The macro of this name in a text."""
    return rf"\{macro(*words)}{{}}"


def _counts(results: Results) -> Iterator[tuple[str, str]]:
    lines = pd.concat([statistics.verdicts for _, statistics in results])
    pooled = pd.concat([statistics.pooled for _, statistics in results])
    yield macro("claims", "tests"), str(len(lines))
    yield macro("claims", "number"), str(len(pooled))
    for verdict in SYMBOLS:
        yield macro("claims", verdict), str((lines["verdict"] == verdict).sum())
    for verdict in (*SYMBOLS, "counts only"):
        yield macro("claims", "pooled", verdict), str((pooled["verdict"] == verdict).sum())
    yield macro("claims", "benchmarks"), str(lines["benchmark"].nunique())
    runs = {digest for _, statistics in results for digest in statistics.specs["spec_sha256"]}
    yield macro("claims", "runs"), str(len(runs))


def _grouped(groups: Sequence[Group]) -> Iterator[tuple[str, str]]:
    for place, group in enumerate(groups, start=1):
        counts = group.tests
        yield macro("finding", str(place), "tests"), str(sum(counts.values()))
        for verdict in SYMBOLS:
            yield macro("finding", str(place), verdict), str(counts[verdict])


def _claims(study: Study, statistics: Statistics) -> Iterator[tuple[str, str]]:
    tests = statistics.verdicts
    for line in statistics.pooled.to_dict("records"):
        stem = (study.name, "claim", str(line["claim"]))
        yield from ((macro(*stem, name), signed(line[name])) for name in EFFECTS)
        yield from ((macro(*stem, name), number(line[name], ".0f")) for name in COUNTS)
        mine = tests.loc[tests["claim"] == line["claim"], "verdict"]
        yield from ((macro(*stem, verdict), str((mine == verdict).sum())) for verdict in SYMBOLS)


def _values(study: Study, statistics: Statistics) -> Iterator[tuple[str, str]]:
    for line in statistics.against().to_dict("records"):
        stem = (study.name, str(line["benchmark"]), str(line["row"]))
        yield from _of_a_row(stem, line)


def _of_a_row(stem: tuple[str, ...], line: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    yield macro(*stem, "mean"), number(line["mean"], ".1f")
    yield macro(*stem, "sd"), number(line["sd"], ".1f")
    if not pd.isna(line["difference"]):
        yield macro(*stem, "difference"), signed(line["difference"])
        yield macro(*stem, "p"), number(line["p_holm"], ".2g")
