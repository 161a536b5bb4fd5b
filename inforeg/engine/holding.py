"""One process at a time in a run's directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from inforeg.engine.finished import read_run
from inforeg.errors import UserError
from inforeg.locks import acquire
from inforeg.runspec import RunSpec

LOOK = 0.5
"""Seconds between two looks at a directory that another process holds."""


@contextmanager
def holding(folder: Path, spec: RunSpec) -> Iterator[None]:
    """Hold `folder` to train `spec` in it; wait where another process trains the same there.

    Raises:
        UserError: another process trains another spec there.
    """
    lock, others = FileLock(folder / ".lock"), 0
    while True:
        try:
            acquire(lock, LOOK)
            break
        except Timeout:
            # Whoever took the lock a moment ago may not have written its own spec yet: look again.
            others = others + 1 if _other(folder, spec) else 0
            if others == 2:
                raise UserError(
                    f"Another process is training another spec in {folder}; wait for it, or choose another "
                    "directory."
                ) from None
    try:
        yield
    finally:
        lock.release()


def _other(folder: Path, spec: RunSpec) -> bool:
    """Whether the run in `folder` is known to be of another spec."""
    run = read_run(folder)
    return run is not None and run.spec_sha256 != spec.digest()
