"""The replication as a document: LaTeX that inputs every table and figure, and a macro for every number."""

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.catalogue import FIGURES
from inforeg.analysis.report.typeset import compiler, marked
from inforeg.analysis.statistics.stored import Results, Statistics
from inforeg.analysis.tables.claims import SYMBOLS
from inforeg.analysis.tables.notation import latex_file, latex_text
from inforeg.analysis.tables.words import number, signed
from inforeg.errors import UserError

DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")

FONTS = {
    "pdflatex": r"""\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1
""",
    "xelatex": r"""\usepackage{fontspec}
\setmainfont{DejaVuSans}[Extension=.ttf,Scale=0.85,BoldFont=*-Bold,ItalicFont=*,ItalicFeatures={FakeSlant=0.2},Ligatures=TeXOff]
\special{pdf:trailerid [<00000000000000000000000000000000> <00000000000000000000000000000000>]}
""",
}
"""What sets the document's letters, by the program that compiles it, and keeps dates and names out of it."""

PREAMBLE = r"""\usepackage[a4paper,margin=17mm]{geometry}
\usepackage{amssymb,booktabs,caption,float,graphicx}
\floatplacement{table}{H}
\floatplacement{figure}{H}
\captionsetup{font=small,labelformat=empty}
\tracinglostchars=3
\newcommand{\drawing}[2]{\begin{figure}\centering\includegraphics{#1}\caption{#2}\end{figure}}
\input{numbers}
\title{The claims of InfoReg, tested}
\author{inforeg}
\date{}
\begin{document}
\maketitle
"""

ABSTRACT = r"""\noindent The claims of Huang, Wei, Yang and Hu (Adaptive Unimodal Regulation for Balanced
Multimodal Information Acquisition, CVPR 2025) on \ClaimsBenchmarks{} benchmarks, from \ClaimsRuns{} runs.
Of \ClaimsTests{} pairs of claim and benchmark, \ClaimsReproduced{} are reproduced and
\ClaimsReproducedNegligible{} more by a negligible effect, \ClaimsContradicted{} are contradicted and
\ClaimsContradictedNegligible{} more by a negligible effect, \ClaimsPracticallyEqual{} are practically equal
and \ClaimsInconclusive{} are inconclusive; \ClaimsLeftOut{} could not be tested. A claim is reproduced or
contradicted where a two-sided paired sign-flip test over seeds rejects equality at 0.05 after Holm's
correction over the claims of one table on a benchmark, and practically equal or negligible where two
one-sided ones reject differences of the smallest effect of interest or more; inconclusive is no evidence of
no effect.
A claim that two tables make is tested, and counted, in each.
"""


def document(studies: Sequence[Study], said: Iterable[str] = ()) -> str:
    """paper.tex: the claims first, then an experiment a section, with all its tables and figures.

    It stands beside numbers.tex, claims.tex, tables/ and figures/, and needs packages of texlive's
    `latex-recommended` alone; with letters that pdflatex lacks, xelatex, as its first line says. The claims
    also have the texts that are `said`.
    """
    sections = "".join(map(_section, studies))
    appendix = "".join(
        rf"\input{{tables/{latex_file(f'{study.name}_{name}')}}}" + "\n"
        for study in studies
        for name in study.benchmarks
    )
    program = compiler(chain(said, *(study.texts for study in studies)))
    return (
        f"{marked(program)}\\documentclass[10pt]{{article}}\n{FONTS[program]}{PREAMBLE}{ABSTRACT}"
        "\\drawing{figures/claims.pdf}{Every claim on every benchmark, and what the paper prints.}\n"
        f"\\input{{claims}}\n{sections}"
        f"\\appendix\n\\section{{Each benchmark in detail}}\n{appendix}"
        "\\end{document}\n"
    )


def numbers(results: Results) -> str:
    r"""numbers.tex: a macro for the mean, deviation, difference and p of every row on every benchmark.

    Names are made of letters alone: \TableTwoHtadInforegStarMean is the mean of the row inforeg/star on
    the benchmark htad in the experiment table2.

    Raises:
        UserError: two numbers would have the same name.
    """
    macros: dict[str, str] = {}
    for name, value in [*_counts(results), *(pair for each in results for pair in _values(*each))]:
        if name in macros:
            raise UserError(
                f"Two numbers would be called \\{name}; rename one of the rows or benchmarks behind them."
            )
        macros[name] = value
    lines = (rf"\newcommand{{\{name}}}{{{latex_text(value)}}}" for name, value in macros.items())
    return "\n".join(lines) + "\n"


def macro(*words: str) -> str:
    """`words` as the name of a macro: letters alone, a capital where a word begins."""
    spelled = re.sub(r"\d", lambda digit: f" {DIGITS[int(digit[0])]} ", " ".join(words))
    return "".join(part[0].upper() + part[1:] for part in re.findall(r"[A-Za-z]+", spelled))


def _section(study: Study) -> str:
    experiment = study.experiment
    lines = [rf"\section{{{latex_text(experiment.title)}}}", rf"\input{{tables/{latex_file(study.name)}}}"]
    for name in experiment.figures:
        told = (inspect.getdoc(FIGURES[name]) or "").partition("\n\nReturns:")[0]
        what = " ".join(told.split()).replace("`", "")
        caption = latex_text(f"{experiment.title}. {what}")
        lines.append(rf"\drawing{{figures/{latex_file(f'{study.name}_{name}.pdf')}}}{{{caption}}}")
    return "\n".join(lines) + "\n"


def _counts(results: Results) -> Iterator[tuple[str, str]]:
    lines = pd.concat([statistics.verdicts for _, statistics in results])
    yield macro("claims", "tests"), str(len(lines))
    for verdict in SYMBOLS:
        yield macro("claims", verdict), str((lines["verdict"] == verdict).sum())
    yield macro("claims", "benchmarks"), str(lines["benchmark"].nunique())
    runs = {digest for _, statistics in results for digest in statistics.specs["spec_sha256"]}
    yield macro("claims", "runs"), str(len(runs))


def _values(study: Study, statistics: Statistics) -> Iterator[tuple[str, str]]:
    for line in statistics.against().to_dict("records"):
        stem = (study.name, str(line["benchmark"]), str(line["row"]))
        yield macro(*stem, "mean"), number(line["mean"], ".1f")
        yield macro(*stem, "sd"), number(line["sd"], ".1f")
        if not pd.isna(line["difference"]):
            yield macro(*stem, "difference"), signed(line["difference"])
            yield macro(*stem, "p"), number(line["p_holm"], ".2g")
