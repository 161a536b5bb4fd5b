"""Clips decoded once, whatever comes between."""

import errno
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from inforeg.data import arrays, decoding
from inforeg.data.decoding import Clip, Recipe, Rows, decode
from inforeg.data.growing import Growing
from inforeg.errors import UserError

BROKEN = b"broken"


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    """Six files; the clip k has k frames."""
    found = []
    for number in range(6):
        path = tmp_path / "raw" / f"{number}.clip"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes([number]) * number)
        found.append(Clip(path.stem, (path,)))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "unfinished/files"
    made.mkdir(parents=True)
    return made


class Reader:
    """Reads clips and remembers which."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, clip: Clip) -> dict[str, np.ndarray]:
        self.seen.append(clip.name)
        content = clip.files[0].read_bytes()
        if content == BROKEN:
            raise UserError(f"{clip.files[0]} is broken; mend it.")
        frames = np.frombuffer(content, np.uint8)
        return {"video": frames[:, None].repeat(2, 1), "sound": np.array([[len(frames)]], np.int16)}


def recipe(reader: Reader, **settings: int) -> Recipe:
    rows = {"video": Rows((2,), "|u1", most=6), "sound": Rows((1,), "<i2")}
    return Recipe(rows, reader, settings)


def made(folder: Path) -> tuple[list[int], list[int]]:
    return arrays.read(folder, "video")[:, 0].tolist(), arrays.read(folder, "sound")[:, 0].tolist()


WHOLE = ([1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5], [0, 1, 2, 3, 4, 5])


def test_all_clips_are_in_order(clips: list[Clip], folder: Path) -> None:
    found = decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    assert made(folder) == WHOLE
    assert found.names == list("012345")
    assert found.counts == {"video": [0, 1, 2, 3, 4, 5], "sound": [1] * 6}
    assert found.left_out == {}
    decoding.write_ranges(folder, "video", found.counts["video"])
    assert arrays.read(folder, "video_first").tolist() == [0, 0, 1, 3, 6, 10]
    assert arrays.read(folder, "video_count").tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("torn", ["", '{"name": "3", "ro', "half a frame"])
def test_after_a_kill_only_the_rest_is_read(
    clips: list[Clip], folder: Path, monkeypatch: pytest.MonkeyPatch, torn: str
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0})

    class Killed(Reader):
        def __call__(self, clip: Clip) -> dict[str, np.ndarray]:
            if clip.name == "3":
                raise KeyboardInterrupt
            return super().__call__(clip)

    with pytest.raises(KeyboardInterrupt):
        decode(clips, recipe(Killed()), folder, frozenset(), "Toy")
    assert made(folder) == ([], [])  # nothing half-made looks whole
    place = folder / "video.npy" if torn == "half a frame" else folder.parent / "notes.jsonl"
    with place.open("a") as file:
        file.write(torn)
    reader = Reader()
    found = decode(clips, recipe(reader), folder, frozenset(), "Toy")
    assert sorted(reader.seen) == ["3", "4", "5"]
    assert made(folder) == WHOLE
    assert found.names == list("012345")


def test_what_is_done_is_not_done_again(clips: list[Clip], folder: Path) -> None:
    decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    reader = Reader()
    decode(clips, recipe(reader), folder, frozenset(), "Toy")
    assert reader.seen == []
    assert made(folder) == WHOLE


def test_other_settings_begin_anew(clips: list[Clip], folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    decode(clips, recipe(Reader(), rate=3), folder, frozenset(), "Toy")
    reader = Reader()
    decode(clips, recipe(reader, rate=4), folder, frozenset(), "Toy")
    assert len(reader.seen) == 6
    assert made(folder) == WHOLE
    assert "under other settings" in caplog.text


def test_another_decoder_begins_anew_and_is_noted(
    clips: list[Clip], folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    monkeypatch.setattr(decoding, "decoder", lambda: "PyAV 99 with FFmpeg 99")
    reader = Reader()
    decode(clips, recipe(reader), folder, frozenset(), "Toy")
    assert len(reader.seen) == 6
    assert made(folder) == WHOLE
    assert "by another decoder is decoded again" in caplog.text
    assert "FFmpeg 99" in (folder.parent / "notes.jsonl").read_text().splitlines()[0]


def test_a_file_that_has_changed_is_read_again(clips: list[Clip], folder: Path) -> None:
    decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    clips[4].files[0].write_bytes(b"\x09" * 2)
    reader = Reader()
    decode(clips, recipe(reader), folder, frozenset(), "Toy")
    assert sorted(reader.seen) == ["4", "5"]
    assert made(folder) == ([1, 2, 2, 3, 3, 3, 9, 9, 5, 5, 5, 5, 5], [0, 1, 2, 3, 2, 5])


def test_what_cannot_be_read_is_listed_and_stops(clips: list[Clip], folder: Path) -> None:
    for number in (1, 3):
        clips[number].files[0].write_bytes(BROKEN)
    with pytest.raises(UserError, match=r"1\.clip is broken; mend it\. 1 more are in .*unreadable\.txt\."):
        decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    listed = (folder.parent / "unreadable.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in listed] == ["1", "3"]
    with pytest.raises(UserError, match=r"3\.clip is broken; mend it\. To go on without, add --allow 3"):
        decode(clips, recipe(Reader()), folder, frozenset("1"), "Toy")
    reader = Reader()
    found = decode(clips, recipe(reader), folder, frozenset("13"), "Toy")
    assert sorted(reader.seen) == ["1", "3"]
    assert list(found.left_out) == ["1", "3"]
    assert found.names == list("0245")
    assert made(folder) == ([2, 2, 4, 4, 4, 4, 5, 5, 5, 5, 5], [0, 2, 4, 5])


def test_a_file_that_may_not_be_read_is_listed_like_a_broken_one(clips: list[Clip], folder: Path) -> None:
    class Refused(Reader):
        def __call__(self, clip: Clip) -> dict[str, np.ndarray]:
            if clip.name in "24":
                raise PermissionError(errno.EACCES, "Permission denied", str(clip.files[0]))
            return super().__call__(clip)

    sentence = r"2\.clip cannot be read \(Permission denied\); mend that, .* 1 more are in .* --allow 2"
    with pytest.raises(UserError, match=sentence):
        decode(clips, recipe(Refused()), folder, frozenset(), "Toy")
    reader = Reader()
    decode(clips, recipe(reader), folder, frozenset(), "Toy")
    assert sorted(reader.seen) == ["2", "4"]


def test_a_clip_that_was_mended_comes_last(clips: list[Clip], folder: Path) -> None:
    content = clips[1].files[0].read_bytes()
    clips[1].files[0].write_bytes(BROKEN)
    with pytest.raises(UserError, match="is broken"):
        decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    clips[1].files[0].write_bytes(content)
    found = decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    assert found.names == list("023451")
    assert found.counts["video"] == [0, 2, 3, 4, 5, 1]


def test_a_disk_without_room_is_said_before(
    clips: list[Clip], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(folder)._replace(free=83)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    reader = Reader()
    with pytest.raises(UserError, match=r"may need 0\.0 GiB for 6 clips, and 0\.0 GiB are free; make room"):
        decode(clips, recipe(reader), folder, frozenset(), "Toy")  # 6 x (6 x 2 + 2) = 84 bytes
    assert reader.seen == []


def test_the_decoder_is_noted(clips: list[Clip], folder: Path) -> None:
    decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    head = json.loads((folder.parent / "notes.jsonl").read_text().splitlines()[0])
    assert head["decoder"].startswith("PyAV ")
    assert "FFmpeg" in head["decoder"]


def test_a_disk_that_fills_up_loses_nothing(
    clips: list[Clip], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Growing.append

    def full(growing: Growing, values: np.ndarray) -> int:
        if growing.path.stem == "sound" and growing.rows == 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(growing.path))
        return append(growing, values)

    monkeypatch.setattr(Growing, "append", full)
    with pytest.raises(OSError, match="No space left"):
        decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    monkeypatch.setattr(Growing, "append", append)
    reader = Reader()
    decode(clips, recipe(reader), folder, frozenset(), "Toy")
    assert sorted(reader.seen) == ["3", "4", "5"]
    assert made(folder) == WHOLE


def test_a_disk_without_room_for_a_note_is_named(clips: list[Clip], folder: Path) -> None:
    notes = folder.parent / "notes.jsonl"

    class Filling(Reader):
        def __call__(self, clip: Clip) -> dict[str, np.ndarray]:
            if clip.name == "3":
                full = notes.with_name("full")
                full.symlink_to("/dev/full")
                full.replace(notes)  # at once: another reader may write a note just now
            return super().__call__(clip)

    with pytest.raises(OSError, match=rf"No space left on device: '{notes}'"):
        decode(clips, recipe(Filling()), folder, frozenset(), "Toy")
    assert made(folder) == ([], [])
    notes.unlink()
    decode(clips, recipe(Reader()), folder, frozenset(), "Toy")
    assert made(folder) == WHOLE
