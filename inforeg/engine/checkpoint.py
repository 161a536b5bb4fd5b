"""Checkpoints: everything a resumed run needs to go on as if nothing had happened."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from inforeg.errors import UserError
from inforeg.files import write_bytes


def save(path: Path, content: Any) -> None:
    """Write tensors and plain values, whole or not at all, the same bytes for the same content."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes(path, buffer.getvalue())


def load(path: Path) -> Any:
    """Read what `save` wrote.

    Raises:
        UserError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:  # torch does not look at the checksums
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
        return torch.load(path, map_location="cpu", weights_only=True)
    except (zipfile.BadZipFile, RuntimeError, ValueError, pickle.UnpicklingError, EOFError):
        raise UserError(f"{path} is damaged; delete {path.parent} to train the run anew.") from None


def resume(path: Path) -> Any:
    """Read what `save` wrote, or None where there is nothing.

    Raises:
        UserError: the file is damaged; it has been set aside, so that the next attempt starts afresh.
    """
    try:
        return load(path) if path.exists() else None
    except UserError:
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        raise UserError(
            f"{path} is damaged and was set aside as {aside.name}; run the same command again to train from "
            "the first epoch."
        ) from None
