"""MD5 of files, each large one read once: hashes are kept beside the folder until the file changes."""

import hashlib
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel
from tqdm import tqdm

from inforeg.errors import UserError
from inforeg.files import PART, sealed, write_json
from inforeg.reading import read_json

LARGE = 2**26
"""Bytes from which on a hash is kept: smaller files are read in less time than anybody notices."""

SETTLED = 2.0
"""Seconds that a file must have been left alone: within a tick of the clock a change may not show."""


class Known(BaseModel):
    """.NAME.hashes.json beside the folder NAME: by file, its stamp and its hash."""

    files: dict[str, tuple[tuple[int, int, int], str]]
    seal: str


def md5_of(path: Path) -> str:
    """MD5 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def hashes(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """MD5 of the files `names` of `folder`, in their order."""
    stamps = {name: _stamp(folder / name) for name in names}
    total = sum(size for size, _, _ in stamps.values())
    place = _beside(folder)
    before = _kept(place) if total >= LARGE else {}
    kept, found = dict(before), dict[str, str]()
    with tqdm(
        desc=f"hash {folder.name}",
        total=total,
        unit="B",
        unit_scale=True,
        leave=False,
        disable=None if total >= LARGE else True,
    ) as bar:
        for name, stamp in stamps.items():
            known, md5 = kept.get(name, (None, ""))
            if known != stamp:
                md5 = md5_of(folder / name)
                if _may_keep(folder / name, stamp):
                    kept[name] = stamp, md5
            found[name] = md5
            bar.update(stamp[0])
    if kept != before:
        with suppress(OSError):  # where nothing may be written, files are read every time
            write_json(place, sealed({"files": kept}))
    return found


def _stamp(path: Path) -> tuple[int, int, int]:
    """Size, time of the last change in nanoseconds, and inode."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _may_keep(path: Path, before: tuple[int, int, int]) -> bool:
    size, changed, _ = before
    return size >= LARGE and time.time() - changed / 1e9 > SETTLED and _stamp(path) == before


def _beside(folder: Path) -> Path:
    """Where the hashes of a folder are kept; of one in the making, where it will lie."""
    name = folder.name
    if name.endswith(PART):
        name = name.removeprefix(".").removesuffix(PART).rpartition(".")[0]
    return folder.with_name(f".{name}.hashes.json")


def _kept(place: Path) -> dict[str, tuple[tuple[int, int, int], str]]:
    try:
        return read_json(place, Known, "it is made anew").files
    except (UserError, OSError):  # none there, or damaged
        return {}
