"""Files that are whole or absent: written beside their place, then renamed into it."""

import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inforeg.errors import UserError, shown

PART = ".inforeg.part"
"""How the names of our own temporary files and folders end: nothing else is ever cleaned up."""


def inside(folder: Path, name: str, where: str) -> Path:
    """The place that `name`, read from somewhere, has below `folder`, links followed.

    Raises:
        UserError: it is not below `folder`; `where` says in which file the name stands.
    """
    root = folder.resolve()
    try:
        place = (root / name).resolve()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL inside, links in a circle
        place = root
    if place == root or not place.is_relative_to(root):
        raise UserError(f"{where} names {shown(name)}, which is not inside {folder}; it was not touched.")
    return place


def child(folder: Path, name: str, where: str, base: Path | None = None) -> Path:
    """The place that `name`, read from somewhere, has directly below `folder`; a link there is not followed.

    Args:
        folder: which must hold it.
        name: relative to `base`.
        where: in which file the name stands.
        base: by default `folder`.

    Raises:
        UserError: it lies elsewhere, or deeper.
    """
    root = folder.resolve()
    place = (base or folder).resolve() / name
    try:
        within = place.parent.resolve() == root and place.name != ".." and "\0" not in name
    except (OSError, ValueError, RuntimeError):  # as above
        within = False
    if not within:
        raise UserError(
            f"{where} names {shown(name)}, which is not directly in {folder}; it was not touched."
        )
    return root / place.name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        with naming(path):
            yield beside
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """The same of a folder, which is there, and empty, in the block; what was at `path` is removed."""
    beside, before = (path.with_name(f".{path.name}.{kind}{PART}") for kind in ("new", "before"))
    for left in (beside, before):
        shutil.rmtree(left, ignore_errors=True)
    try:
        with naming(path):
            beside.mkdir(parents=True)
            yield beside
            if path.exists():
                path.rename(before)
            beside.rename(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Give an error of the file system the path that it is about, where it has none: a full disk has none."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` so that `path` is never half-written."""
    with replacing(path) as beside:
        beside.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8 so that `path` is never half-written."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> None:
    """Write `content` as JSON, keys sorted, so that equal content gives equal bytes."""
    write_text(path, json_text(content, indent=2) + "\n")


def json_text(content: Any, indent: int | None = None) -> str:
    """`content` as JSON, keys sorted; numbers that are not finite, which JSON lacks, are null."""
    try:
        return json.dumps(content, allow_nan=False, indent=indent, sort_keys=True)
    except ValueError:
        return json.dumps(_finite(content), allow_nan=False, indent=indent, sort_keys=True)


SEAL = "seal"
"""Key of a JSON file of ours under which the SHA-256 of its other content stands."""


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """`content` with its seal, so that an edit or a damage that leaves it well formed is noticed."""
    return {**content, SEAL: seal(content)}


def seal(content: Mapping[str, Any]) -> str:
    """SHA-256 of `content`, its seal left out, as JSON."""
    return hashlib.sha256(json_text({k: v for k, v in content.items() if k != SEAL}).encode()).hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
