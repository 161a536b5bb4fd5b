"""Objects of Git LFS come whole, once, and go on where they stopped."""

import signal
import threading
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from inforeg.data import lfs, objects
from inforeg.data.lfs import Verified, fetch_tree
from inforeg.data.pointers import Pinned, Repository
from inforeg.errors import UserError
from inforeg.files import PART
from tests.unit.data.lfs.server import MEDIA, ONE, PLAIN, Fetch, Lfs, came, oid, part, pointer, published

HALF = f"bytes={len(MEDIA['media/one.wav']) // 2}-"


def test_the_wanted_files_come_once(
    tmp_path: Path, server: Lfs, repository: Repository, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    [told] = fetch()
    assert came(tmp_path) == MEDIA | PLAIN
    assert told.startswith(
        f"To be fetched into {tmp_path / 'cache'}: 11.0kB, 3 of 4 files of {repository}; its disk has "
    )
    (tmp_path / "repository").rename(tmp_path / "gone")
    server.batches.clear()
    monkeypatch.setattr(lfs, "sha256", lambda path: pytest.fail(f"read {path} again"))
    assert fetch() == []
    assert not server.batches


def test_objects_are_asked_for_in_batches(server: Lfs, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "BATCH", 2)
    fetch()
    assert [len(batch) for batch in server.batches] == [2, 1]


def test_one_object_under_two_names(tmp_path: Path, server: Lfs) -> None:
    twins = {"media/a.wav": b"same", "media/b.wav": b"same"}
    fetch_tree(
        published(tmp_path / "repository", server, twins), tmp_path / "cache", confirm=lambda told: None
    )
    assert came(tmp_path) == twins | PLAIN
    assert [len(batch) for batch in server.batches] == [1]


@pytest.mark.parametrize("faults", [["cut"], ["cut", "500"], ["cut", "429"]])
def test_a_broken_transfer_asks_for_the_rest_alone(
    tmp_path: Path, server: Lfs, fetch: Fetch, waits: list[float], faults: list[str]
) -> None:
    server.faults[ONE] = faults.copy()
    fetch()
    assert came(tmp_path)["media/one.wav"] == MEDIA["media/one.wav"]
    assert [asked for name, asked in server.asked if name == ONE] == [None] + [HALF] * len(faults)
    assert waits == [0.0, 17.0][: len(faults)] if "429" in faults else [0.0] * len(faults)


def test_what_an_earlier_call_left_is_gone_on_with(tmp_path: Path, server: Lfs, fetch: Fetch) -> None:
    part(tmp_path, MEDIA["media/one.wav"][:7])
    [told] = fetch()
    assert (ONE, "bytes=7-") in server.asked
    assert "11.0kB, 3 of 4 files" in told
    assert came(tmp_path) == MEDIA | PLAIN


def test_what_had_come_whole_is_not_asked_for(tmp_path: Path, server: Lfs, fetch: Fetch) -> None:
    part(tmp_path, MEDIA["media/one.wav"])
    fetch()
    assert ONE not in dict(server.asked)
    assert came(tmp_path)["media/one.wav"] == MEDIA["media/one.wav"]


@pytest.mark.parametrize("left", [b"damaged", b"damaged" * 1000, bytes(3000)])
def test_a_damaged_rest_is_begun_anew(tmp_path: Path, server: Lfs, fetch: Fetch, left: bytes) -> None:
    part(tmp_path, left)
    fetch()
    assert (ONE, None) in server.asked
    assert came(tmp_path)["media/one.wav"] == MEDIA["media/one.wav"]


@pytest.mark.parametrize("fault", ["whole", "416"])
def test_a_server_that_does_not_resume(tmp_path: Path, server: Lfs, fetch: Fetch, fault: str) -> None:
    server.faults[ONE] = ["cut", fault]
    fetch()
    assert came(tmp_path)["media/one.wav"] == MEDIA["media/one.wav"]


def test_nothing_comes_that_is_not_confirmed(tmp_path: Path, server: Lfs, repository: Repository) -> None:
    def refuse(told: str) -> None:
        raise UserError(told)

    with pytest.raises(UserError, match="To be fetched"):
        fetch_tree(repository, tmp_path / "cache", confirm=refuse)
    assert not server.batches


def test_a_disk_without_room_is_told_before_anything_comes(
    tmp_path: Path, server: Lfs, repository: Repository, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lfs.shutil, "disk_usage", lambda folder: Usage(0, 0, 10_999))
    with pytest.raises(
        UserError, match=r"11\.0kB, 3 of 4 files .*; its disk has only 11\.0kB free, so make room"
    ):
        fetch()
    assert not server.batches
    part(tmp_path, b"o")
    fetch()


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_second_process_is_told_to_wait(tmp_path: Path, fetch: Fetch) -> None:
    (tmp_path / "cache/.lfs").mkdir(parents=True)
    with (
        FileLock(tmp_path / "cache/.lfs/lock"),
        pytest.raises(
            UserError, match=r"Another process fills .*cache at this moment; wait until it has ended"
        ),
    ):
        fetch()
    fetch()


def test_a_file_that_changed_is_fetched_again(tmp_path: Path, server: Lfs, fetch: Fetch) -> None:
    fetch()
    server.asked.clear()
    (tmp_path / "cache/media/one.wav").write_bytes(bytes(3000))
    (tmp_path / "cache/media/README").unlink()
    fetch()
    assert server.asked == [(ONE, None)]
    assert came(tmp_path) == MEDIA | PLAIN


def test_what_lies_there_as_pinned_counts(tmp_path: Path, server: Lfs, fetch: Fetch) -> None:
    for name, content in MEDIA.items():
        place = tmp_path / "cache" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if name != "media/one.wav" else pointer(content))
    fetch()
    assert server.asked == [(ONE, None)]


def test_a_disk_that_fills_up_is_said_and_gone_on_with(tmp_path: Path, server: Lfs, fetch: Fetch) -> None:
    part(tmp_path, b"")
    full = tmp_path / f"cache/media/.one.wav{PART}"
    full.unlink()
    full.symlink_to("/dev/full")  # whose every write finds no space
    with pytest.raises(OSError, match=rf"No space left on device: '{full}'"):
        fetch()
    assert "media/one.wav" not in came(tmp_path)
    full.unlink()
    fetch()
    assert came(tmp_path) == MEDIA | PLAIN
    assert [name for name, _ in server.asked].count(ONE) == 2


def test_a_disk_without_room_for_what_is_verified_is_named(tmp_path: Path) -> None:
    (tmp_path / ".lfs").mkdir()
    (tmp_path / "x").write_bytes(b"x")
    verified = Verified(tmp_path)
    (tmp_path / ".lfs/verified").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: '.*/\.lfs/verified'"):
        verified.note("x", Pinned(oid(b"x"), 1, is_object=True))


def test_an_interruption_keeps_what_came(
    tmp_path: Path, server: Lfs, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    couriers: list[objects.Courier] = []
    begin = objects.Courier.__init__

    def noted(self: objects.Courier, *arguments: Any) -> None:
        couriers.append(self)
        begin(self, *arguments)

    def interrupt() -> None:
        signal.pthread_kill(main, signal.SIGINT)
        couriers[0].stopped.wait()

    main = threading.main_thread().ident or 0
    monkeypatch.setattr(objects.Courier, "__init__", noted)
    monkeypatch.setattr(objects, "THREADS", 1)
    server.during = interrupt
    server.faults[oid(MEDIA["media/three.wav"])] = ["call"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        fetch()
    signal.signal(signal.SIGINT, before)
    left = came(tmp_path)
    half = left.pop(f"media/.three.wav{PART}")
    assert left == {"media/one.wav": MEDIA["media/one.wav"], **PLAIN}
    assert len(half) <= 2500
    server.asked.clear()
    fetch()
    rest = f"bytes={len(half)}-" if half else None  # which depends on how far the thread had come
    assert server.asked == [(oid(MEDIA["media/three.wav"]), rest), (oid(MEDIA["media/two.wav"]), None)]
