"""MANIFEST.json: what a prepared folder holds, where it comes from, and whether it is still so."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from inforeg.data import arrays
from inforeg.data.base import Benchmark
from inforeg.data.sources import sha256_of
from inforeg.errors import UserError
from inforeg.files import write_json

NAME = "MANIFEST.json"


def files_in(folder: Path) -> list[str]:
    """Paths of all files below `folder`, relative to it, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def counts(folder: Path, classes: tuple[str, ...]) -> dict[str, dict[str, dict[str, int]]]:
    """Samples by division, part and class, from target.npy and the stored divisions; empty without them."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for path in sorted(folder.glob("split_*.npy")):
        division, _, part = path.stem.removeprefix("split_").rpartition("_")
        labels = arrays.read(folder, "target")[arrays.read(folder, path.stem)]
        per_class = np.bincount(labels, minlength=len(classes)).tolist()
        found.setdefault(division, {})[part] = dict(zip(classes, per_class, strict=True))
    return found


def write(benchmark: Benchmark, folder: Path) -> None:
    """Describe the prepared `folder`; equal folders get equal bytes."""
    described = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)}
        for name in files_in(folder)
    }
    content = {
        "benchmark": benchmark.name,
        "title": benchmark.title,
        "modalities": benchmark.modalities,
        "classes": benchmark.classes,
        "counts": counts(folder, benchmark.classes),
        "files": described,
        "licence": benchmark.licence,
        "citation": benchmark.citation,
        "sources": {key: source.record() for key, source in benchmark.sources.items()},
    }
    write_json(folder / NAME, content)


def read(folder: Path) -> dict[str, Any]:
    """The manifest of `folder`; a `UserError` if there is none or it cannot be read."""
    path = folder / NAME
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        content["files"].items()
    except FileNotFoundError:
        raise UserError(f"{path} is missing; {remedy(folder)}.") from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UserError(f"{path} is damaged; {remedy(folder)}.") from None
    return content


def check(folder: Path) -> None:
    """Compare `folder` with its own manifest; a `UserError` names the first file that differs."""
    described = read(folder)["files"]
    present = files_in(folder)
    for name, entry in described.items():
        if name not in present:
            raise UserError(f"{folder / name} is missing; {remedy(folder)}.")
        if sha256_of(folder / name) != entry["sha256"]:
            raise UserError(f"{folder / name} has been changed; {remedy(folder)}.")
    for name in present:
        if name != NAME and name not in described:
            raise UserError(f"{folder / name} does not belong to the data set; move it elsewhere.")


def remedy(folder: Path) -> str:
    """What to do about a folder that is not as it should be."""
    return f"`inforeg data fetch --force {folder.name}` replaces the folder"
