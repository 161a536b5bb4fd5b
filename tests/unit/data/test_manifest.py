"""A prepared folder is compared with what it says of itself."""

from pathlib import Path

import numpy as np
import pytest

from inforeg.data import arrays
from inforeg.errors import UserError
from inforeg.registry import DATASETS
from inforeg.suite.folders import manifest


@pytest.fixture
def folder(tmp_path: Path, toy: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    arrays.write(
        folder,
        target=np.array([0, 1, 1, 0, 1]),
        split_by_hand_train=np.array([0, 1, 2]),
        split_by_hand_val=np.array([3]),
        split_by_hand_test=np.array([4]),
    )
    manifest.write(DATASETS.build("toy", {}), folder, DATASETS.get("toy").sources)
    return folder


def test_counts_by_division_part_and_class(folder: Path) -> None:
    assert manifest.read(folder).counts == {
        "by_hand": {"train": {"no": 1, "yes": 2}, "val": {"no": 1, "yes": 0}, "test": {"no": 0, "yes": 1}}
    }


def test_equal_folders_get_equal_bytes(folder: Path) -> None:
    before = (folder / manifest.NAME).read_bytes()
    (folder / manifest.NAME).unlink()
    manifest.write(DATASETS.build("toy", {}), folder, DATASETS.get("toy").sources)
    assert (folder / manifest.NAME).read_bytes() == before
    manifest.check(folder)


def test_changed_byte_is_found(folder: Path) -> None:
    content = bytearray((folder / "target.npy").read_bytes())
    content[-1] ^= 1
    (folder / "target.npy").write_bytes(content)
    with pytest.raises(UserError, match=r"target\.npy has been changed; `inforeg data fetch --force toy`"):
        manifest.check(folder)


def test_missing_file_is_found(folder: Path) -> None:
    (folder / "split_by_hand_val.npy").unlink()
    with pytest.raises(UserError, match=r"split_by_hand_val\.npy is missing"):
        manifest.check(folder)


def test_extra_file_is_found(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.txt does not belong to the data set"):
        manifest.check(folder)


def test_missing_manifest_is_found(folder: Path) -> None:
    (folder / manifest.NAME).unlink()
    with pytest.raises(UserError, match=r"MANIFEST\.json is missing"):
        manifest.check(folder)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"files": 3}'])
def test_damaged_manifest_is_found(folder: Path, content: str) -> None:
    (folder / manifest.NAME).write_text(content)
    with pytest.raises(UserError, match=r"MANIFEST\.json is damaged"):
        manifest.check(folder)
