"""One process at a time in a folder, where its file system can tell."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

log = logging.getLogger(__name__)

LOCKLESS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)
"""What file systems without locks answer."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, once no other process does; go without where there are no locks."""
    lock = FileLock(path)
    try:
        lock.acquire()
    except (OSError, NotImplementedError) as error:  # the latter by older versions of filelock
        if isinstance(error, OSError) and error.errno not in LOCKLESS:
            raise
        log.warning("%s cannot be locked here; give no second command in its folder at the same time.", path)
    try:
        yield
    finally:
        lock.release()
