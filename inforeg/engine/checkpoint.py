"""Checkpoints: everything a resumed run needs to go on as if nothing had happened."""

import io
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
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:  # torch does not look at the checksums
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception:  # whatever zipfile, pickle and torch make of bytes that nobody wrote
        raise UserError(f"{path} is damaged; delete {path.parent} to train the run anew.") from None


def resume(path: Path, spec_sha256: str) -> dict[str, Any] | None:
    """Read what `save` wrote for the run with this spec, or None where there is nothing.

    Raises:
        UserError: it is damaged or another run's, and has been set aside: the next attempt starts afresh.
    """
    if not path.exists():
        return None
    try:
        state = load(path)
    except UserError:
        state = None
    if isinstance(state, dict) and state.get("spec_sha256") == spec_sha256:
        return state
    what = "is damaged" if state is None else "is not of this run"
    aside = path.with_name(f"{path.name}.damaged")
    path.replace(aside)
    raise UserError(
        f"{path} {what} and was set aside as {aside.name}; run the same command again to train from "
        "the first epoch."
    )
