"""One process at a time in a folder, where its file system can tell."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from inforeg.errors import UserError

log = logging.getLogger(__name__)

LOCKLESS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)
"""What file systems without locks answer."""


@contextmanager
def locked(path: Path, refusal: str = "") -> Iterator[None]:
    """Hold the lock file `path`, once no other process does; go without where there are no locks.

    Raises:
        UserError: another process holds it, and there is a `refusal`, the sentence to say at once.
    """
    lock = FileLock(path)
    try:
        acquire(lock, 0 if refusal else -1)
    except Timeout:
        raise UserError(refusal) from None
    try:
        yield
    finally:
        lock.release()


def acquire(lock: BaseFileLock, timeout: float = -1) -> None:
    """Acquire `lock`; go on without it where there are no locks.

    Raises:
        Timeout: another process held it for `timeout` seconds.
    """
    try:
        lock.acquire(timeout=timeout)
    except (OSError, NotImplementedError) as error:  # the latter by older versions of filelock
        if isinstance(error, OSError) and error.errno not in LOCKLESS:
            raise
        log.warning(
            "%s cannot be locked here; give no second command in its folder meanwhile.", lock.lock_file
        )
