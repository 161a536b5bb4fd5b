"""Work in blocks for as long as a budget of time lasts: time alone ends it, never what the work finds."""

from collections.abc import Callable, Sequence
from typing import TypeVar

B = TypeVar("B")


def afforded(
    blocks: Sequence[B],
    work: Callable[[B], float],
    done: Callable[[B], bool],
    budget: float | None,
    clock: Callable[[], float],
) -> int:
    """Do one block after the other while the next one is forecast to end within the budget.

    The forecast is the longest block so far. The first one, of which nothing is known, is always done, and a
    block that is done already takes nothing.

    Args:
        blocks: in their order, which is fixed beforehand.
        work: does a block, or finds it done; returns the seconds that it took when it was done.
        done: whether nothing of a block is left to do.
        budget: in seconds; None: no end.
        clock: the seconds now.

    Returns:
        How many blocks were done.
    """
    start, longest = clock(), 0.0
    for place, block in enumerate(blocks):
        begun = clock()
        if place and budget is not None and begun - start + longest > budget and not done(block):
            return place
        took = work(block)
        longest = max(longest, took, clock() - begun)
    return len(blocks)
