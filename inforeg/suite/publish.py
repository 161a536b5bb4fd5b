"""A release's results, kept in version control: what a replication made, from clean commits."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Set
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from inforeg.engine.provenance import SOURCES
from inforeg.errors import UserError
from inforeg.files import PART, naming
from inforeg.reading import read_json
from inforeg.suite.agreement import AGAIN, Agreement, agreement
from inforeg.suite.products import PDF, RUNS
from inforeg.suite.project import Project
from inforeg.suite.published import Origin
from inforeg.suite.replication import ORIGINS, Files, Replication, made, origin, said


class Checked(NamedTuple):
    """How a replication compares with a published one.

    Attributes:
        agreement: of what both have.
        scope: what was compared and what was not, in sentences; nothing where both are what `all` makes.
    """

    agreement: Agreement
    scope: list[str]


def publish(project: Project, results: Path, target: Path, only: Collection[str] = ()) -> None:
    """Copy the replication in `results` to `target`, in the place of what was published there.

    What was there stays until all is copied; `recover` puts it back where the last step was cut off.

    Args:
        project: that it is a replication of.
        results: where it lies.
        target: the published version.
        only: experiments and protocols outside `all`, to publish these alone, beside others of their kind.

    Raises:
        UserError: something is missing, what `all` makes is not of one commit without changes, what lies
            beside it is not of such commits, or `target` is no published replication, or holds more than
            `results`.
    """
    found = made(project, results, only)
    _check_commits(found)
    recover(target)
    if only and (target / RUNS).exists():
        raise UserError(
            f"{target} holds what `all` makes; give another tag for {', '.join(only)} alone, or publish all "
            "of it anew."
        )
    _check_ours(target, chain(found.files, *found.unmade.values()))
    gone = sorted(_beside_there(target, found) - found.beside.keys())
    if gone and not only:
        raise UserError(
            f"{target} holds {', '.join(gone)}, not made here; run `snakemake --cores all {' '.join(gone)}` "
            f"first, or take what is published by `inforeg collect NAME --published {target.name}`."
        )
    _copy({**(_kept(target) if only else {}), **found.files}, target)


def _copy(content: Files, target: Path) -> None:
    beside, before = _beside(target, "new"), _beside(target, "before")
    for folder in (beside, before):
        _remove(folder)
    try:
        with naming(beside):
            for name, path in content.items():
                (beside / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, beside / name)
            if target.exists():
                target.rename(before)
            beside.rename(target)
    finally:
        recover(target)
        _remove(beside)
    _remove(before)


def recover(target: Path) -> None:
    """Put back what was published as `target` where `publish` was cut off before the new was in its place."""
    before = _beside(target, "before")
    if before.exists() and not target.exists():
        before.rename(target)


def check(project: Project, results: Path, target: Path, only: Collection[str] = ()) -> Checked:
    """How the replication in `results`, or what is named of it, compares with the one that `target` holds.

    Raises:
        UserError: something is missing or damaged.
    """
    found = made(project, results, only)
    recover(target)
    if not target.is_dir():
        raise UserError(f"{target} is not there; make it with `inforeg publish {target.name}`.")
    if only:
        kept = {name: path for name, path in _kept(target).items() if name in found.files}
        return Checked(agreement(found.files, kept), [f"Compared: {', '.join(only)}."])
    there, here = _beside_there(target, found), found.beside.keys()
    named = said(project) & (there ^ here)
    outside = {**found.beside, **found.unmade}
    apart = [file for name in (there ^ here) & outside.keys() for file in outside[name]]
    apart += [*found.document, PDF] if named else []
    kept = {name: path for name, path in _kept(target).items() if name not in apart}
    ours = {name: path for name, path in found.files.items() if name not in apart}
    scope = list(_scope(there, here, named)) if there or here else []
    return Checked(agreement(ours, kept), scope)


def _scope(there: Set[str], here: Set[str], named: Set[str]) -> Iterator[str]:
    """What two replications have in common beside what `all` makes."""
    both = ["what `all` makes", *sorted(there & here)]
    yield f"Compared: {', '.join(both)}."
    if only := sorted(there - here):
        yield f"Not compared, since not made here: {', '.join(only)}."
    if only := sorted(here - there):
        yield f"Not compared, since not published: {', '.join(only)}."
    if named:
        yield f"Nor is the document, which names findings of {', '.join(sorted(named))}."


def _kept(target: Path) -> Files:
    """What `target` holds, by name."""
    files = (path for path in target.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(target)): path for path in files}


def _beside_there(target: Path, found: Replication) -> set[str]:
    """The experiments and protocols outside `all` that `target` holds."""
    return {path.stem for path in (target / ORIGINS).glob("*.json") if ORIGINS + path.name not in found.whole}


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}{PART}")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _check_ours(target: Path, content: Iterable[str]) -> None:
    """Refuse to replace what this command did not make."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UserError(f"{target} is no folder; give another tag, or move it away.")
    ours = {PDF, *(Path(name).parts[0] for name in content)}
    found = sorted(path.name for path in target.glob("*") if not path.name.startswith("."))
    if other := next((name for name in found if name not in ours), None):
        raise UserError(
            f"{target} holds {other!r}, which no replication publishes; give another tag, or move it away."
        )


def _check_commits(found: Replication) -> None:
    """Refuse what is not of clean commits, and what `all` makes where it is of several."""
    if found.whole:
        _check_whole([path for name, path in found.whole.items() if name.startswith(ORIGINS)])
    for name, files in found.beside.items():
        path = files[origin(name)]
        source = read_json(path, Origin, AGAIN)
        commits = dict.fromkeys([*source.commits, source.collected_by])
        if unclean := [each for each in commits if not _is_clean(each)]:
            raise UserError(
                f"Runs of {name} were made or collected by {', '.join(unclean)}; a release is of commits "
                f"without changes: delete what these made and {path}, and run `snakemake --cores all {name}` "
                "at a commit."
            )


def _check_whole(origins: list[Path]) -> str:
    """The one clean commit that made all of these."""
    read = [read_json(path, Origin, AGAIN) for path in origins]
    commits = sorted({commit for one in read for commit in (*one.commits, one.collected_by)})
    if len(commits) != 1 or not _is_clean(commits[0]):
        raise UserError(
            f"The runs were made and collected by {', '.join(commits)}; a release is made by one commit "
            "without changes: commit, delete results/runs and results/collected, and run the workflow again."
        )
    return commits[0]


def _is_clean(commit: str) -> bool:
    return not commit.startswith(SOURCES) and not commit.endswith("-dirty")
