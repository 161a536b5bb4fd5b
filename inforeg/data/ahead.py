"""Work done by threads ahead of whoever asks for it."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def ahead(work: Callable[[T], R], items: Iterable[T], threads: int) -> Generator[R]:
    """`work` of each of `items` in their order, of which one more than there are `threads` may be ahead."""
    waiting = iter(items)
    pool = ThreadPoolExecutor(threads, "reader")
    try:
        underway = deque(pool.submit(work, item) for item in islice(waiting, threads + 1))
        while underway:
            found = underway.popleft().result()
            underway.extend(pool.submit(work, item) for item in islice(waiting, 1))
            yield found
    finally:
        pool.shutdown(cancel_futures=True)
