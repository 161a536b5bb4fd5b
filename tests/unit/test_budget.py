"""Blocks of work within a budget: the order is fixed, and nothing but time ends it."""

import pytest

from inforeg.suite.budget import afforded


class Clock:
    """A clock that work moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def spent(seconds, budget, done=(), recorded=0.0):
    """The blocks that were worked on, of as many as there are `seconds`, each of which takes that long."""
    clock, worked = Clock(), []

    def work(block):
        worked.append(block)
        clock.now += 0 if block in done else seconds[block]
        return recorded

    count = afforded(range(len(seconds)), work, lambda block: block in done, budget, clock)
    assert worked == list(range(count))
    return count


@pytest.mark.parametrize(
    ("seconds", "budget", "blocks"),
    [
        ([10, 10, 10], None, 3),
        ([10, 10, 10], 30, 3),  # ends with the budget
        ([10, 10, 10], 29.9, 2),  # the third is forecast to end after it
        ([10, 10, 10], 1, 1),  # of the first nothing is known
        ([10, 15, 1, 1], 39, 2),  # the forecast is the longest so far, not the last
        ([10, 15, 1, 1], 40, 3),
    ],
)
def test_a_block_is_begun_that_is_forecast_to_fit(seconds, budget, blocks):
    assert spent(seconds, budget) == blocks


def test_what_is_done_takes_nothing_and_tells_how_long_more_will_take():
    assert spent([10] * 4, 9, done={0, 1}) == 3  # nothing was measured yet
    assert spent([10] * 4, 9, done={0, 1}, recorded=10.0) == 2
    assert spent([10] * 4, 15, done={0, 1}, recorded=10.0) == 3
    assert spent([10] * 3, 0.1, done={0, 1, 2}, recorded=10.0) == 3
