"""Files of features that are not those of CMU-MOSI: each is named, and nothing is made of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inforeg.data.gathered import Material
from inforeg.data.sets import mosi
from inforeg.data.sets.mosi import MOSI
from inforeg.errors import UserError
from inforeg.suite.folders import gathering
from tests.unit.data.test_mosi import COUNTS, changed, content, prepared, saved


def put(part: str, key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda made: made[part].update({key: value})


DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no part": (lambda made: made.pop("valid"), r"raw\.pkl has no part 'valid'; it must hold train"),
    "a part of another kind": (lambda made: made.update(test=[1]), r"raw\.pkl has no part 'test'"),
    "no modality": (lambda made: made["test"].pop("vision"), r"test of .*raw\.pkl has no 'vision'; it must"),
    "no ids": (lambda made: made["train"].pop("id"), r"train of .* has no 'id'"),
    "ids that are none": (put("train", "id", 24), r"train of .*raw\.pkl has an id that is no list of names"),
    "ids of uneven parts": (
        put("train", "id", [[["a"], "b"]] * 24),
        r"train of .* has an id that is no list",
    ),
    "ids of an unknown code": (put("train", "id", [b"\xff"] * 24), r"train of .* has an id that is no list"),
    "uneven labels": (
        put("train", "labels", [[1], [1, 2]] * 12),
        r"has labels of object and the shape \(0,\)",
    ),
    "two dimensions": (
        put("train", "text", np.ones((24, 5))),
        r"has text of float64 and the shape \(24, 5\), not numbers of the shape \(24, steps, channels\)",
    ),
    "too few": (
        put("train", "audio", np.ones((23, 5, 4))),
        r"has audio of float64 and the shape \(23, 5, 4\)",
    ),
    "no steps": (
        put("train", "audio", np.ones((24, 0, 4))),
        r"has audio of float64 and the shape \(24, 0, 4\)",
    ),
    "words": (put("train", "text", np.full((24, 5, 1), "a")), r"has text of <U1 and the shape"),
    "ragged": (put("train", "text", [[1, 2], [3]]), r"has text of object and the shape \(0,\)"),
    "other channels": (
        put("test", "audio", np.ones((12, 5, 7))),
        r"has audio of 4 and of 7 channels; give a file with the same",
    ),
    "a segment twice": (
        lambda made: made["test"]["id"].__setitem__(3, "train[5]"),
        r"has the segment 'train\[5\]' twice, in train and in test; give",
    ),
    "a label too large": (
        lambda made: made["valid"]["labels"].__setitem__((2, 0, 0), 3.5),
        r"valid of .* gives the segment 'valid\[2\]' the label 3\.5; it must be from -3 to 3",
    ),
    "no number as label": (
        lambda made: made["valid"]["labels"].__setitem__((2, 0, 0), np.nan),
        r"'valid\[2\]' the label nan; it must be from -3 to 3",
    ),
    "two labels": (
        put("train", "labels", np.ones((24, 2))),
        r"has labels of float64 and the shape \(24, 2\)",
    ),
    "classes as words": (put("train", "labels", ["good"] * 24), r"has labels of <U4"),
    "lengths too large": (
        put("train", "audio_lengths", np.arange(24)),
        r"has audio_lengths from 0 to 23; there are 5 steps",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_and_nothing_is_made(tmp_path: Path, damage: str) -> None:
    change, sentence = DAMAGES[damage]
    with pytest.raises(UserError, match=sentence):
        prepared(tmp_path, changed(change))
    assert not (tmp_path / "mosi").exists()


def test_a_malicious_file_runs_nothing(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "trace",)

    with pytest.raises(UserError, match=r"mosi_raw\.pkl is not a plain pickle file \(it asks for pathlib"):
        prepared(tmp_path, {"train": Evil()})
    assert not (tmp_path / "trace").exists()


def test_other_counts_need_the_users_word(tmp_path: Path) -> None:
    raw = saved(tmp_path / "raw", content())
    sentence = r"holds 24, 9, 12 segments .* CMU-MOSI has 1284, 229, 686; give"
    for share in (None, 0.5):
        with pytest.raises(UserError, match=sentence):
            gathering.gather(MOSI(), Material(raw, min_share=share), tmp_path / "mosi")


def test_the_fields_counts_need_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mosi, "SEGMENTS", COUNTS)
    gathering.gather(MOSI(), Material(saved(tmp_path / "raw", content())), tmp_path / "mosi")


def test_one_file_is_named_or_alone(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "folder.pkl").mkdir()
    (raw / "link.pkl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"raw holds 0 files \*\.pkl, not one; give the file itself as --raw"):
        mosi._file(raw)
    saved(raw, 1, "a.pkl")
    assert mosi._file(raw) == mosi._file(raw / "a.pkl") == raw / "a.pkl"
    saved(raw, 1, "b.pkl")
    with pytest.raises(UserError, match=r"holds 2 files"):
        mosi._file(raw)
