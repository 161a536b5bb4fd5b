"""Folders of files that are objects of Git LFS, pinned by a commit: fetched once, verified, resumed."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from inforeg.data.objects import deliver, left
from inforeg.data.pointers import BY_HAND, Listing, Pinned, Repository, listed, remembered
from inforeg.data.transfer import TransferError
from inforeg.errors import UserError
from inforeg.files import naming, sha256
from inforeg.locks import locked

STATE = ".lfs"
NAMED = 3  # files, and reasons, in a sentence


def fetch_tree(repository: Repository, folder: Path, *, confirm: Callable[[str], None]) -> None:
    """Bring the files of `repository` into `folder`, each with the SHA-256 that the commit pins.

    What is there already is not fetched again, and what an interrupted call left is gone on with.

    Args:
        repository: with the folders that are wanted of it; their paths are kept.
        folder: made if it is not there; while one call fills it, others are refused.
        confirm: is told what is to be fetched, in a sentence, and raises if that is not wanted.

    Raises:
        UserError: not all of it can be had; what came stays.
    """
    state = folder / STATE
    state.mkdir(parents=True, exist_ok=True)
    refusal = f"Another process fills {folder} at this moment; wait until it has ended."
    with locked(state / "lock", refusal):
        _fill(repository, folder, confirm)


def _fill(repository: Repository, folder: Path, confirm: Callable[[str], None]) -> None:
    verified = Verified(folder)
    listing = remembered(repository, folder / STATE)
    if listing is None or any(not each.is_object for each in verified.missing(listing).values()):
        listing = listed(repository, folder, folder / STATE)
    missing = verified.missing(listing)
    if not missing:
        return
    confirm(_cost(listing, missing, folder))
    failures = deliver(listing.endpoint, folder, missing, verified.note)
    if failures:
        untried = len(verified.missing(listing)) - len(failures)
        raise UserError(_complaint(listing, folder, failures, untried))


class Verified:
    """Which files of a folder are as pinned: their checksums are computed once, not at each call.

    Attributes:
        folder: whose files are meant.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._record = folder / STATE / "verified"
        known = self._record.read_text(encoding="utf-8", errors="replace") if self._record.exists() else ""
        self._known = set(known.splitlines())

    def missing(self, listing: Listing) -> dict[str, Pinned]:
        """The files that are not there, or other ones, by their names."""
        return {name: pinned for name, pinned in listing.files.items() if not self._holds(name, pinned)}

    def _holds(self, name: str, pinned: Pinned) -> bool:
        place = self.folder / name
        if not place.is_file() or place.stat().st_size != pinned.size:
            return False
        if self._entry(name, pinned) in self._known:
            return True
        if sha256(place) != pinned.oid:
            return False
        self.note(name, pinned)
        return True

    def note(self, name: str, pinned: Pinned) -> None:
        """Remember that the file is as pinned for as long as its size and time of change stay."""
        entry = self._entry(name, pinned)
        self._known.add(entry)
        with naming(self._record), self._record.open("a", encoding="utf-8", errors="replace") as file:
            file.write(f"\n{entry}")  # on a line of its own, whatever a killed call left

    def _entry(self, name: str, pinned: Pinned) -> str:
        return f"{pinned.oid} {pinned.size} {(self.folder / name).stat().st_mtime_ns} {name}"


def _cost(listing: Listing, missing: Mapping[str, Pinned], folder: Path) -> str:
    """What is to be fetched, as a sentence.

    Raises:
        UserError: the disk has no room for it.
    """
    size = sum(left(folder / name, pinned) for name, pinned in missing.items())
    free = shutil.disk_usage(folder).free
    files = f"{len(missing)} of {len(listing.files)} files of {listing.repository}"
    what = f"To be fetched into {folder}: {_bytes(size)}, {files}"
    if size > free:
        raise UserError(
            f"{what}; its disk has only {_bytes(free)} free, so make room there, "
            "or name a folder on another disk in INFOREG_CACHE."
        )
    return f"{what}; its disk has {_bytes(free)} free."


def _bytes(number: int) -> str:
    return f"{tqdm.format_sizeof(number)}B"


def _complaint(listing: Listing, folder: Path, failures: Mapping[str, TransferError], untried: int) -> str:
    """The sentence that tells which files did not come and why, the first few by name."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(failures):
        by_reason[str(failures[name])].append(name)
    told = [f"{_listed(names)} ({reason})" for reason, names in by_reason.items()]
    also = f" ({untried} more not asked for)" if untried else ""
    which = f"{len(failures)} of {len(listing.files)} files of {listing.repository}"
    return (
        f"{which} did not come{also}: {_listed(told, ' reasons')}; what came is in {folder}, so give "
        f"the same command again later, or {BY_HAND}."
    )


def _listed(parts: Sequence[str], what: str = "") -> str:
    """The first few, and how many there are beyond."""
    more = len(parts) - NAMED
    return ", ".join(parts[:NAMED]) + (f" and {more} more{what}" if more > 0 else "")
