"""A release's results, kept in version control: what a replication made, from one clean commit."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from inforeg.errors import UserError
from inforeg.files import PART, naming
from inforeg.reading import read_json
from inforeg.suite.agreement import AGAIN, Agreement, Origin, agreement
from inforeg.suite.products import CLAIMS, DOCUMENT, FOREST, PDF, RUNS, products
from inforeg.suite.project import Project

WHOLE = (*CLAIMS, *FOREST, *DOCUMENT, RUNS)
"""What the replication makes as a whole, beside the experiments' own files; paper.pdf needs a LaTeX."""


def publish(project: Project, results: Path, target: Path) -> None:
    """Copy the replication in `results` to `target`, in the place of what was published there.

    What was there stays until all is copied; `recover` puts it back where the last step was cut off.

    Raises:
        UserError: something is missing, the runs and their analysis are not of one commit without changes, or
            `target` is no published replication.
    """
    content = published(project, results)
    _check_commit([path for name, path in content.items() if name.startswith("provenance/")])
    recover(target)
    _check_ours(target, content)
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


def check(project: Project, results: Path, target: Path) -> Agreement:
    """How the replication in `results` compares with the one that `target` holds.

    Raises:
        UserError: something is missing or damaged.
    """
    content = published(project, results)
    recover(target)
    if not target.is_dir():
        raise UserError(f"{target} is not there; make it with `inforeg publish {target.name}`.")
    return agreement(content, target)


def published(project: Project, results: Path) -> dict[str, Path]:
    """The files to publish by their name below the tag, of all experiments that `all` makes.

    Raises:
        UserError: one is missing.
    """
    experiments = project.asked(project.workflow().experiments)
    names = [file for name in experiments for file in products(name, project.experiment(name))]
    found = {name: results / name for name in (*names, *WHOLE)}
    found |= {f"provenance/{n}.json": results / "collected" / n / "provenance.json" for n in experiments}
    for path in found.values():
        if not path.exists():
            raise UserError(f"{path} is missing; run `snakemake --cores all` first.")
    compiled = results / PDF
    if compiled.exists() and compiled.stat().st_mtime_ns >= (results / DOCUMENT[0]).stat().st_mtime_ns:
        found[PDF] = compiled
    return found


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


def _check_commit(origins: list[Path]) -> None:
    made = [read_json(path, Origin, AGAIN) for path in origins]
    commits = sorted({commit for one in made for commit in (*one.commits, one.collected_by)})
    if len(commits) != 1 or commits[0].startswith("sources-") or commits[0].endswith("-dirty"):
        raise UserError(
            f"The runs were made and collected by {', '.join(commits)}; a release is made by one commit "
            "without changes: commit, delete results/runs and results/collected, and run the workflow again."
        )
