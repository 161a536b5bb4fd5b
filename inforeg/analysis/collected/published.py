"""The runs of an experiment out of a published version, as a study."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from inforeg.analysis.collected.collect import Collected, merge
from inforeg.analysis.collected.parquet import read_parquet
from inforeg.analysis.collected.study import Study
from inforeg.errors import UserError
from inforeg.files import replacing_folder
from inforeg.probes.frames import COLUMNS
from inforeg.reading import read_json
from inforeg.registry import METHODS
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.experiment import Experiment
from inforeg.suite.plan import Plan
from inforeg.suite.products import FRAMES, RUNS
from inforeg.suite.project import Project
from inforeg.suite.published import Origin, Statistics
from inforeg.suite.replication import COLLECTED, origin
from inforeg.suite.resolve import joined
from inforeg.suite.rows import Row

REMEDY = "restore it from version control, or name another version"

UNSTATED: Mapping[str, object] = {
    "left_out": [], "diverged": [], "absent": {}, "gaps": {}, "machine": {}, "data": {}, "runs": 0,
}  # fmt: skip
"""What the provenance of earlier versions need not say."""


def read_published(project: Project, name: str, version: Path) -> Study:
    """The experiment `name` as it was published in `version`, on the benchmarks that it had then.

    Its rows are told by their keys, and named as the project names them today.

    Raises:
        UserError: it has no such experiment, or a file is missing or damaged.
    """
    experiment, table = project.experiment(name), version / f"statistics/{name}.json"
    if not table.exists():
        known = ", ".join(sorted(path.stem for path in table.parent.glob("*.json"))) or "none"
        raise UserError(f"{version} has no experiment {name!r}; it has: {known}.")
    sizes = {(line.benchmark, line.row): line.n for line in read_json(table, Statistics, REMEDY).comparison}
    named = dict.fromkeys(benchmark for benchmark, _ in sizes if benchmark in project.benchmarks())
    benchmarks = {benchmark: project.benchmark(benchmark) for benchmark in named}
    rows = [row for row in experiment.rows if any((each, row.key) in sizes for each in benchmarks)]
    if not rows:
        raise UserError(f"{version} has no row of {name!r} that the experiment has today; name another one.")
    whole = experiment.model_copy(update={"benchmarks": list(benchmarks), "rows": rows})
    own = version / COLLECTED / name / RUNS
    every = merge([read_parquet(own)]) if own.exists() else read_parquet(_there(version / RUNS))
    frames = {each: pd.DataFrame(columns=columns) for each, columns in COLUMNS.items()}
    frames["runs"] = pd.concat(
        _of_row(every[every["benchmark"] == benchmark], row, config, sizes[benchmark, row.key], whole)
        for benchmark, config in benchmarks.items()
        for row in rows
        if (benchmark, row.key) in sizes
    )
    told = {**UNSTATED, **read_json(version / origin(name), Origin, REMEDY).model_dump()}
    return Study(name, whole, benchmarks, Collected(provenance=told, seal="", **frames))


def restore(version: Path, name: str, plan: Plan, folder: Path) -> None:
    """Put into `folder` what was collected of the runs of `plan`, of the experiment `name`, in `version`.

    Raises:
        UserError: nothing was, it is damaged, or of other runs.
    """
    gathered(version, name, plan)
    with replacing_folder(folder) as beside:
        for file in FRAMES:
            shutil.copyfile(version / COLLECTED / name / file, beside / file)


def gathered(version: Path, name: str, plan: Plan) -> Collected:
    """What was collected of the runs of `plan`, of the experiment `name`, in `version`.

    Raises:
        UserError: nothing was, it is damaged, or of other runs.
    """
    kept = version / COLLECTED / name
    if not kept.is_dir():
        known = ", ".join(sorted(path.name for path in kept.parent.glob("*"))) or "none"
        raise UserError(f"{version} has no collected runs of {name!r}; of these it has: {known}.")
    found = Collected.read(kept)
    if found.provenance["specs_sha256"] != plan.digest:
        raise UserError(
            f"What {kept} holds is of other settings or seeds than {name!r} has now; go back to those of "
            "this version, or train its runs."
        )
    return found


def _there(path: Path) -> Path:
    if not path.is_file():
        raise UserError(f"{path} is missing; {REMEDY}.")
    return path


def _of_row(
    every: pd.DataFrame, row: Row, config: BenchmarkConfig, size: int, whole: Experiment
) -> pd.DataFrame:
    """Those of the runs on a benchmark that are of a row of `whole`: `size` seeds, of each variant."""
    suffixes = METHODS.get(row.method).expand(tuple(config.encoders))
    ours = (every["method"] == row.method) & (every["seed"] >= whole.first_seed)
    own = every[ours & every["variant"].isin([joined(row.variant, suffix) for suffix in suffixes])]
    seeds = sorted(own["seed"].unique())[:size]
    if len(seeds) < size:
        raise UserError(
            f"Of {row.key!r} on {config.title}, {size} runs were published as a mean, {len(seeds)} by "
            "themselves; compare with another experiment."
        )
    return own[own["seed"].isin(seeds)].assign(row=row.key, diverged=own.get("diverged", False))
