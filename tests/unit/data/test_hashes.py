"""Hashes of large files are kept, and not a moment longer than they hold."""

import json
import os

import pytest

from inforeg.suite.folders import hashes as module
from inforeg.suite.folders.hashes import hashes, md5_of

NAMES = ("large.npy", "small.json")
OLD = 1_000_000_000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A large and a small file, changed long ago."""
    monkeypatch.setattr(module, "LARGE", 1000)
    folder = tmp_path / "clips"
    folder.mkdir()
    for name, size in zip(NAMES, (2000, 10), strict=True):
        (folder / name).write_bytes(b"a" * size)
        os.utime(folder / name, (OLD, OLD))
    return folder


@pytest.fixture
def read(monkeypatch):
    """The names of the files that are read."""
    found = []

    def counted(path):
        found.append(path.name)
        return md5_of(path)

    monkeypatch.setattr(module, "md5_of", counted)
    return found


def kept(folder):
    return folder.with_name(".clips.hashes.json")


def test_a_large_file_is_read_once(folder, read):
    first = hashes(folder, NAMES)
    assert first == {name: md5_of(folder / name) for name in NAMES}
    assert read == ["large.npy", "small.json"]
    assert hashes(folder, NAMES) == first
    assert read == ["large.npy", "small.json", "small.json"]


@pytest.mark.parametrize("change", ["content", "size", "another file", "time"])
def test_a_changed_file_is_read_again(folder, read, change):
    hashes(folder, NAMES)
    large = folder / "large.npy"
    if change == "content":
        large.write_bytes(b"b" * 2000)
    elif change == "size":
        large.write_bytes(b"a" * 1999)
        os.utime(large, (OLD, OLD))
    elif change == "another file":
        (folder / "other").write_bytes(b"b" * 2000)
        os.utime(folder / "other", (OLD, OLD))
        (folder / "other").replace(large)
    else:
        os.utime(large, (OLD + 1, OLD + 1))
    read.clear()
    assert hashes(folder, NAMES)["large.npy"] == md5_of(large)
    assert "large.npy" in read


def test_a_file_that_has_just_been_written_is_not_kept(folder, read):
    os.utime(folder / "large.npy")
    hashes(folder, NAMES)
    assert not kept(folder).exists()


def test_a_file_that_changes_while_it_is_read_is_not_kept(folder, monkeypatch):
    def changing(path):
        found = md5_of(path)
        os.utime(path, (OLD + 1, OLD + 1))
        return found

    monkeypatch.setattr(module, "md5_of", changing)
    hashes(folder, NAMES)
    assert not kept(folder).exists()


@pytest.mark.parametrize("damage", ["cut", "another hash", "not ours"])
def test_damaged_hashes_are_made_anew(folder, read, damage):
    expected = hashes(folder, NAMES)
    text = kept(folder).read_text()
    if damage == "cut":
        kept(folder).write_text(text[: len(text) // 2])
    elif damage == "another hash":
        kept(folder).write_text(text.replace(expected["large.npy"], "0" * 32))
    else:
        kept(folder).write_text("[]")
    assert hashes(folder, NAMES) == expected
    assert json.loads(kept(folder).read_text())["files"]["large.npy"][1] == expected["large.npy"]


def test_a_folder_in_the_making_leaves_its_hashes_where_it_will_lie(folder, read):
    made = folder.with_name(".clips.123.inforeg.part")
    folder.rename(made)
    expected = hashes(made, NAMES)
    made.rename(folder)
    read.clear()
    assert hashes(folder, NAMES) == expected
    assert read == ["small.json"]
    assert sorted(path.name for path in folder.parent.iterdir()) == [".clips.hashes.json", "clips"]
