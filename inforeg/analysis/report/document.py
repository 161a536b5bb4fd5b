"""The replication as a paper: findings in sentences, one table and picture of them, then each experiment."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.catalogue import described
from inforeg.analysis.report import findings, preamble, setting
from inforeg.analysis.report.groups import Group
from inforeg.analysis.report.pages import Pages
from inforeg.analysis.report.typeset import compiler, marked
from inforeg.analysis.statistics.stored import Results, Statistics
from inforeg.analysis.tables import claims, parts, pooled, sentences
from inforeg.analysis.tables.notation import latex_file, latex_key, latex_text
from inforeg.analysis.tables.render import Table
from inforeg.analysis.tables.words import plural

PICTURE = "Every claim on every benchmark{}."


@dataclass(frozen=True)
class Part:
    """An experiment in the document: its table, and what its appendices hold."""

    study: Study
    main: Table
    tests: Sequence[Table]
    details: Sequence[Table]


def document(
    results: Results, groups: Sequence[Group], said: Sequence[sentences.Line] = (), texts: Iterable[str] = ()
) -> str:
    """paper.tex: findings, setting, all claims, an experiment a section; tests and benchmarks in appendices.

    It stands beside numbers.tex and figures/, and needs packages of texlive's `latex-recommended` alone; with
    letters that pdflatex lacks, xelatex, as its first line says.

    Args:
        results: experiments, some of them with claims.
        groups: the claims, as the findings have them.
        said: the sentences that go round.
        texts: all that these two say in words that are not the program's own.
    """
    studies = [study for study, _ in results]
    program = compiler(chain(texts, *(study.texts for study in studies)))
    judged = [(study, statistics) for study, statistics in results if study.experiment.claims]
    papers = any(study.experiment.is_of_the_paper for study, _ in judged)
    picture = PICTURE.format(", and what the paper prints" if papers else "")
    verdicts = Counter(found for _, statistics in judged for found in statistics.pooled["verdict"])
    parts, told = [_part(*each) for each in results], sentences.tables(said)
    benchmarks, (summary,) = setting.setting_table(studies), pooled.summary_tables(judged)
    behind = chain.from_iterable((*part.tests, *part.details) for part in parts)
    pages = Pages([benchmarks, summary, *(part.main for part in parts), *told, *behind])
    return "".join(
        [
            f"{marked(program)}\\documentclass[10pt]{{article}}\n{preamble.FONTS[program]}{preamble.PREAMBLE}",
            _beginning([study for study, _ in judged], papers),
            findings.abstract(groups, verdicts),
            "\\end{abstract}\n\\tableofcontents\n",
            *_findings(groups, said, {study.name for study in studies}),
            _section("Setting"),
            f"{latex_text(setting.verdicts(studies))}\n\n{pages.table(benchmarks)}",
            _section("All claims"),
            f"\\drawing[0.85]{{figures/claims.pdf}}{{{latex_text(picture)}}}\n{pages.table(summary)}",
            _section("Experiments"),
            *chain.from_iterable(_experiment(part, pages) for part in parts),
            "\\appendix\n\\addtocontents{toc}{\\protect\\setcounter{tocdepth}{1}}\n",
            *_appendices(parts, told, pages),
            "\\end{document}\n",
        ]
    )


def _beginning(judged: Sequence[Study], papers: bool) -> str:
    """Title and what is tested, of studies with claims, some of them the paper's or none."""
    title, whose = ("The claims of InfoReg", preamble.REPLICATED) if papers else ("The claims", "Claims")
    benchmarks = plural(len({name for study in judged for name in study.benchmarks}), "benchmarks")
    return (
        f"\\title{{{title}, tested}}\n\\begin{{document}}\n\\maketitle\n\\begin{{abstract}}\n"
        f"{whose} are tested on \\ClaimsBenchmarks{{}} {benchmarks}, by \\ClaimsRuns{{}} runs.\n"
    )


def _section(title: str, key: str = "") -> str:
    """The heading of a section, with room for something below."""
    return f"\\room{{0.3\\textheight}}\\section{{{title}}}\n" + (f"\\label{{{key}}}\n" if key else "")


def _subsection(title: str, key: str) -> str:
    """The same on an experiment, whose table is never parted from it."""
    return f"\\room{{4cm}}\\subsection{{{latex_text(title)}}}\\label{{{key}}}\n"


def _part(study: Study, statistics: Statistics) -> Part:
    tests = []
    if study.experiment.claims:
        result = (study, statistics)
        tests = [claims.overview_table(*result), claims.detail_table(*result)]
        tests += pooled.sensitivity_tables([result])
    each = (parts.of_benchmark(study, statistics, name) for name in study.benchmarks)
    noted = [
        replace(table, notes=[*table.notes, *study.caveats])
        for table in chain(parts.whole(study, statistics), *each)
    ]
    return Part(study, noted[0], tests, noted[1:])


def _findings(
    groups: Sequence[Group], said: Sequence[sentences.Line], inside: Collection[str]
) -> Iterator[str]:
    yield f"{_section('Findings')}{findings.READING}\n"
    for title, paragraph in findings.said(said, inside):
        yield f"\\subsection{{{latex_text(title)}}}\n{paragraph}"
    for place, group in enumerate(groups, start=1):
        yield f"\\subsection{{{latex_text(group.title)}}}\n{findings.paragraph(place, group)}"


def _experiment(part: Part, pages: Pages) -> Iterator[str]:
    """A section on one experiment: where all else on it stands, its table and its figures."""
    experiment, key = part.study.experiment, latex_key(part.study.name)
    tests = f"Its claims' tests stand in Appendix~\\ref{{tests:{key}}}, each" if part.tests else "Each"
    yield _subsection(experiment.title, f"experiment:{key}")
    yield f"{tests} benchmark in detail in Appendix~\\ref{{details:{key}}}.\\par\\nobreak\n"
    yield pages.table(part.main)
    for name in experiment.figures:
        caption = latex_text(f"{experiment.title}. {described(name)}")
        yield f"\\drawing{{figures/{latex_file(f'{part.study.name}_{name}.pdf')}}}{{{caption}}}\n"


def _appendices(parts: Sequence[Part], told: Sequence[Table], pages: Pages) -> Iterator[str]:
    if notes := pages.notes():
        yield f"{_section('Notes', 'notes')}What several tables have to say of their numbers.\n{notes}"
    yield _section("Every test")
    yield from map(pages.table, told)
    for part in parts:
        yield from _appendix("tests", part.study, part.tests, pages)
    yield _section("Each benchmark in detail")
    for part in parts:
        yield from _appendix("details", part.study, part.details, pages)


def _appendix(kind: str, study: Study, tables: Sequence[Table], pages: Pages) -> Iterator[str]:
    """A section of an appendix on one experiment; none without tables."""
    if tables:
        key = latex_key(study.name)
        yield _subsection(study.experiment.title, f"{kind}:{key}")
        yield f"See Section~\\ref{{experiment:{key}}}.\\par\\nobreak\n"
        yield from map(pages.table, tables)
