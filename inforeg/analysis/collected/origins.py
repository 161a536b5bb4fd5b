"""Where collected runs and trials come from, and which classes their splits lack."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from inforeg.analysis.collected.parquet import read_parquet
from inforeg.engine.contents import PREDICTIONS, RUN, Run
from inforeg.engine.provenance import provenance
from inforeg.reading import read_json
from inforeg.registry import DATASETS
from inforeg.runspec import RunSpec
from inforeg.suite.plan import Cell, Plan, Trial


def origin_of(plan: Plan, origins: list[Run], examiners: set[str]) -> dict[str, Any]:
    """Commits that made and examined the runs, several if on several days, what they ran on; and this."""
    return {
        "commits": sorted({origin.commit for origin in origins} | examiners),
        "collected_by": provenance()["commit"],
        "versions": _merged(origin.versions for origin in origins),
        "machine": _merged(origin.machine for origin in origins),
        "data": {cell.benchmark: cell.specs[0].data_hash for cell in plan.cells},
        "left_out": listed(plan.left_out),
        "runs": len(origins),
    }


def origin_of_trials(trials: Iterable[Trial], root: Path) -> dict[str, Any]:
    """The same of finished trials."""
    return origin_of_cells(tuple(cell for trial in trials for cell in trial.cells), root)


def origin_of_cells(cells: tuple[Cell, ...], root: Path) -> dict[str, Any]:
    """The same of finished runs of these cells."""
    folders = [spec.directory(root) for cell in cells for spec in cell.specs]
    remedy = "delete this run, and run the workflow again"
    return origin_of(Plan(cells, {}), [read_json(folder / RUN, Run, remedy) for folder in folders], set())


def listed(reasons: Mapping[tuple[str, str], str]) -> list[dict[str, str]]:
    """Sentences by row key and benchmark, one after the other."""
    return [{"row": row, "benchmark": name, "reason": reason} for (row, name), reason in reasons.items()]


def _merged(facts: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    """All values of each fact, sorted."""
    found: dict[str, set[str]] = {}
    for each in facts:
        for name, value in each.items():
            found.setdefault(name, set()).add(value)
    return {name: sorted(values) for name, values in found.items()}


def absent(plan: Plan, root: Path) -> dict[str, dict[str, list[str]]]:
    """The classes that a split lacks, by benchmark and split."""
    found: dict[str, dict[str, list[str]]] = {}
    for cell in plan.cells:
        if lacking := _lacking(cell.specs[0], root):
            found.setdefault(cell.benchmark, lacking)
    return found


def _lacking(spec: RunSpec, root: Path) -> dict[str, list[str]]:
    """The classes without a sample in a split on which the finished run `spec` was judged, by split."""
    frame = read_parquet(spec.directory(root) / PREDICTIONS, ["split", "target"])
    classes = DATASETS.build(spec.config.data.name, spec.config.data.options).labels
    present = {str(split): set(group) for split, group in frame.groupby("split", observed=True)["target"]}
    missing = {
        split: [name for index, name in enumerate(classes) if index not in found]
        for split, found in present.items()
    }
    return {split: names for split, names in missing.items() if names}
