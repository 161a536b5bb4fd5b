"""Each criterion of the prime learning window, on traces worked out by hand."""

import pytest

from inforeg.regulation.window import CRITERIA, Windows, mean3_latch, released, single

K = 0.04


@pytest.mark.parametrize(
    ("traces", "is_open"),
    [
        ([], False),
        ([1.0], False),  # epochs 0 and 1 only record
        ([1.0, 2.0], True),  # 1 / 2
        ([96.5, 100.0], False),  # 0.035
        ([95.5, 100.0], True),  # 0.045; over the older trace it would be 0.047
        ([96.1, 100.0], False),  # 0.039; over the older trace it would be 0.0406
        ([2.0, 1.0], False),  # falling
        ([2.0, 1.0, 3.0], True),  # only the last two count: it opens again
        ([1.0, 3.0, 3.0], False),
        ([0.0, 0.0], False),  # nothing there to grow
        ([0.0, 1.0], True),
    ],
)
def test_single(traces, is_open):
    assert single(traces, K) is is_open


@pytest.mark.parametrize(
    ("criterion", "traces", "growth"),
    [(single, [3.0, 4.0], 0.25), (mean3_latch, [1.0, 3.0], 0.5), (released, [1.0, 1.0], 0.5)],
)
def test_growth_equal_to_the_threshold_is_closed(criterion, traces, growth):
    assert not criterion(traces, growth)
    assert criterion(traces, growth - 0.0001)


@pytest.mark.parametrize(
    ("traces", "is_open"),
    [
        ([], False),
        ([5.0], False),
        ([1.0, 2.0], True),  # (1.5 - 1) / 1.5
        ([4.0, 4.1], False),  # (4.05 - 4) / 4.05 = 0.012
        ([2.0, 1.0, 6.0], True),  # closed for one epoch, 1.5 against 2; then 3 against 1.5
        ([1.0, 2.0, 3.0], True),  # (2 - 1.5) / 2
        ([1.0, 2.0, 3.0, 1.5], True),  # 6.5 / 3 against 2: 0.077, though the last epoch fell
        ([1.0, 2.0, 3.0, 1.0], False),  # 6 / 3 against 2: 0, closed for one epoch
        ([1.0, 2.0, 3.0, 1.0, 5.0], True),  # 9 / 3 against 2: open again
        ([1.0, 2.0, 3.0, 1.0, 1.0], False),  # 5 / 3 against 2: closed for two epochs
        ([1.0, 2.0, 3.0, 1.0, 1.0, 9.0], False),  # 11 / 3 against 5 / 3 would be open: latched
        ([1.0, 2.0, 3.0, 1.0, 1.0, 9.0, 99.0], False),
    ],
)
def test_mean3_latch(traces, is_open):
    assert mean3_latch(traces, K) is is_open


def test_mean3_latch_counts_only_closures_in_a_row():
    # the means are 1, 3/2, 4/3, 5/3, 4/3, 7/3, 2, 3: they fall three times, never twice in a row
    traces = [1.0, 2.0, 1.0, 2.0, 1.0, 4.0, 1.0, 4.0]
    openings = [mean3_latch(traces[:epoch], K) for epoch in range(2, 9)]
    assert openings == [True, False, True, False, True, False, True]


def test_released_is_open_at_first_even_where_nothing_grows():
    assert released([], 0.05)
    # behind ten zeros the newest trace is growth by itself: n equal traces grow by 1 / n
    for n in range(1, 11):
        assert released([1.0] * n, 0.99 / n)
        assert not released([1.0] * n, 1.01 / n)
    assert released([8.0, 4.0, 2.0, 1.0], 0.05)  # 1 / 15
    assert not released([16.0, 8.0, 4.0, 2.0, 1.0], 0.05)  # 1 / 31


def test_released_compares_means_of_ten_afterwards():
    # eleven traces: T1 = mean of the last ten, T2 = mean of the first ten
    assert not released([1.0] * 11, 0.05)
    assert released([1.0] * 10 + [2.0], 0.05)  # (11 - 10) / 11 = 0.091
    assert not released([1.0] * 10 + [2.0], 0.1)
    assert not released([1.0] * 10 + [2.0] + [1.0] * 9, 0.05)  # a step of the means' length ago is over


def test_all_criteria_are_offered_by_name():
    assert {"single": single, "mean3_latch": mean3_latch, "released": released} == CRITERIA


def test_no_window_is_open_before_one_is_decided():
    windows = Windows(("audio", "image"), K, "single")
    assert windows.open == {"audio": False, "image": False}


def test_a_loaded_history_takes_the_place_of_what_was_there():
    windows = Windows(("audio", "image"), K, "single")
    windows.add({"audio": 9.0, "image": 9.0})
    windows.load_state_dict({"history": {"audio": [1.0, 2.0], "image": [2.0, 1.0]}})
    assert windows.history == {"audio": [1.0, 2.0], "image": [2.0, 1.0]}
    windows.decide()
    assert windows.open == {"audio": True, "image": False}
