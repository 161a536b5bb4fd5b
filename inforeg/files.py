"""Files that are whole or absent: written beside their place, then renamed into it."""

import json
import math
import os
from collections.abc import Iterator
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
    return json.dumps(_finite(content), allow_nan=False, indent=indent, sort_keys=True)


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
