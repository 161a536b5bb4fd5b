"""Damaged data folders: refused by name, also where data.dvc says that they are meant to be so."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inforeg.suite.folders.store import directory_hash
from tests.fuzz.conftest import TIMES, TRAIN, damaged, pin

CASES, PARTS = 100, 5

COMMANDS = (
    ["data", "verify", "dots"],
    ["check"],
    [*TRAIN["joint/default"], "--out", "x"],
)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_folder_is_refused(
    copied: Callable[[str], Path], ask: Callable[..., Any], part: int
) -> None:
    for number in range(part, CASES * TIMES, PARTS):
        chance = random.Random(number)
        root = copied(f"project{number}")
        folder = root / "data/dots"
        pinned = directory_hash(folder)
        path = chance.choice(sorted(folder.iterdir()))
        before = path.read_bytes()
        others = [p.read_bytes() for p in folder.iterdir() if p != path]
        if (way := chance.randrange(10)) == 0:
            path.unlink()
        elif way == 1:
            path.unlink()
            path.mkdir()
        elif way == 2:
            path.rename(folder / f"{path.name}.old")
        else:
            path.write_bytes(damaged(before, others, chance))
        if path.is_file() and path.read_bytes() == before:
            continue
        for command in COMMANDS:
            assert ask(*command).status == 2, (number, path.name, command)
        if ask("data", "fetch", "dots").status == 0:  # only where nothing would be lost
            assert directory_hash(folder) == pinned, (number, path.name)


SPOILT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "not a number": lambda a: np.where(
        np.arange(a.size).reshape(a.shape) == 7, np.nan, a.astype(np.float64)
    ).astype(a.dtype),
    "doubles": lambda a: a.astype("<f8"),
    "a row too few": lambda a: a[:-1],
    "transposed": lambda a: a.T,
    "text": lambda a: a.astype("<U9"),
    "complex": lambda a: a.astype("<c8"),
    "empty": lambda a: a[:0],
    "a number alone": lambda a: a.ravel()[0],
    "negative": lambda a: a - a.max() - 1,
    "beyond": lambda a: a + 10**6,
}
MEANT = {
    ("first", "negative"),
    ("first", "beyond"),
    ("second", "negative"),
    ("second", "beyond"),
    ("target", "doubles"),
    ("split_plain_train", "a row too few"),
    ("split_plain_test", "a row too few"),
}
"""What is as good as the data were: features may be any finite number, and a part may be smaller."""


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("name", ["first", "second", "target", "split_plain_train", "split_plain_test"])
def test_spoilt_arrays_that_are_pinned_are_refused_when_they_are_read(
    copied: Callable[[str], Path], ask: Callable[..., Any], name: str, spoilt: str
) -> None:
    root = copied("project")
    path = root / f"data/dots/{name}.npy"
    before = np.load(path)
    with np.errstate(all="ignore"):
        after = SPOILT[spoilt](before)
    if after.dtype == before.dtype and np.array_equal(after, before):
        return
    np.save(path, after, allow_pickle=False)
    pin(root)
    answer = ask(*TRAIN["joint/default"], "--out", "x")
    if (name, spoilt) not in MEANT:
        assert answer.status == 2, (name, spoilt)
