"""A release's results, kept in version control: what a replication made, from one clean commit."""

import filecmp
import json
import shutil
from pathlib import Path

from inforeg.errors import UserError
from inforeg.products import CLAIMS, DOCUMENT, FOREST, PDF, RUNS, products
from inforeg.project import Project

WHOLE = (*CLAIMS, *FOREST, *DOCUMENT, RUNS)
"""What the replication makes as a whole, beside the experiments' own files; paper.pdf needs a LaTeX."""


def publish(project: Project, results: Path, target: Path) -> None:
    """Copy the replication in `results` to `target`, in the place of what was there.

    Raises:
        UserError: something is missing, or the runs and their analysis are not of one commit without changes.
    """
    content = published(project, results)
    _check_commit([path for name, path in content.items() if name.startswith("provenance/")])
    beside, before = (target.with_name(f".{target.name}.{kind}") for kind in ("part", "before"))
    for folder in (beside, before):
        shutil.rmtree(folder, ignore_errors=True)
    for name, path in content.items():
        (beside / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, beside / name)
    if target.exists():
        target.rename(before)
    beside.rename(target)
    shutil.rmtree(before, ignore_errors=True)


def differences(project: Project, results: Path, target: Path) -> list[str]:
    """Names of the files that `results` and `target` do not have alike."""
    content = published(project, results)
    kept = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    same = (
        name for name in kept & content.keys() if filecmp.cmp(content[name], target / name, shallow=False)
    )
    return sorted((kept | content.keys()) - set(same))


def published(project: Project, results: Path) -> dict[str, Path]:
    """The files to publish by their name below the tag, of all experiments that `all` makes.

    Raises:
        UserError: one is missing.
    """
    experiments = project.workflow().experiments
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


def _check_commit(origins: list[Path]) -> None:
    made = [json.loads(path.read_text(encoding="utf-8")) for path in origins]
    commits = sorted({commit for one in made for commit in (*one["commits"], one["collected_by"])})
    if len(commits) != 1 or commits[0].endswith("-dirty") or commits == ["unknown"]:
        raise UserError(
            f"The runs were made and collected by {', '.join(commits)}; a release is made by one commit "
            "without changes: commit, delete results/runs and results/collected, and run the workflow again."
        )
