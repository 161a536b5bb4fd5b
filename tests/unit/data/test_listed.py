"""Lists of samples against what is there."""

import os
from pathlib import Path

import pytest

from inforeg.data.gathered import Material
from inforeg.data.listed import compared, fields_of, files_in, lines_of, refuse_twice
from inforeg.errors import UserError

RAW = Path("raw")


def test_a_name_stands_once() -> None:
    refuse_twice("abc", "list.csv")
    with pytest.raises(UserError, match=r"list\.csv names 'b' 2 times"):
        refuse_twice("abcb", "list.csv")


def test_all_are_there() -> None:
    assert compared("ab", "ab", Material(RAW), 1.0) == {"listed": 2, "missing": [], "unlisted": []}


def test_what_is_missing_is_told_counted_and_refused(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(
        UserError, match=r"raw lacks 4 of the 6 samples listed \(b, c, d \.\.\.\); .* --min-share 0\.333\."
    ):
        compared("abcdef", "afz", Material(RAW), 0.5)
    found = compared("abcdef", "afz", Material(RAW, min_share=0.333), 0.5)
    assert found == {"listed": 6, "missing": list("bcde"), "unlisted": ["z"]}
    assert "raw lacks 4 of the 6" in caplog.text
    assert "raw holds 1 samples that no list names (z)" in caplog.text


def test_none_at_all_is_refused_in_any_case() -> None:
    with pytest.raises(UserError, match=r"raw lacks 2 of the 2 .*; give --raw the folder that holds them"):
        compared("ab", "z", Material(RAW, min_share=0.0), 1.0)


def test_lines_are_the_same_however_a_list_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n\r\n  \r\nc,d")
    assert [(place, line.strip()) for place, line in lines_of(path)] == [
        (f"{path}, line 1", "a,b"),
        (f"{path}, line 4", "c,d"),
    ]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("a.mp4, low ,train", ["a.mp4", "low", "train"]),
        ('"a.mp4","low", "train"', ["a.mp4", "low", "train"]),
        ("one, two.mp4,low,train", ["one, two.mp4", "low", "train"]),
        ('"one, two.mp4",low,train', ["one, two.mp4", "low", "train"]),
        ('"the ""a"".mp4",low,train', ['the "a".mp4', "low", "train"]),
        ('the "a".mp4,low,train', ['the "a".mp4', "low", "train"]),
        ("a.mp4;low;train", ["a.mp4;low;train"]),
        ('"a.mp4,low,train', ['"a.mp4,low,train']),
    ],
)
def test_fields_may_be_quoted_and_names_hold_commas(line: str, fields: list[str]) -> None:
    assert fields_of(line, 3) == fields


def test_what_is_no_file_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.wav").mkdir()
    (tmp_path / "b.wav").symlink_to(tmp_path / "nowhere")
    (tmp_path / "._c.wav").write_bytes(b"")
    (tmp_path / "é f.WAV").write_bytes(b"")
    assert files_in(tmp_path, ".wav") == {"é f": tmp_path / "é f.WAV"}


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    raw, disk = tmp_path / "raw", tmp_path / "disk"
    for folder in (raw / ".hidden", disk):
        folder.mkdir(parents=True)
        (folder / "a.wav").write_bytes(b"")
    (raw / "linked").symlink_to(disk)
    (disk / "back").symlink_to(raw)
    (disk / "itself").symlink_to(disk)
    assert files_in(raw, ".wav") == {"a": raw / "linked/a.wav"}


def test_a_name_that_cannot_be_written_down_is_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")).write_bytes(b"")
    with pytest.raises(UserError, match=r"caf\\udce9\.wav' has a name that is not in UTF-8; rename it"):
        files_in(tmp_path, ".wav")
