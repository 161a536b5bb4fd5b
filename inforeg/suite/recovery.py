"""After a kill: what a Snakemake that is no more left in its folder, and when it may be cleared."""

import argparse
import fcntl
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

from inforeg.errors import UserError
from inforeg.files import inside

IDLE = (
    "archive", "cleanup_metadata", "cleanup_shadow", "conda_cleanup_envs", "conda_create_envs_only",
    "container_cleanup_images", "containerize", "d3dag", "dag", "delete_all_output", "delete_temp_output",
    "deploy_sources", "detailed_summary", "dryrun", "filegraph", "generate_unit_tests", "lint",
    "list_changes", "list_conda_envs", "list_input_changes", "list_params_changes", "list_rules",
    "list_target_rules", "list_untracked", "print_compilation", "rulegraph", "summary", "unlock",
)  # fmt: skip
"""Snakemake's options with which it runs no job; a report is one too, unless it comes after a run."""

LOCK = re.compile(r"\d+\.(input|output)\.lock")


def runs_jobs(args: argparse.Namespace) -> bool:
    """Whether Snakemake, given these arguments, may run jobs."""
    idle = IDLE if getattr(args, "report_after_run", False) else (*IDLE, "report", "reporter")
    return all(getattr(args, option, None) in (None, False) for option in idle)


def recover(folder: Path, made: Collection[str], warn: Callable[[str], None]) -> int | None:
    """Clear what a killed Snakemake left in `folder`, and return a sign of life to keep.

    Snakemake's own lock and its marks of unfinished outputs outlive it and would ask the user for --unlock
    and --rerun-incomplete. The kernel's lock dies with its process: every Snakemake holds it shared, and one
    that gets it for itself alone knows that what lies there is nobody's. Where there is no such lock, or the
    folder cannot be written, nothing is cleared, and Snakemake asks.

    Args:
        folder: .snakemake of the project.
        made: the outputs of all rules, relative to the project; no other file is removed.
        warn: is told of each mark that leads out of the project's results.

    Returns:
        A file descriptor, or None where there is no lock.
    """
    try:
        folder.mkdir(exist_ok=True)
        alive = os.open(folder / "alive", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError:
        return None
    try:
        if _alone(alive):
            _clear(folder, made, warn)
        fcntl.flock(alive, fcntl.LOCK_SH)
    except OSError:
        os.close(alive)
        return None
    return alive


def _alone(alive: int) -> bool:
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clear(folder: Path, made: Collection[str], warn: Callable[[str], None]) -> None:
    for mark, name in list(_unfinished(folder / "incomplete", made, warn)):
        with suppress(OSError):  # the mark stays where its output does
            if name.startswith("results/"):  # data are verified when read, so none needs to be dropped
                (folder.parent / name).unlink(missing_ok=True)
            mark.unlink()
    for lock in (folder / "locks").glob("*.lock"):
        with suppress(OSError):
            if LOCK.fullmatch(lock.name):
                lock.unlink()


def _unfinished(
    marks: Path, made: Collection[str], warn: Callable[[str], None]
) -> Iterator[tuple[Path, str]]:
    """Snakemake's marks of what rules make, each with its output; those of anything else are left alone."""
    root = marks.parent.parent
    for mark in filter(Path.is_file, sorted(marks.rglob("*"))):
        if (name := _marked(mark.relative_to(marks))) is None:
            continue
        top = "data" if name.startswith("data/") else "results"
        try:
            inside(root / top, name.removeprefix(f"{top}/"), f"The mark {mark}")
        except UserError as error:
            warn(str(error))
        else:
            if name in made:
                yield mark, name


def _marked(mark: Path) -> str | None:
    """The output that a mark names, in Base64 cut where a file's name ends; None if it is no such mark."""
    text = "".join(part.lstrip("@") for part in mark.parts)
    try:
        name = b64decode(text, altchars=b"-_", validate=True)
        return name.decode() if b64encode(name, altchars=b"-_").decode() == text else None
    except ValueError:
        return None
