"""A server of Git LFS on this machine that misbehaves as told, and a git repository that points to it."""

import hashlib
import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from inforeg.data.lfs import STATE
from inforeg.data.pointers import Repository
from inforeg.files import PART

GIT = ["git", "-c", "user.name=A", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false"]
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def oid(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


MEDIA = {f"media/{name}.wav": name.encode() * 1000 for name in ("one", "two", "three")}
PLAIN = {"media/README": b"plain\r\n"}
ONE = oid(MEDIA["media/one.wav"])
Fetch = Callable[[], list[str]]


def pointer(content: bytes) -> bytes:
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid(content)}\nsize {len(content)}\n"
    ).encode()


class Lfs(ThreadingHTTPServer):
    """Git LFS's batch protocol and its objects.

    Attributes:
        objects: by their checksums.
        faults: what goes wrong at the next requests for an object, or for "batch": a status, or a name of
            `Handler`'s; kept for all further ones if it is the last and begins with "always ".
        errors: of single objects, in the answer to a batch.
        expires: of links, in their JSON.
        asked: for which range of which object, in order.
        batches: the checksums of each.
        during: called in the middle of an object whose fault is "call".
    """

    daemon_threads = True
    request_queue_size = 64  # with fewer, connections made at once are put off for a second

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = {}
        self.errors: dict[str, dict[str, Any]] = {}
        self.expires: dict[str, Any] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.batches: list[list[str]] = []
        self.during: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/lfs"

    def fault(self, name: str) -> str:
        left = self.faults.get(name, [])
        if left and left[0].startswith("always "):
            return left[0].removeprefix("always ")
        return left.pop(0) if left else ""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Lfs

    def log_message(self, *arguments: object) -> None:
        """Quiet."""

    def _answer(self, status: int, content: bytes, told: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if told is None else told))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/lfs/objects/batch"
        assert self.headers["Accept"] == self.headers["Content-Type"] == "application/vnd.git-lfs+json"
        assert question["operation"] == "download"
        wanted = [each["oid"] for each in question["objects"]]
        self.server.batches.append(wanted)
        fault = self.server.fault("batch")
        if fault.isdigit():
            self._answer(int(fault), b'{"message": "This repository is over\\n its data quota."}')
        elif fault:
            self._answer(200, fault.encode())
        else:
            objects = [self._described(each) for each in wanted]
            self._answer(200, json.dumps({"transfer": "basic", "objects": objects}).encode())

    def _described(self, each: str) -> dict[str, Any]:
        described = {"oid": each, "size": len(self.server.objects.get(each, b""))}
        if each in self.server.errors:
            return described | self.server.errors[each]
        token = str(len(self.server.batches))
        link = {"href": f"{self.server.url}/{each}/{token}", "header": {"X-Token": token}}
        return described | {"actions": {"download": link | self.server.expires}}

    def do_GET(self) -> None:
        _, _, name, token = self.path.split("/")
        assert self.headers["X-Token"] == (None if token == "moved" else token)
        content, asked = self.server.objects[name], self.headers["Range"]
        self.server.asked.append((name, asked))
        fault = self.server.fault(name)
        if fault.isdigit():
            return self._answer(int(fault), b"", **({"Retry_After": "17"} if fault == "429" else {}))
        if fault == "moved":
            return self._answer(302, b"", Location=f"{self.server.url}/{name}/moved")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and fault != "whole" else 0
        if start >= len(content) and start:
            return self._answer(416, b"")
        status, rest = (206 if start else 200), content[start:]
        if fault in ("cut", "call"):
            self._answer(status, rest[: len(rest) // 2], told=len(rest))
            if fault == "call":
                self.wfile.flush()
                self.server.during()
            return None
        replaced = {
            "html": PAGE,
            "xml": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
            "short": rest[:-1],
            "long": rest + b"!",
            "wrong": bytes(len(rest)),
        }
        return self._answer(status, replaced.get(fault, rest))


@contextmanager
def serving() -> Iterator[Lfs]:
    """A server while the block runs."""
    with Lfs() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, files: Mapping[str, bytes]) -> str:
    """The hash of a commit with these files, in a repository that is made if need be."""
    folder.mkdir(exist_ok=True)
    git(folder, "init", "--quiet")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Files")
    return git(folder, "rev-parse", "HEAD")


def published(
    folder: Path, server: Lfs, media: Mapping[str, bytes], plain: Mapping[str, bytes] = PLAIN
) -> Repository:
    """A repository of pointers to `media`, which `server` has, and of a few `plain` files."""
    server.objects = {oid(content): content for content in media.values()}
    files = {name: pointer(content) for name, content in media.items()}
    others = {"other/big.bin": b"not wanted", ".lfsconfig": f"[lfs]\n\turl = {server.url}\n".encode()}
    wanted = {name.split("/")[0] for name in (*media, *plain)}
    return Repository(folder.as_uri(), commit(folder, {**files, **plain, **others}), tuple(sorted(wanted)))


def came(tmp_path: Path) -> dict[str, bytes]:
    """The files that lie in the cache, temporary ones too."""
    root = tmp_path / "cache"
    found = [path for path in root.rglob("*") if path.is_file() and STATE not in path.parts]
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def part(tmp_path: Path, content: bytes) -> None:
    """What an earlier call left of media/one.wav."""
    (tmp_path / "cache/media").mkdir(parents=True, exist_ok=True)
    (tmp_path / f"cache/media/.one.wav{PART}").write_bytes(content)
