"""What the site shows of a published version: numbers of its files alone, names as they are today."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import pandas as pd

from inforeg.analysis.collected.parquet import read_parquet
from inforeg.analysis.collected.published import REMEDY
from inforeg.analysis.figures.catalogue import FIGURES, described
from inforeg.analysis.site.content import (
    RUN,
    Claimed,
    Content,
    Kept,
    Shown,
    by_epoch,
    by_run,
    lines_of,
    pooled_line,
)
from inforeg.analysis.statistics.stored import Ranks
from inforeg.analysis.tables import sentences
from inforeg.analysis.tables.main_table import TUNED
from inforeg.analysis.tables.words import EPOCH
from inforeg.metrics.base import metrics, title_of
from inforeg.metrics.classification import ACCURACY
from inforeg.reading import read_json
from inforeg.suite.experiment import Claim, Selection
from inforeg.suite.products import CLAIMS, EPOCHS, RUNS
from inforeg.suite.project import GUIDES, Project
from inforeg.suite.published import Claims, Origin, Statistics, Told
from inforeg.suite.replication import COLLECTED
from inforeg.suite.workflow import Sentence


def content_of(folder: Path, project: Project) -> Content:
    """What the site shows of the version that `folder` holds.

    Raises:
        UserError: what is there is no published version.
    """
    told = _read(folder / CLAIMS[-1], Claims)
    columns, runs = [*RUN, *Kept._fields], [folder / RUNS, *sorted((folder / COLLECTED).glob(f"*/{RUNS}"))]
    names = sorted((path.stem for path in (folder / "statistics").glob("*.json")), key=_place)
    return Content(
        title=f"Results of version {folder.name}",
        experiments=[_shown(name, folder, project) for name in names],
        claims=[claim for each in (told, *_beside(folder, told)) for claim in _claims(each)],
        summary=told["summary"],
        said=sentences.tables([_sentence(each) for each in told["sentences"]]),
        notes=[f"{name.capitalize()}: {value}." for name, value in told["settings"].items()],
        runs=by_run(pd.concat(read_parquet(path, columns) for path in runs).drop_duplicates(), Kept),
        epochs=by_epoch(read_parquet(path.with_name(EPOCHS)) for path in runs[1:]),
        specs={},
        benchmarks={name: project.benchmark(name) for name in project.benchmarks()},
        data=project.root / "data",
        figures=folder / "figures",
        guides=project.root / GUIDES,
    )


def _place(name: str) -> tuple[str, int, str]:
    """Sorts table2 before table10."""
    letters = re.sub(r"\d.*", "", name)
    digits = re.search(r"\d+", name)
    return (letters != "table" and letters) or "", int(digits[0]) if digits else 0, name


def _read(path: Path, form: type[Told]) -> Any:
    return read_json(path, form, REMEDY).model_dump()


def _beside(folder: Path, told: Mapping[str, Any]) -> Iterator[Any]:
    """What is told of the claims of each experiment that the claims of all are not of."""
    inside = {test["experiment"] for test in told["tests"]}
    paths = sorted((folder / "claims").glob("*.json"))
    yield from (_read(path, Claims) for path in paths if path.stem not in inside)


def _shown(name: str, folder: Path, project: Project) -> Shown:
    told = _read(folder / f"statistics/{name}.json", Statistics)
    known = project.whole(name) if name in project.experiments() else None
    title, selection, tuned = _words(folder / f"tables/{name}.md")
    metric = next((each for each in metrics().values() if title.startswith(each.title)), ACCURACY)
    across = told["across"]
    comparison = lines_of(told["comparison"])
    first = {(line["benchmark"], line["row"]): line for line in reversed(comparison)}
    return Shown(
        name=name,
        title=known.title if known else name,
        labels={row.key: row.title for row in known.rows} if known else {},
        metric=title,
        unit=metric.unit.name,
        lower=not metric.higher_is_better,
        selection=selection,
        tuned=tuned,
        comparison=[line for line in comparison if line is first[line["benchmark"], line["row"]]],
        overview=lines_of(across["overview"]),
        ranks=_ranks(across["ranks"], comparison) if across["ranks"] else None,
        provenance=_read(folder / f"provenance/{name}.json", Origin),
        figures={
            f"{name}_{figure}.png": described(figure)
            for figure in FIGURES
            if (folder / f"figures/{name}_{figure}.png").exists()
        },
    )


def _words(path: Path) -> tuple[str, Selection | None, bool | None]:
    """Metric, selection rule and whether it is tuned, as a table's notes have them, if it has notes."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for rule, words in EPOCH.items():
        if found := re.search(rf"^Test (.+?) {re.escape(words)}\.", text, re.MULTILINE):
            return found[1], cast(Selection, rule), TUNED in text
    return "", None, None


def _ranks(told: Mapping[str, Any], comparison: list[Any]) -> Ranks:
    return Ranks(
        mean_rank=pd.Series(told["mean_rank"]),
        statistic=float("nan") if told["statistic"] is None else told["statistic"],
        p=told["p"],
        nemenyi=pd.DataFrame(told["nemenyi"]),
        critical_difference=told["critical_difference"],
        benchmarks=len({line["benchmark"] for line in comparison}),
    )


def _claims(told: Mapping[str, Any]) -> Iterator[Claimed]:
    over = {(line["experiment"], line["claim"]): pooled_line(line) for line in told["pooled"]}
    for key, group in groupby(told["tests"], key=lambda test: (test["experiment"], test["claim"])):
        tests = lines_of(group)
        yield Claimed(
            experiment=key[0],
            id=key[1],
            statement=tests[0]["statement"],
            source=tests[0]["source"],
            metric=title_of(tests[0]["metric"]),
            printed=tests[0]["printed"],
            pooled=over.get(key),
            tests=tests,
        )


def _sentence(told: Mapping[str, Any]) -> sentences.Line:
    """What claims.json has of a sentence and one of its claims."""
    named = {told["experiment"]: [told["claim"]]}
    sentence = Sentence.model_construct(
        text=told["text"], source=told["source"], points=told["points"], claims=named
    )
    claim = Claim.model_construct(
        id=told["claim"], statement=told["statement"], source="", better="", worse=""
    )
    (line,) = lines_of([told])
    return sentences.Line(sentence, told["experiment"], claim, None if told["verdict"] is None else line)
