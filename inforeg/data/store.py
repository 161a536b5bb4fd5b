"""The folders under data/: had from DVC or rebuilt from the pinned sources, always as data.dvc pins them."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from tqdm import tqdm

from inforeg.data import manifest
from inforeg.errors import UserError, unknown
from inforeg.project import Project
from inforeg.registry import BENCHMARKS


def data_name(name: str, project: Project) -> str:
    """The data set called `name`, or the one behind the configured benchmark `name`."""
    if name in BENCHMARKS.classes:
        return name
    if name in project.benchmarks():
        return project.benchmark(name).data.name
    raise unknown("benchmark", name, {*BENCHMARKS.classes, *project.benchmarks()})


def directory_hash(folder: Path) -> str:
    """MD5 of a folder as DVC 3 computes it and data.dvc states it."""
    entries = [
        {"md5": hashlib.md5((folder / name).read_bytes(), usedforsecurity=False).hexdigest(), "relpath": name}
        for name in manifest.files_in(folder)
    ]
    listing = json.dumps(entries, sort_keys=True).encode()
    return hashlib.md5(listing, usedforsecurity=False).hexdigest() + ".dir"


def _matches(folder: Path, expected: str) -> bool:
    return folder.is_dir() and directory_hash(folder) == expected


def pinned(name: str, project: Project) -> str:
    """The hash that data.dvc states for the data set `name`."""
    hashes = project.data_hashes()
    if name not in hashes:
        raise UserError(
            f"{project.root / 'data.dvc'} has no entry for data/{name}; make the folder by `inforeg data "
            f"prepare {name} --output data/{name}`, add `- path: data/{name}` to the outs and run "
            f"`dvc add data/{name}`."
        )
    return hashes[name]


def verify(name: str, project: Project) -> Path:
    """The folder of the data set `name`, as data.dvc pins it; takes milliseconds.

    Raises:
        UserError: it is not there, a file differs (which it names), or it is another version.
    """
    folder = project.root / "data" / name
    expected = pinned(name, project)
    if not folder.is_dir():
        raise UserError(f"{folder} is not there; run `inforeg data fetch {name}`.")
    if not _matches(folder, expected):
        manifest.check(folder)
        raise UserError(
            f"{folder / manifest.NAME} is of another version than data.dvc pins; {manifest.remedy(folder)}."
        )
    return folder


def fetch(name: str, project: Project, force: bool = False) -> Path:
    """The folder of the data set `name`, as data.dvc pins it, made if need be.

    There already, else from DVC's cache or remote, else rebuilt from the pinned sources.

    Args:
        name: of the data set.
        project: whose data/ and data.dvc are meant.
        force: replace a folder that differs, instead of raising.

    Raises:
        UserError: it cannot be had, or what is there would be lost.
    """
    folder = project.root / "data" / name
    expected = pinned(name, project)
    if _matches(folder, expected):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / ".lock"):
        if _matches(folder, expected):  # another process has made it meanwhile
            return folder
        with _beside(folder) as made:
            _make(name, project.root, expected, made)
            if folder.exists():
                _refuse_loss(folder, made, force)
                shutil.rmtree(folder)
            made.replace(folder)
    return folder


def prepare(name: str, output: Path) -> str:
    """Rebuild the data set `name` from its sources as the new folder `output`; its hash."""
    if output.exists():
        raise UserError(f"{output} is there already; name a folder that is not.")
    output.parent.mkdir(parents=True, exist_ok=True)
    with _beside(output) as made:
        build(name, made)
        made.replace(output)
    return directory_hash(output)


def build(name: str, folder: Path) -> None:
    """Make the new `folder` of the data set `name` from its fetched sources, with its manifest."""
    benchmark = BENCHMARKS.build(name, {})
    bar = tqdm(benchmark.sources.items(), desc=f"sources of {name}", unit="file", disable=None, leave=False)
    paths = {key: source.fetch() for key, source in bar}
    folder.mkdir()
    benchmark.prepare(paths, folder)
    manifest.write(benchmark, folder)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A path for the folder in the making, gone when the block ends."""
    made = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(made, ignore_errors=True)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _make(name: str, root: Path, expected: str, made: Path) -> None:
    """Put the folder of the data set `name` with the hash `expected` at `made`, and into DVC's cache."""
    if not (root / ".dvc").is_dir():
        _rebuild(name, expected, made)
        return
    # Imported late: it takes half a second, which a folder that is there already does not need.
    from inforeg import dvc_cache  # noqa: PLC0415

    if dvc_cache.take(root, f"data/{name}", expected, made) and _matches(made, expected):
        return
    shutil.rmtree(made, ignore_errors=True)
    _rebuild(name, expected, made)
    dvc_cache.keep(root, made)


def _rebuild(name: str, expected: str, made: Path) -> None:
    build(name, made)
    if (found := directory_hash(made)) != expected:
        raise UserError(
            f"data/{name} comes out with the hash {found}, but data.dvc pins {expected}: it belongs to "
            "another version of inforeg; use data.dvc and inforeg of one commit."
        )


def _refuse_loss(folder: Path, made: Path, force: bool) -> None:
    """Raise if `folder` is or holds what `made` does not; `force` gives up changed files, never others."""
    if folder.is_symlink() or not folder.is_dir():
        raise UserError(f"{folder} is no folder of its own; move it elsewhere.")
    for name in manifest.files_in(folder):
        if not (made / name).exists():
            raise UserError(f"{folder / name} does not belong to the data set; move it elsewhere.")
        if not force and (made / name).read_bytes() != (folder / name).read_bytes():
            raise UserError(f"{folder / name} differs from what data.dvc pins; {manifest.remedy(folder)}.")
