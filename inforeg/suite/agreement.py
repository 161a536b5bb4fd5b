"""How far a replication is from a published one: what was found, apart from what names the machine."""

import filecmp
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from inforeg.errors import shown
from inforeg.reading import read_json
from inforeg.suite.products import PDF, TIMED
from inforeg.suite.published import Claims, Line, Origin, Statistics
from inforeg.suite.replication import COLLECTED, ORIGINS, Files
from inforeg.ties import apart

NOISE = 2.0
"""Standard errors of the difference of two means, over the seeds of both, that count as seed noise."""

ORIGIN, FOUND = ("commits", "collected_by"), ("data", "left_out", "diverged", "runs")
"""Keys of provenance.json on the code, and on what was found; all others name the machine."""

AGAIN = "delete it and run `snakemake --cores all`"
"""The remedy for what the workflow makes."""

Facts = Mapping[str, Any]

M = TypeVar("M", bound=BaseModel)


class Both(NamedTuple):
    """A file as it was published and as this replication made it."""

    kept: Path
    made: Path


@dataclass(frozen=True)
class Agreement:
    """What a comparison says.

    Attributes:
        files: names of those whose findings differ.
        named: names of those that differ in what names the machine alone; paper.pdf, which LaTeX makes of the
            others, is always one of them.
        why: what the two are of, as a clause.
        lines: the numbers.
    """

    files: list[str]
    named: list[str]
    why: str
    lines: list[str]


def agreement(made: Files, kept: Files) -> Agreement:
    """Compare what this replication made with what was published.

    Raises:
        UserError: one of the JSON files that differ is damaged.
    """
    both = {name: Both(kept[name], made[name]) for name in sorted(kept.keys() & made.keys())}
    differ = {name: pair for name, pair in both.items() if not filecmp.cmp(*pair, shallow=False)}
    alone = kept.keys() ^ made.keys()
    named = {name for name in differ if _names_the_machine(name, differ[name])} | (alone & {PDF})
    files = sorted((alone | differ.keys()) - named)
    origins = [_origins(pair) for name, pair in both.items() if name.startswith(ORIGINS)]
    lines = [*_numbers(differ), *_verdicts(differ)] if files else []
    return Agreement(files, sorted(named), _why(origins), lines)


def _both(pair: Both, model: type[M]) -> tuple[M, M]:
    return (
        read_json(pair.kept, model, "restore it from version control, or publish anew"),
        read_json(pair.made, model, AGAIN),
    )


def _origins(pair: Both) -> tuple[Facts, Facts]:
    there, here = _both(pair, Origin)
    return there.model_dump(), here.model_dump()


def _names_the_machine(name: str, pair: Both) -> bool:
    """Whether the two files of one name differ in nothing that was found."""
    if name == PDF or (name.startswith(COLLECTED) and name.endswith(TIMED)):
        return True
    if name.startswith(ORIGINS) or (name.startswith(COLLECTED) and name.endswith(".json")):
        there, here = map(_found, _origins(pair))
        return there == here
    if name == "claims.json":
        there, here = (_findings(claims) for claims in _both(pair, Claims))
        return there == here
    return name.endswith(".pdf") and _drawing(pair.kept) == _drawing(pair.made)


def _found(facts: Facts) -> Facts:
    return {key: facts.get(key) for key in (*ORIGIN, *FOUND)}


def _findings(claims: Claims) -> Facts:
    origins = {name: _found(origin.model_dump()) for name, origin in claims.provenance.items()}
    return claims.model_dump(exclude={"provenance"}) | {"provenance": origins}


def _drawing(path: Path) -> bytes:
    """A PDF without the names and dates of what drew it, and the places of objects, which follow these."""
    body = path.read_bytes().partition(b"\nxref")[0]
    return re.sub(rb"/(Creator|Producer|CreationDate|ModDate) *\((\\.|[^\\)])*\)\s*", b"", body)


def _why(origins: Sequence[tuple[Facts, Facts]]) -> str:
    """What the two are of, as a clause."""
    if not origins:
        return "experiments that have nothing in common"
    there, here = (
        sorted({commit for facts in side for commit in (*facts["commits"], facts["collected_by"])})
        for side in ([pair[0] for pair in origins], [pair[1] for pair in origins])
    )
    told = [
        f"the same commit ({', '.join(here)})"
        if there == here
        else f"different commits ({', '.join(there)} there, {', '.join(here)} here)"
    ]
    machine = sorted({text for pair in origins for text in _facts(*pair)})
    told.append(
        f"different machines ({'; '.join(machine)})"
        if machine
        else "machines that their records do not tell apart"
    )
    told += [f"different {key}" for key in FOUND if any(old.get(key) != new.get(key) for old, new in origins)]
    return ", ".join(told)


def _facts(there: Facts, here: Facts, prefix: str = "") -> Iterator[str]:
    """Each fact on the machine that the two do not have alike."""
    for key in sorted(there.keys() | here.keys()):
        if not prefix and key in (*ORIGIN, *FOUND, "files", "seal"):
            continue
        old, new = there.get(key), here.get(key)
        if isinstance(old, dict) or isinstance(new, dict):
            yield from _facts(old or {}, new or {}, f"{prefix}{key}.")
        elif old != new:
            yield f"{prefix}{key}: {_said(old)} there, {_said(new)} here"


def _said(value: Any) -> str:
    if value is None:
        return "not recorded"
    return ", ".join(map(str, value)) if isinstance(value, list) else shown(value)


def _numbers(differ: Mapping[str, Both]) -> Iterator[str]:
    """The largest differences of each table that differs, and whether its means lie within seed noise."""
    places, outside, total = {"means": "mean", "differences": "difference", "p": "p"}, [], 0
    tables = {Path(n).stem: pair for n, pair in differ.items() if re.fullmatch(r"statistics/.*\.json", n)}
    for table, pair in tables.items():
        there, here = (
            {(line.benchmark, line.row, line.reference): line for line in found.comparison}
            for found in _both(pair, Statistics)
        )
        shared = [(there[key], here[key]) for key in there.keys() & here.keys()]
        told = [_largest(shared, what, field) for what, field in places.items()]
        if count := len(there.keys() ^ here.keys()):
            told.append(f"lines of one of the two alone {count}")
        yield f"{table}, largest differences: {', '.join(told)}."
        first = {(old.benchmark, old.row): _noise(old, new) for old, new in shared}
        total += len(first)
        outside += [f"{table} {row} on {name}" for (name, row), size in sorted(first.items()) if size > NOISE]
    if not tables:
        yield "All numbers of all tables are the same."
        return
    what = f"seed noise ({NOISE:g} standard errors of the difference, over the seeds of both)"
    if outside:
        yield f"Means outside {what}, {len(outside)} of {total}: {', '.join(outside)}."
    else:
        yield f"All {total} means of these tables lie within {what}."


def _largest(shared: list[tuple[Line, Line]], what: str, field: str) -> str:
    sizes = {
        f"{old.row} on {old.benchmark}": abs(float(apart(b, a)))
        for old, new in shared
        if (a := getattr(old, field)) is not None and (b := getattr(new, field)) is not None
    }
    if not any(sizes.values()):
        return f"{what} none"
    place = max(sorted(sizes), key=lambda name: sizes[name])
    return f"{what} {sizes[place]:.2g} ({place})"


def _noise(old: Line, new: Line) -> float:
    """Difference of the means in standard errors; 0 where there is none."""
    if old.mean is None or new.mean is None:
        return 0.0
    size = abs(float(apart(new.mean, old.mean)))
    error = math.sqrt(sum((line.sd or 0.0) ** 2 / line.n for line in (old, new)))
    return size / error if error else math.inf if size else 0.0


def _verdicts(differ: Mapping[str, Both]) -> Iterator[str]:
    """The verdicts that differ."""
    changed = []
    if "claims.json" in differ:
        there, here = (
            {(test.experiment, test.claim, test.benchmark): test.verdict for test in found.tests}
            for found in _both(differ["claims.json"], Claims)
        )
        changed = [
            f"{key[0]}, {key[1]} on {key[2]}: {there.get(key, 'not judged')} there, "
            f"{here.get(key, 'not judged')} here"
            for key in sorted(there.keys() | here.keys())
            if there.get(key) != here.get(key)
        ]
    yield f"Verdicts that differ, {len(changed)}: {'; '.join(changed)}." if changed else "No verdict differs."
