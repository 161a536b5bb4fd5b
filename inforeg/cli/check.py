"""`inforeg check`: is everything in order before the long work starts?"""

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inforeg.cli.options import RUNS, Commands, add_command
from inforeg.errors import UserError, warn
from inforeg.files import write_json, write_text
from inforeg.reading import json_value, read_text
from inforeg.registry import DATASETS
from inforeg.suite.project import Project
from inforeg.suite.reference import FILES, SCHEMAS, reference

if TYPE_CHECKING:
    from inforeg.suite.checks import Configuration

PACKAGES = ("torch", "snakemake", "dvc", "pandas", "pyarrow", "scipy", "tensorboard")


def register(commands: Commands) -> None:
    """Add `check`."""
    parser = add_command(
        commands,
        "check",
        "check configuration, schemas, data and environment",
        "Check every YAML, the schemas, the data folders that are there and the environment; the first thing "
        "out of order is named, with status 2.",
    )
    parser.add_argument("--write-schemas", action="store_true", help="write schemas and their reference anew")
    parser.add_argument(
        "--runs", type=Path, nargs="?", const=RUNS, metavar="DIR",
        help=f"check every run below DIR instead, file by file (DIR is {RUNS} where none is named)",
    )  # fmt: skip
    parser.set_defaults(run=check)


def check(args: argparse.Namespace) -> None:
    """Go through it all, a line each, or through the runs alone."""
    if args.runs:
        from inforeg.engine.finished import check_runs
        from inforeg.probes.results import check_results

        print(f"runs: {check_runs(args.runs)}")
        print(f"probes: {check_results(args.runs)}")
        return
    project = Project()
    if args.write_schemas:
        write_schemas(project)
    for line in (environment(), configuration(project), schemas(project), data(project)):
        print(line)


def write_schemas(project: Project) -> None:
    """Write the JSON schemas of all YAML files, and what they say as one text."""
    for name, model in SCHEMAS.items():
        write_json(project.root / f"workflow/schemas/{name}.schema.json", model.model_json_schema())
    listed = reference(dict(zip(FILES, SCHEMAS.values(), strict=True)))
    write_text(project.root / "workflow/config/README.md", listed)


def environment() -> str:
    """The packages' versions."""
    try:
        return "environment: " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    except PackageNotFoundError as error:
        raise UserError(
            f"The package {error.name!r} is not installed: pip install 'inforeg[suite]'."
        ) from None


def configuration(project: Project) -> str:
    """All YAML files are in order, together, and what they ask for can be written."""
    from inforeg.analysis.tables.words import several
    from inforeg.suite import checks

    found = checks.configuration(project)
    checks.results(project)
    for sentence in undecidable(found):
        warn(sentence)
    made = (
        several(len(project.benchmarks()), "benchmarks"),
        several(len(found.experiments), "experiments"),
        several(found.runs, "runs"),
    )
    return f"configuration: {', '.join(made)}"


def undecidable(found: "Configuration") -> Iterator[str]:
    """The experiments, but for the quick one, whose seeds or folds can reject none of their tests."""
    from inforeg.analysis.statistics.compare import too_few

    for name, experiment in found.experiments.items():
        family = max(Counter(experiment.own_references.values()).values()) - 1
        if not family or name == found.workflow.quick:
            continue
        for benchmark, config in found.benchmarks[name].items():
            folds = config.unit == "fold"
            n = config.folds if folds else len(experiment.seeds_on(benchmark))
            if reason := too_few(n, family, "folds" if folds else "seeds"):
                yield f"{name} on {benchmark} has {reason}."
                break


def schemas(project: Project) -> str:
    """The JSON schemas equal the models."""
    for name, model in SCHEMAS.items():
        path = project.root / f"workflow/schemas/{name}.schema.json"
        stale = f"{path} is out of date; run inforeg check --write-schemas."
        try:
            written = json_value(read_text(path), str(path))
        except UserError:
            raise UserError(stale) from None
        if meaning(written) != meaning(model.model_json_schema()):
            raise UserError(stale)
    return f"schemas: {len(SCHEMAS)} up to date"


def meaning(schema: Any) -> Any:
    """What a JSON schema accepts, however a version of pydantic writes it and whatever it is called."""
    if isinstance(schema, list):
        return [meaning(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    said = {key: meaning(inner) for key, inner in schema.items()}
    texts = [key for key in ("title", "description") if isinstance(said.get(key), str)]  # not properties
    for key in texts:
        del said[key]
    if said.get("additionalProperties") is True:
        del said["additionalProperties"]
    if "const" in said and said.get("enum") == [said["const"]]:
        del said["enum"]
    if isinstance(said.get("allOf"), list) and len(said["allOf"]) == 1:
        said |= said.pop("allOf")[0]
    return said


def data(project: Project) -> str:
    """The folders that are there are the ones that data.dvc pins."""
    from inforeg.suite.folders.places import dataset_of
    from inforeg.suite.folders.store import verify

    places = {dataset_of(project.benchmark(name).data).place for name in project.benchmarks()}
    known = sorted({*DATASETS.classes, *places})
    present = [name for name in known if os.path.lexists(project.root / "data" / name)]
    for name in present:
        verify(name, project)
    return f"data: {', '.join(present) or 'none fetched yet'}"
