"""What a replication consists of: what `all` makes and, beside it, each other target that was made."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from inforeg.errors import UserError, unknown
from inforeg.suite.products import CLAIMS, DOCUMENT, FOREST, FRAMES, ORIGIN, PDF, RUNS, products
from inforeg.suite.project import Project
from inforeg.suite.tuning import PROTOCOLS

Files = Mapping[str, Path]
"""By the names under which they are published."""

PUBLISHED = "published"
"""The folder of published versions, below results/."""

ORIGINS = "provenance/"
"""Where what states their origin is published."""

COLLECTED = "collected/"
"""Where the collected runs of each experiment lie, and of those outside `all` are published."""


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


def made(project: Project, results: Path, only: Collection[str] = ()) -> Replication:
    """What `results` holds: all that `all` makes, and those of the others that were made, each whole.

    Of `only` these others, where some are named.

    Raises:
        UserError: a file is missing, or there is no such other.
    """
    inside = project.asked(project.workflow().experiments)
    if only:
        return _alone(_outside(project, results, inside), only)
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


def _alone(every: Mapping[str, Files], only: Collection[str]) -> Replication:
    """Of what lies outside `all` those that are named."""
    for name in only:
        if name not in every:
            raise unknown("target outside `all`", name, every)
        _refuse_missing(every[name].values(), f" {name}")
    beside = {name: every[name] for name in only}
    return Replication({}, {}, beside, {name: files for name, files in every.items() if name not in only})


def _outside(project: Project, results: Path, inside: Collection[str]) -> Mapping[str, Files]:
    """Where the files of each experiment and protocol lie that `all` does not make, made or not."""
    named = project.asked(dict.fromkeys(chain(*project.workflow().targets.values())))
    found = {
        name: {**_of_experiment(project, results, name), **_frames(results, name)}
        for name in named
        if name not in inside
    }
    for protocol in PROTOCOLS.values():
        *told, provenance = protocol.products
        files = {name: results / name for name in told} | {origin(protocol.name): results / provenance}
        found[protocol.name] = files
    return found


def _frames(results: Path, name: str) -> Files:
    """An experiment's runs: to train them again takes hours, and tables are made of them in seconds."""
    return {file: results / file for file in (f"{COLLECTED}{name}/{each}" for each in FRAMES)}


def version(results: Path, tag: str) -> Path:
    """Where what was published as `tag` lies.

    Raises:
        UserError: there is no such version.
    """
    known = versions(results)
    if tag not in known:
        raise unknown("published version", tag, known)
    return results / PUBLISHED / tag


def versions(results: Path) -> list[str]:
    """The tags of what was published, sorted."""
    return sorted(path.name for path in (results / PUBLISHED).glob("[!.]*") if path.is_dir())


def said(project: Project) -> set[str]:
    """The experiments outside `all` that the document names, where they were made."""
    workflow = project.workflow()
    return {name for each in workflow.findings for name in each.claims} - {*workflow.experiments}


def origin(name: str) -> str:
    """Under which name it is published where an experiment or a protocol comes from."""
    return f"{ORIGINS}{name}.json"


def _of_experiment(project: Project, results: Path, name: str) -> Files:
    files = {file: results / file for file in products(name, project.experiment(name))}
    return files | {origin(name): results / COLLECTED / name / ORIGIN}


def _refuse_missing(paths: Iterable[Path], target: str) -> None:
    if missing := next((path for path in paths if not path.exists()), None):
        raise UserError(f"{missing} is missing; run `snakemake --cores all{target}` first.")
