"""What a replication consists of: what `all` makes and, beside it, each other target that was made."""

from collections.abc import Collection, Iterable, Mapping
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
        beside: of each experiment and protocol outside `all` that was made, by its name.
        unmade: where those of the others would lie.
    """

    whole: Files
    document: Files
    beside: Mapping[str, Files]
    unmade: Mapping[str, Files]

    @property
    def files(self) -> Files:
        """All that were made."""
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
    inside = project.asked(project.workflow().experiments)
    whole = dict(chain(*(_of_experiment(project, results, name).items() for name in inside)))
    whole |= {name: results / name for name in (*CLAIMS, *FOREST, RUNS)}
    document = {name: results / name for name in DOCUMENT}
    every = _outside(project, results, inside)
    beside = {name: files for name, files in every.items() if files[origin(name)].exists()}
    _refuse_missing([*whole.values(), *document.values()], "")
    for name, files in beside.items():
        _refuse_missing(files.values(), f" {name}")
    compiled = results / PDF
    if compiled.exists() and compiled.stat().st_mtime_ns >= document[DOCUMENT[0]].stat().st_mtime_ns:
        document[PDF] = compiled
    unmade = {name: files for name, files in every.items() if name not in beside}
    return Replication(whole, document, beside, unmade)


def _outside(project: Project, results: Path, inside: Collection[str]) -> Mapping[str, Files]:
    """Where the files of each experiment and protocol lie that `all` does not make, made or not."""
    named = project.asked(dict.fromkeys(chain(*project.workflow().targets.values())))
    found = {name: _of_experiment(project, results, name) for name in named if name not in inside}
    for protocol in PROTOCOLS.values():
        *told, provenance = protocol.products
        files = {name: results / name for name in told} | {origin(protocol.name): results / provenance}
        found[protocol.name] = files
    return found


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
