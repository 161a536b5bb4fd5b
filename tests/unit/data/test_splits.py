"""Divisions into parts, worked out by hand."""

from collections import Counter

import numpy as np

from inforeg.data.splits import divide, grouped, rows, shuffled, stratified


def test_shuffled_is_a_fixed_order_of_its_stream() -> None:
    assert sorted(shuffled(range(8), "a")) == list(range(8))
    assert shuffled(range(8), "a") == shuffled(reversed(range(8)), "a")
    assert shuffled(range(8), "a") != shuffled(range(8), "b")


def test_shuffled_orders_by_sha256() -> None:
    # sha256sum of ["a", 0], ["a", 1] and ["a", 2] starts with these.
    digests = {0: "b557616e", 1: "2657442b", 2: "0383dfec"}
    assert shuffled(range(3), "a") == sorted(digests, key=lambda i: digests[i])


def test_divide_takes_the_first_middle_and_last_of_each_group() -> None:
    parts = divide([range(5), range(10, 20)])
    assert parts["train"].tolist() == [0, 1, 2, 10, 11, 12, 13, 14, 15]
    assert parts["val"].tolist() == [3, 16, 17]
    assert parts["test"].tolist() == [4, 18, 19]


def test_stratified_keeps_the_classes_shares() -> None:
    target = np.array([0] * 10 + [1] * 20)
    parts = stratified(target, "some", "data")
    shares = {part: Counter(target[positions].tolist()) for part, positions in parts.items()}
    assert shares == {"train": {0: 6, 1: 12}, "val": {0: 2, 1: 4}, "test": {0: 2, 1: 4}}
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(30))
    assert parts["train"].tolist() != [*range(6), *range(10, 22)]


def test_rows_are_where_the_names_stand_in_order_without_those_that_do_not() -> None:
    found = rows({"train": ["c", "a"], "val": [], "test": ["b", "lost"]}, ["a", "b", "c"])
    assert {part: positions.tolist() for part, positions in found.items()} == {
        "train": [0, 2],
        "val": [],
        "test": [1],
    }
    assert {positions.dtype for positions in found.values()} == {np.dtype("int64")}


def test_groups_stay_together_and_classes_keep_their_shares() -> None:
    target = np.array([0] * 40 + [1] * 20)
    groups = [f"a{i // 2}" for i in range(40)] + [f"b{i % 20}" for i in range(20)]
    parts = grouped(target, groups, "names")
    assert {part: Counter(target[positions].tolist()) for part, positions in parts.items()} == {
        "train": {0: 24, 1: 12},
        "val": {0: 8, 1: 4},
        "test": {0: 8, 1: 4},
    }
    held = [{groups[position] for position in positions} for positions in parts.values()]
    assert sum(map(len, held)) == len(set(groups))
    assert {part: positions.tolist() for part, positions in parts.items()} != {
        part: positions.tolist() for part, positions in grouped(target, groups, "others").items()
    }


def test_a_group_of_two_classes_lies_in_one_part() -> None:
    groups = ["both", "zero", "both", "one"]
    for positions in grouped(np.array([0, 0, 1, 1]), groups, "names").values():
        assert (0 in positions) == (2 in positions)


def test_large_groups_are_for_training() -> None:
    groups = ["large"] * 5 + [f"{i // 4}" for i in range(20)]
    for stream in "abcdefgh":
        parts = grouped(np.zeros(25, int), groups, stream)
        assert set(range(5)) <= set(parts["train"].tolist())
        assert [len(parts[part]) for part in ("train", "val", "test")] == [13, 8, 4]
