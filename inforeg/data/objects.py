"""Objects of Git LFS on their way to their places: several at a time, resumed, verified."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tqdm import tqdm

from inforeg.data.links import Link, ask
from inforeg.data.pointers import Pinned
from inforeg.data.substitutes import HEAD, is_page
from inforeg.data.transfer import FINAL, ExhaustedError, TransferError, persist, transfer
from inforeg.files import PART, naming, sha256

BATCH = 100  # objects in one question
THREADS = 8


def left(place: Path, pinned: Pinned) -> int:
    """The bytes of an object that have not arrived yet."""
    part = part_of(place)
    return max(0, pinned.size - part.stat().st_size) if part.exists() else pinned.size


def part_of(place: Path) -> Path:
    """Where what has arrived of an object is kept."""
    return place.with_name(f".{place.name}{PART}")


def deliver(
    endpoint: str, folder: Path, wanted: Mapping[str, Pinned], arrived: Callable[[str, Pinned], None]
) -> dict[str, TransferError]:
    """Fetch objects to their places; give up where not one of a hundred comes.

    Args:
        endpoint: address at which Git LFS is asked for them.
        folder: where they go.
        wanted: the objects, by names below `folder`.
        arrived: is told of each that came, one after the other.

    Returns:
        Why others did not come; what is neither here nor there was not asked for.
    """
    failures: dict[str, TransferError] = {}
    names = list(wanted)
    size = sum(left(folder / name, pinned) for name, pinned in wanted.items())
    with _courier(endpoint, folder, size) as courier:
        for begin in range(0, len(names), BATCH):
            batch = {name: wanted[name] for name in names[begin : begin + BATCH]}
            failed = courier.bring(batch, arrived)
            failures |= failed
            # The server or the network is ill: the others can wait for a better day.
            if len(failed) == len(batch) and all(isinstance(e, ExhaustedError) for e in failed.values()):
                break
    return failures


@contextmanager
def _courier(endpoint: str, folder: Path, size: int) -> Iterator["Courier"]:
    """A courier whose threads end with the block, however it ends."""
    with (
        tqdm(total=size, unit="B", unit_scale=True, disable=None) as bar,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        courier = Courier(endpoint, folder, bar, pool)
        try:
            yield courier
        except BaseException:
            courier.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class Courier:
    """What the deliveries of one call share.

    Attributes:
        stopped: set when they have to end.
    """

    def __init__(self, endpoint: str, folder: Path, bar: "tqdm[Any]", pool: ThreadPoolExecutor) -> None:
        self.stopped = threading.Event()
        self._endpoint, self._folder, self._bar, self._pool = endpoint, folder, bar, pool
        self._counting = threading.Lock()

    def bring(
        self, batch: Mapping[str, Pinned], arrived: Callable[[str, Pinned], None]
    ) -> dict[str, TransferError]:
        """Why some of the objects did not come; of the others `arrived` is told."""
        try:
            links = persist(lambda: self.ask(*batch.values()), sleep=self.wait)
        except TransferError as error:  # without links none comes, nor would one of the next batch
            return dict.fromkeys(batch, ExhaustedError(str(error)))
        futures: dict[Future[None], str] = {}
        for name, pinned in batch.items():
            delivery = _Delivery(self, self._folder / name, pinned, links[pinned.oid])
            futures[self._pool.submit(delivery.run)] = name
        failures = {}
        for future in as_completed(futures):
            name = futures[future]
            try:
                future.result()
            except TransferError as error:
                failures[name] = error
            else:
                arrived(name, batch[name])
        return failures

    def ask(self, *wanted: Pinned) -> dict[str, Link | Exception]:
        """Links to the objects, by their checksums."""
        return ask(self._endpoint, wanted)

    def wait(self, seconds: float) -> None:
        """Wait, unless the deliveries have to end."""
        self.stopped.wait(seconds)

    def count(self, size: int) -> None:
        """Show that so many bytes more have arrived, or less."""
        with self._counting:
            self._bar.update(size)


class _Delivery:
    """One object on its way."""

    def __init__(self, courier: Courier, place: Path, pinned: Pinned, link: Link | Exception) -> None:
        self._courier, self._place, self._pinned = courier, place, pinned
        self._part = part_of(place)
        self._link: Link | Exception | None = link
        self._arrived = pinned.size - left(place, pinned)
        self._was_wrong = False

    def run(self) -> None:
        """Bring the object to its place.

        Raises:
            TransferError: it cannot be had.
        """
        self._place.parent.mkdir(parents=True, exist_ok=True)
        with naming(self._part):
            persist(self._attempt, sleep=self._courier.wait)
            self._part.replace(self._place)

    def _attempt(self) -> None:
        """Fetch what is missing, by the link given or, after any failure, by a new one."""
        self._heed_stop()
        link, self._link = self._link, None
        is_new = link is None or (isinstance(link, Link) and link.has_ended)
        if link is None or is_new:
            link = self._courier.ask(self._pinned)[self._pinned.oid]
        if isinstance(link, Exception):
            raise link
        try:
            self._receive(link)
        except HTTPError as error:
            if is_new or error.code not in FINAL:
                raise
            error.close()
            raise ConnectionError(str(error)) from None  # the link may have ended before its time
        if reason := self._mismatch():
            self._part.unlink()
            self._count(0)
            kind = ExhaustedError if self._was_wrong else ConnectionError  # which may have come by resuming
            self._was_wrong = True
            raise kind(reason)

    def _receive(self, link: Link) -> None:
        if not left(self._place, self._pinned):
            self._part.touch()
            return
        with closing(transfer(link.href, self._part, link.header)) as steps:
            for arrived, _ in steps:
                self._heed_stop()
                self._count(arrived)
                if arrived > self._pinned.size:
                    break

    def _mismatch(self) -> str:
        """How what came is not the object; empty if it is."""
        size = self._part.stat().st_size
        if size == self._pinned.size and sha256(self._part) == self._pinned.oid:
            return ""
        with self._part.open("rb") as file:
            if is_page(file.read(HEAD)):
                return "a web page came in its place"
        if size != self._pinned.size:
            more = "or more " if size > self._pinned.size else ""
            return f"{size} bytes {more}came, not the {self._pinned.size} that are pinned"
        return f"what came has not the pinned SHA-256 {self._pinned.oid}"

    def _count(self, arrived: int) -> None:
        self._courier.count(arrived - self._arrived)
        self._arrived = arrived

    def _heed_stop(self) -> None:
        if self._courier.stopped.is_set():
            raise CancelledError
