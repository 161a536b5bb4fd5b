"""A remote of DVC: opened by its name, and why it does not answer. Importing this takes half a second."""

import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from dvc.fs import FileSystem, RemoteMissingDepsError
from dvc.repo import Repo

from inforeg.errors import UserError, unknown

FOLDER = "inforeg-runs"
"""Where runs lie in a remote: beside DVC's own objects, of which `dvc gc` clears those of no commit."""

MARK, FORMAT = "format.json", b'{"format": 1}\n'
"""The file that says how they lie there, and what it says; it is written first."""

ADDED = "`dvc remote add --local --default NAME URL`"

LACKING = re.compile(r"requires '(dvc-\w+)' to be installed")
"""What DVC says of a plug-in that it lacks."""

SECRETS = ("credential", "authentication", "access denied", "forbidden")
"""What libraries say of a secret that they lack, or that is wrong."""

T = TypeVar("T")


class RemoteError(UserError):
    """A remote does not do what it is asked for, whichever run or folder it is about."""


@dataclass(frozen=True)
class Remote:
    """The part of a remote that holds runs.

    Attributes:
        name: of the remote.
        fs: DVC's file system of its protocol.
        folder: where runs lie there.
    """

    name: str
    fs: FileSystem
    folder: str

    def begin(self) -> None:
        """Make the part where there is none yet."""
        if not self._is_begun():
            with tempfile.TemporaryDirectory() as scratch:
                (path := Path(scratch) / MARK).write_bytes(FORMAT)
                self.put(path, MARK)

    def check(self) -> None:
        """Raise a `RemoteError` where there is no such part."""
        if not self._is_begun():
            raise RemoteError(
                f"DVC's remote {self.name} holds no runs; push some by `inforeg runs push`, or mend its "
                "address by `dvc remote modify --local`."
            )

    def get(self, name: str, path: Path) -> bool:
        """Whether the remote has the object `name`, now in the new file `path`."""

        def fetched() -> Path:
            self.fs.get_file(self.place(name), str(path))
            return path

        return self._found(fetched) is not None

    @contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO | None]:
        """The object `name`, open, of which no more is fetched than is read; None where it is not there."""
        file = self._found(lambda: self.fs.open(self.place(name), "rb"))
        with self._answering(), file or nullcontext():
            yield file

    def put(self, path: Path, name: str) -> None:
        """Keep the file `path` as the object `name`, in the place of one that may be there."""
        with self._answering(), path.open("rb") as file:
            try:
                self.fs.put_file(file, self.place(name), size=path.stat().st_size)
            except NotImplementedError:  # over HTTP, which has no folders to make
                self.fs.put_file(str(path), self.place(name))

    def _is_begun(self) -> bool:
        content = self._found(lambda: self.fs.cat_file(self.place(MARK)))
        if content not in (None, FORMAT):
            raise RemoteError(
                f"{self.place(MARK)} in DVC's remote {self.name} is of another version of inforeg, or "
                "damaged; use that version, or another remote."
            )
        return content is not None

    def _found(self, ask: Callable[[], T]) -> T | None:
        """What the remote answers about an object; None where it has none of that name."""
        with self._answering():
            try:
                return ask()
            except FileNotFoundError as error:
                if _kind(error):
                    raise
                return None

    def place(self, name: str) -> str:
        """Where the object `name` lies there."""
        return str(self.fs.join(self.folder, *name.split("/")))

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say in a sentence why the remote does not."""
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # of whatever library the remote needs
            raise RemoteError(
                f"DVC's remote {self.name} fails: {complaint(error)}. What is done stays; mend it, and give "
                "the same command again."
            ) from error


def opened(root: Path, name: str | None) -> Remote:
    """The remote `name` of the project in `root`, or its default one; nothing is asked of it yet.

    Raises:
        UserError: there is none, or its plug-in is not installed.
    """
    if not (root / ".dvc").is_dir():
        raise UserError(
            f"{root} is not under DVC, whose remote is meant; run `dvc init` there, then {ADDED}."
        )
    try:
        with Repo(str(root)) as repo:
            wanted, known = name or repo.config["core"].get("remote"), repo.config["remote"]
            if not wanted:
                raise UserError(f"{root} has no default remote; add one by {ADDED}, or name one by --remote.")
            if wanted.lower() not in known:
                raise unknown("remote of DVC", wanted, known, listing=f"add it by {ADDED}.")
            found = repo.cloud.get_remote(wanted)
            return Remote(found.name, found.fs, found.fs.join(found.path, FOLDER))
    except UserError:
        raise
    except Exception as error:  # of DVC and its plug-ins
        which = f"remote {name}" if name else "default remote"
        raise UserError(f"DVC's {which} cannot be opened: {complaint(error)}.") from error


def complaint(error: BaseException) -> str:
    """Why a remote does not answer, as a clause: the kind of failure, and the words of the library."""
    if isinstance(error, RemoteMissingDepsError):
        return f"its plug-in is not whole (pip install dvc-{error.protocol})"
    if isinstance(error, ImportError) and (lacking := LACKING.search(str(error))):
        return f"its plug-in is not installed (pip install {lacking[1]})"
    words = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    if kind := _kind(error):
        return f"{kind} ({words})"
    return f"it is not there ({words})" if isinstance(error, FileNotFoundError) else words


def _kind(error: BaseException) -> str:
    """What is wrong with the remote itself; empty where that is not known."""
    chain = list(_chain(error))
    if any(map(_is_refusal, chain)):
        return "it asks for credentials, which `dvc remote modify --local` gives it"
    if any(isinstance(each, ConnectionError | TimeoutError | socket.gaierror) for each in chain):
        return "it cannot be reached"
    return ""


def _is_refusal(error: BaseException) -> bool:
    """Whether a server has refused whoever asks; not the system, which says so with a number."""
    if isinstance(error, OSError):
        return isinstance(error, PermissionError) and error.errno is None
    status = getattr(error, "status", None)  # of HTTP; the words of such an error name the object
    return status in (401, 403) if status else any(each in str(error).lower() for each in SECRETS)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
