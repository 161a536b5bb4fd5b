"""What a commit of a git repository holds below some folders: files, and pointers to objects of Git LFS."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, field_validator

from inforeg.data import substitutes
from inforeg.errors import UserError, shown
from inforeg.files import PART, sealed, sha256, write_json
from inforeg.processes import reason, run
from inforeg.reading import read_json

BY_HAND = "get the files yourself and give their folder by --raw"
CONFIG = ".lfsconfig"
COMMIT = re.compile("[0-9a-f]{40}")
POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize ([0-9]{1,15})\n"
)
LONGEST_POINTER = 1024  # bytes, by Git LFS's specification
NO_SUCH_COMMIT = re.compile("not our ref|remote ref|unadvertised object")
SETTINGS = {
    "core.sparseCheckout": "true",
    # Nothing of the user's may fetch objects, alter what is pinned or go on behind our back.
    "core.autocrlf": "false",
    "core.hooksPath": "/dev/null",
    "core.symlinks": "false",
    "filter.lfs.process": "",
    "filter.lfs.required": "false",
    "filter.lfs.smudge": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


@dataclass(frozen=True)
class Repository:
    """A git repository at one commit.

    Attributes:
        url: from which git fetches it.
        commit: its full hash, which pins every file and, by its checksum, every object.
        folders: those that are wanted, or single files, by their paths in it.
    """

    url: str
    commit: str
    folders: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.url} at {self.commit[:12]}"


@dataclass(frozen=True)
class Pinned:
    """A file of a commit.

    Attributes:
        oid: its SHA-256.
        size: in bytes.
        is_object: whether Git LFS has it; else git itself.
    """

    oid: str
    size: int
    is_object: bool


class Listing(BaseModel):
    """The files that a repository has below its folders.

    Attributes:
        repository: whose files they are.
        endpoint: address at which Git LFS is asked for objects.
        files: by their paths in the repository.
    """

    repository: Repository
    endpoint: str
    files: dict[str, Pinned]

    @field_validator("files")
    @classmethod
    def _inside(cls, files: dict[str, Pinned]) -> dict[str, Pinned]:
        for name in files:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise ValueError(f"{shown(name)} leads out of the folder")
        return files


def remembered(repository: Repository, state: Path) -> Listing | None:
    """The listing that `listed` left in `state`, if it is whole and of this repository and commit."""
    with suppress(UserError):
        listing = read_json(state / "listing.json", Listing, "list them again")
        return listing if listing.repository == repository else None
    return None


def listed(repository: Repository, folder: Path, state: Path) -> Listing:
    """The repository's listing, by git; the files that git itself has are put into `folder`.

    Args:
        repository: what is listed.
        folder: where its files go.
        state: an existing folder on the same disk, which remembers the listing.

    Raises:
        UserError: git or the commit cannot be had, or what is there is of no use.
    """
    with _checked_out(repository, state) as tree:
        paths = [path for name in repository.folders for path in _files(repository, tree, name)]
        files = {str(path.relative_to(tree)): _pinned(path, repository) for path in paths}
        listing = Listing(repository=repository, endpoint=_endpoint(repository, tree), files=files)
        for name in (name for name, pinned in files.items() if not pinned.is_object):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).replace(folder / name)
    write_json(state / "listing.json", sealed(listing.model_dump()))
    return listing


@contextmanager
def _checked_out(repository: Repository, state: Path) -> Iterator[Path]:
    """The commit's wanted files, pointers as pointers, in a folder that is gone afterwards."""
    if not COMMIT.fullmatch(repository.commit):
        raise UserError(
            f"{shown(repository.commit)} is no full hash of a commit; pin one of {repository.url}."
        )
    if shutil.which("git") is None:
        raise UserError(f"Git, by which {repository} is fetched, is not installed; install it, or {BY_HAND}.")
    place = state / f"git{PART}"
    shutil.rmtree(place, ignore_errors=True)  # of a call that was killed
    tree = place / "tree"
    tree.mkdir(parents=True)
    try:
        _git(repository, tree, "init", "--quiet", "--template=")
        _git(repository, tree, "config", "remote.origin.url", repository.url)
        fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", "--filter=blob:none")
        _git(repository, tree, *fetch, "origin", repository.commit)
        wanted = [f"/{name}\n" for name in (CONFIG, *repository.folders)]
        (place / "git/info").mkdir(exist_ok=True)
        (place / "git/info/sparse-checkout").write_text("".join(wanted), encoding="utf-8")
        _git(repository, tree, "checkout", "--quiet", "--detach", repository.commit)
        yield tree
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _git(repository: Repository, tree: Path, *arguments: str) -> None:
    """Run git in `tree`, untouched by the repository that this process may be in."""
    directory = tree.with_name("git")
    settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
    done = run(
        ["git", *settings, *arguments],
        tree,
        GIT_DIR=str(directory),
        GIT_INDEX_FILE=str(directory / "index"),
        GIT_LFS_SKIP_SMUDGE="1",
        GIT_TERMINAL_PROMPT="0",
        GIT_WORK_TREE=str(tree),
        LC_ALL="C",
    )
    if done.returncode and NO_SUCH_COMMIT.search(done.stderr):
        raise UserError(
            f"{repository.url} has no commit {repository.commit}; pin one that it has, or {BY_HAND}."
        )
    if done.returncode:
        raise UserError(
            f"{repository} cannot be fetched by git ({reason(done)}); check the network, or {BY_HAND}."
        )


def _files(repository: Repository, tree: Path, name: str) -> list[Path]:
    """The files of the folder called `name`, or the file itself."""
    found = tree / name
    if not found.exists():
        raise UserError(f"{repository} has no {shown(name)}; name folders that it has.")
    return [found] if found.is_file() else sorted(path for path in found.rglob("*") if path.is_file())


def _pinned(path: Path, repository: Repository) -> Pinned:
    """What the commit says of a file: of the object that a pointer points to, else of itself."""
    size = path.stat().st_size
    content = path.read_bytes() if size < LONGEST_POINTER else b""
    if pointer := POINTER.fullmatch(content):
        return Pinned(pointer[1].decode(), int(pointer[2]), is_object=True)
    if content.startswith(substitutes.POINTER):
        raise UserError(
            f"{path.name} of {repository} is a pointer of Git LFS that cannot be read; "
            f"pin another commit, or {BY_HAND}."
        )
    return Pinned(sha256(path), size, is_object=False)


def _endpoint(repository: Repository, tree: Path) -> str:
    """Where Git LFS is asked: as the commit's .lfsconfig says, else beside the repository."""
    done = run(["git", "config", "--file", CONFIG, "--get", "lfs.url"], tree)
    url = done.stdout.strip() or f"{repository.url.rstrip('/').removesuffix('.git')}.git/info/lfs"
    if not url.startswith(("https://", "http://")):
        raise UserError(f"{repository} has its objects at {shown(url)}, which is no web address; {BY_HAND}.")
    return url.rstrip("/")
