"""Checkpoints: everything a resumed run needs to go on as if nothing had happened."""

import io
import zipfile
from collections.abc import Mapping
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


FORM = 2
"""Of what a checkpoint holds; raised with it."""


def keep(path: Path, state: Mapping[str, Any], spec_sha256: str) -> None:
    """Save what `resume` gives back to the run with this spec."""
    save(path, {**state, "spec_sha256": spec_sha256, "form": FORM})


def resume(path: Path, spec_sha256: str) -> dict[str, Any] | None:
    """Read what `keep` wrote for the run with this spec, or None where there is nothing.

    Raises:
        UserError: it is damaged, of another run or another version, and has been set aside: the next attempt
            starts afresh.
    """
    if not path.exists():
        return None
    try:
        state = load(path)
    except UserError:
        state = None
    what = "is damaged" if state is None else "is not of this run"
    if isinstance(state, dict) and state.get("spec_sha256") == spec_sha256:
        if state.get("form") == FORM:
            return state
        what = "is of another version"
    aside = path.with_name(f"{path.name}.damaged")
    path.replace(aside)
    raise UserError(
        f"{path} {what} and was set aside as {aside.name}; run the same command again to train from "
        "the first epoch."
    )
