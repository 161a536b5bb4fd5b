"""Where numbers come from: the commit of this package's own tree, and the versions of what computes."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, PositiveInt


class LeftOut(BaseModel):
    """A cell without numbers, or without those of some runs."""

    row: str
    benchmark: str
    reason: str


class Gathered(BaseModel):
    """provenance.json of collected runs: where they come from, and the SHA-256 of the frames beside it.

    Of those frames that equal runs make equal: the one that holds times is in `Timed`.
    """

    commits: list[str] = Field(min_length=1)
    collected_by: str
    versions: dict[str, list[str]]
    machine: dict[str, list[str]] = {}
    data: dict[str, str | None]
    left_out: list[LeftOut]
    diverged: list[LeftOut] = []
    absent: dict[str, dict[str, list[str]]] = {}
    gaps: dict[str, str] = {}
    specs_sha256: str = Field("", description="of the specs of all planned runs, left out or not")
    runs: PositiveInt
    files: dict[str, str]
    seal: str


class Timed(BaseModel):
    """times.json beside it: the SHA-256 of the frame that holds times, and the provenance that it is of."""

    files: dict[str, str]
    provenance: str
    seal: str


ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package and, unless it was installed elsewhere, workflow/."""

SOURCES = "sources-"
"""How what stands for a commit begins where there is none."""

PARTS = ("inforeg", "workflow", "Snakefile")
"""What decides numbers: files there that git does not know make a commit a dirty one."""


def provenance() -> dict[str, Any]:
    """The package's commit, and the versions of what computes the numbers."""
    return {"commit": commit(ROOT), "versions": dict(versions())}


@cache
def versions() -> Mapping[str, str]:
    """Of Python and of what computes, looked up once per process: what computes was loaded by then."""
    packages = {name: _version(name) for name in ("inforeg", "torch", "numpy", "scipy")}
    return {"python": sys.version.split()[0], **packages}


@cache
def commit(root: Path) -> str:
    """The commit of the repository whose top is `root`, with "-dirty" where the tree is not the commit's.

    Without one, "sources-" and the SHA-256 of the sources. Once per process: what computes was read by then.
    """
    named = _git(root, "rev-parse", "--show-toplevel", "HEAD")
    status = _git(root, "status", "--porcelain", "--untracked-files=all", "-z")
    if named is None or status is None or Path(named[0]).resolve() != root.resolve():
        return f"{SOURCES}{_hash(root)}"
    added = [line[3:].split("/")[0] for line in status if line.startswith("??")]
    dirty = len(added) < len(status) or not set(PARTS).isdisjoint(added)
    return f"{named[1]}-dirty" if dirty else named[1]


def _git(root: Path, *arguments: str) -> list[str] | None:
    """The lines that git says in `root`, whatever GIT_DIR names; None where it is missing or refuses."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or "CONFIG" in key}
    command = ["git", "-C", str(root), "--no-optional-locks", *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, env=kept, stdin=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [line for line in os.fsdecode(answer.stdout).replace("\0", "\n").split("\n") if line]


def _hash(root: Path) -> str:
    """SHA-256 of all sources below `root`, names and content."""
    total = sha256()
    for path in sorted(_sources(root)):
        content = path.read_bytes()
        total.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    for pattern in ("*.py", "*.smk", "workflow/Snakefile"):
        yield from (root / "inforeg").rglob(pattern)
    if (root / "Snakefile").is_file():  # a package installed elsewhere has strangers beside it
        yield root / "Snakefile"
        yield from (root / "workflow").rglob("*.yaml")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # of an unpacked archive
        return "not installed"
