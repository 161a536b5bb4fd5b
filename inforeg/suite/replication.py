"""What a replication consists of: what `all` makes and, beside it, each other target that was made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from inforeg.errors import UserError
from inforeg.suite.products import CLAIMS, DOCUMENT, FOREST, PDF, RUNS, products
from inforeg.suite.project import Project
from inforeg.suite.tuning import PROTOCOLS

Files = Mapping[str, Path]
"""By the names under which they are published."""

ORIGINS = "provenance/"
"""Where what states their origin is published."""


@dataclass(frozen=True)
class Replication:
    """Files of a replication.

    Attributes:
        whole: what `all` makes, but for the document.
        document: which may name findings of experiments that `all` does not make.
        beside: of each experiment and protocol outside `all`, by its name.
    """

    whole: Files
    document: Files
    beside: Mapping[str, Files]

    @property
    def files(self) -> Files:
        """All of them."""
        return {
            **self.whole,
            **self.document,
            **dict(chain(*(each.items() for each in self.beside.values()))),
        }


def made(project: Project, results: Path) -> Replication:
    """What `results` holds: all that `all` makes, and those of the others that were made, each whole.

    Raises:
        UserError: a file is missing.
    """
    every = planned(project, results)
    beside = {name: files for name, files in every.beside.items() if files[origin(name)].exists()}
    found = Replication(every.whole, every.document, beside)
    _refuse_missing([*every.whole.values(), *every.document.values()], "")
    for name, files in beside.items():
        _refuse_missing(files.values(), f" {name}")
    compiled, source = results / PDF, results / DOCUMENT[0]
    if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return Replication(found.whole, {**found.document, PDF: compiled}, beside)
    return found


def planned(project: Project, results: Path) -> Replication:
    """Where the files of all targets lie below `results`, whether they were made or not, but for the PDF."""
    workflow = project.workflow()
    inside = project.asked(workflow.experiments)
    others = project.asked(dict.fromkeys(chain(*workflow.targets.values())))
    beside = {name: _of_experiment(project, results, name) for name in others if name not in inside}
    for protocol in PROTOCOLS.values():
        *told, provenance = protocol.products
        files = {name: results / name for name in told} | {origin(protocol.name): results / provenance}
        beside[protocol.name] = files
    whole = dict(chain(*(_of_experiment(project, results, name).items() for name in inside)))
    whole |= {name: results / name for name in (*CLAIMS, *FOREST, RUNS)}
    return Replication(whole, {name: results / name for name in DOCUMENT}, beside)


def said(project: Project) -> set[str]:
    """The experiments outside `all` that the document names, where they were made."""
    workflow = project.workflow()
    return {name for each in workflow.findings for name in each.claims} - {*workflow.experiments}


def origin(name: str) -> str:
    """Under which name it is published where an experiment or a protocol comes from."""
    return f"{ORIGINS}{name}.json"


def _of_experiment(project: Project, results: Path, name: str) -> Files:
    files = {file: results / file for file in products(name, project.experiment(name))}
    return files | {origin(name): results / "collected" / name / "provenance.json"}


def _refuse_missing(paths: Iterable[Path], target: str) -> None:
    if missing := next((path for path in paths if not path.exists()), None):
        raise UserError(f"{missing} is missing; run `snakemake --cores all{target}` first.")
