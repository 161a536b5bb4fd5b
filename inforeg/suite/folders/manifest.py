"""MANIFEST.json: what a prepared folder holds, where it comes from, and whether it is still so."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from inforeg.data import arrays, splits
from inforeg.data.base import Dataset
from inforeg.data.sources import Source
from inforeg.errors import UserError
from inforeg.files import inside, sha256, write_json
from inforeg.reading import read_json

NAME = "MANIFEST.json"
CLUTTER = (".DS_Store", "._*", ".#*", ".*.sw?", ".ipynb_checkpoints", "Thumbs.db", "desktop.ini")
"""What systems and editors leave in folders; no part of the data, for DVC by the project's .dvcignore."""


class File(BaseModel):
    """One file of a prepared folder."""

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """MANIFEST.json."""

    benchmark: str
    title: str
    modalities: tuple[str, ...]
    classes: tuple[str, ...]
    counts: dict[str, dict[str, dict[str, int]]]
    files: dict[str, File]
    licence: str
    citation: str
    sources: dict[str, dict[str, Any]]
    gathered: dict[str, Any] = {}


def files_in(folder: Path) -> list[str]:
    """Paths of all files below `folder` but clutter, relative to it, sorted.

    Raises:
        UserError: something there is neither file nor folder, or a link that leads to neither file.
    """
    found = []
    for path in _leaves(folder):
        if not path.is_file():
            kind = "a link that leads to no file" if path.is_symlink() else "neither a file nor a folder"
            raise UserError(f"{path} is {kind}; remove it.")
        found.append(path.relative_to(folder).as_posix())
    return sorted(found)


def clutter_in(folder: Path) -> list[Path]:
    """What systems and editors left in `folder`."""
    return [path for path in folder.rglob("*") if _is_clutter(path)]


def _leaves(folder: Path) -> Iterator[Path]:
    """All below `folder` that is no folder itself; links to folders are not followed."""
    for path in folder.iterdir():
        if _is_clutter(path):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _leaves(path)
        else:
            yield path


def _is_clutter(path: Path) -> bool:
    return any(fnmatchcase(path.name, pattern) for pattern in CLUTTER)


def counts(folder: Path, classes: tuple[str, ...]) -> dict[str, dict[str, dict[str, int]]]:
    """Samples by division, part and class, from target.npy and the stored divisions; empty without them."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for division, parts in splits.stored(folder).items():
        target = labels(folder, len(classes))
        for part, positions in parts.items():
            per_class = np.bincount(target[positions], minlength=len(classes)).tolist()
            found.setdefault(division, {})[part] = dict(zip(classes, per_class, strict=True))
    return found


def labels(folder: Path, classes: int) -> NDArray[np.int64]:
    """target.npy, (N,); a `UserError` names a label that is of none of the `classes`."""
    target = arrays.read(folder, "target")
    if target.ndim != 1 or not np.issubdtype(target.dtype, np.integer):
        raise UserError(
            f"{folder / 'target.npy'} holds {target.dtype} of the shape {target.shape}; it must hold one "
            "integer a sample."
        )
    for sample in np.flatnonzero((target < 0) | (target >= classes))[:1]:
        raise UserError(
            f"{folder / 'target.npy'} gives the sample {sample} the label {target[sample]}; there are "
            f"{classes} classes, from 0."
        )
    return target


def write(
    dataset: Dataset, folder: Path, sources: Mapping[str, Source], gathered: Mapping[str, Any] | None = None
) -> None:
    """Describe the prepared `folder`; equal folders get equal bytes.

    Args:
        dataset: that it is of.
        folder: with all its files.
        sources: pinned files of which it was made.
        gathered: what there is to say of files that were the user's.
    """
    described = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
        for name in files_in(folder)
        if name != NAME  # there may be one of an earlier attempt
    }
    content = {
        "benchmark": dataset.place,
        "title": dataset.title,
        "modalities": dataset.modalities,
        "classes": dataset.labels,
        "counts": counts(folder, dataset.labels),
        "files": described,
        "licence": dataset.licence,
        "citation": dataset.citation,
        "sources": {key: source.record() for key, source in sources.items()},
    }
    write_json(folder / NAME, content | ({"gathered": gathered} if gathered is not None else {}))


def read(folder: Path) -> Manifest:
    """The manifest of `folder`; a `UserError` if there is none or it cannot be read."""
    return read_json(folder / NAME, Manifest, restore(folder))


def check(folder: Path) -> None:
    """Compare `folder` with its own manifest; a `UserError` names the first file that differs."""
    manifest, present = read(folder), files_in(folder)
    described, remedy = manifest.files, restore(folder, gathered=bool(manifest.gathered))
    for name, entry in described.items():
        if name not in present:
            inside(folder, name, str(folder / NAME))
            raise UserError(f"{folder / name} is missing; {remedy}.")
        if sha256(folder / name) != entry.sha256:
            raise UserError(f"{folder / name} has been changed; {remedy}.")
    for name in present:
        if name != NAME and name not in described:
            raise UserError(f"{folder / name} does not belong to the data set; move it elsewhere.")


def restore(folder: Path, *, gathered: bool = False) -> str:
    """What to do about a folder that is damaged; what is `gathered` cannot be rebuilt from sources."""
    fetched = f"`inforeg data fetch --force {folder.name}` replaces the folder"
    if not gathered:
        return fetched
    return (
        f"where DVC has it, {fetched}; else remove it, and make it by `inforeg data prepare {folder.name} "
        "--raw DIR`"
    )


def choose(folder: Path) -> str:
    """What to do about a folder that is whole, but not the one that data.dvc pins."""
    return (
        f"`inforeg data fetch --force {folder.name}` restores the pinned version, "
        f"`inforeg data add {folder.name}` pins this one"
    )
