"""The page of a diagnosis: advice, tables, pictures and notes, as Markdown, as HTML and for a terminal."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

from inforeg.analysis.collected.diagnosed import Diagnosis
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures import catalogue
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables import diagnosis, render
from inforeg.analysis.tables.advice import advice
from inforeg.analysis.tables.details import detail_tables
from inforeg.analysis.tables.notation import html_text, markdown_text
from inforeg.files import write_text
from inforeg.probes.frames import csv

WIDTH = 100
"""Characters of a line in a terminal."""


def write_diagnosis(study: Study, statistics: Statistics, found: Diagnosis, folder: Path) -> None:
    """`folder`/index.{html,md}, verdicts.csv with every test, and the figures; index.html is the last."""
    for name in study.experiment.figures:
        catalogue.save(name, study, statistics, folder / f"{name}.pdf")
    write_text(folder / "verdicts.csv", csv(statistics.verdicts))
    write_text(folder / "index.md", _markdown(study, statistics, found))
    parts = _parts(study, statistics, found)
    write_text(folder / "index.html", render.html_page(parts, study.provenance))


def told(study: Study, statistics: Statistics, found: Diagnosis) -> str:
    """The page for a terminal."""
    said = [study.experiment.title, advice(study, statistics, found)]
    shown = render.plain(diagnosis.tables(study, statistics, found))
    return "\n\n".join([*map(_wrapped, said), shown, *([_wrapped(found.stopped)] if found.stopped else [])])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _markdown(study: Study, statistics: Statistics, found: Diagnosis) -> str:
    figures = study.experiment.figures
    pictures = (f"![{markdown_text(catalogue.described(name))}]({name}.png)" for name in figures)
    return "\n\n".join([
        f"# {markdown_text(study.experiment.title)}",
        f"**{markdown_text(advice(study, statistics, found))}**",
        render.markdown(diagnosis.tables(study, statistics, found), study.provenance),
        *pictures,
        "## Every row in detail",
        render.markdown(_details(study, statistics), study.provenance),
        "## How this was made",
        *(f"- {markdown_text(note)}" for note in diagnosis.notes(study, statistics, found)),
    ]) + "\n"  # fmt: skip


def _parts(study: Study, statistics: Statistics, found: Diagnosis) -> Iterator[str]:
    """The same as HTML."""
    yield f"<h1>{html_text(study.experiment.title)}</h1>\n"
    yield f"<p><strong>{html_text(advice(study, statistics, found))}</strong></p>\n"
    yield from map(render.html_table, diagnosis.tables(study, statistics, found))
    for name in study.experiment.figures:
        seen, picture = html_text(catalogue.described(name)), f'src="{name}.png" srcset="{name}.png 1.5x"'
        yield f'<figure><img {picture} alt="{seen}" style="max-width: 100%">\n'
        yield f"<figcaption>{seen}</figcaption></figure>\n"
    yield from map(render.html_table, _details(study, statistics))
    yield "<h2>How this was made</h2>\n"
    yield from (f"<p>{html_text(note)}</p>\n" for note in diagnosis.notes(study, statistics, found))


def _details(study: Study, statistics: Statistics) -> list[render.Table]:
    """Every row under each selection rule, each modality through its share, and by probes."""
    (benchmark,) = study.benchmarks
    return detail_tables(study, statistics, benchmark)
