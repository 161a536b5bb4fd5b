"""Where a run is computed: the process's settings, the place of its data, and what of it may change bits."""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from inforeg.data.mapped import Mapped
from inforeg.data.split import Data, Split
from inforeg.engine import machine
from inforeg.engine.contents import Run
from inforeg.engine.provenance import versions
from inforeg.errors import UserError
from inforeg.locks import acquire, locked
from inforeg.runspec import Machine, digest_of

LOOK = 0.1
"""Seconds between two looks for a free GPU."""

SHARE = 0.5
"""Of a device's free memory that data may take by themselves: models and activations need the rest."""


def prepare_process(settings: Machine) -> torch.device:
    """Make this process compute the same bits every time, and return the device."""
    torch.set_num_threads(settings.threads)
    if settings.device == "cuda":
        if not torch.cuda.is_available():
            raise UserError("machine.device is 'cuda', but no CUDA device is there; set it to 'cpu'.")
        # Only here: on a CPU with a fixed number of threads the call changes nothing and costs a second.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
        torch.cuda.reset_peak_memory_stats()
    return torch.device(settings.device)


@contextmanager
def holding_device(settings: Machine) -> Iterator[None]:
    """Have a GPU, where one is asked for, with at most `per_device` processes on it; wait until there is one.

    Of the processes that wait for the same GPUs one looks at a time: it can look often, and none that needs
    less passes it. The locks are the kernel's: they go with the process that holds them.
    """
    if settings.device != "cuda" or not torch.cuda.is_available():
        yield
        return
    names = _devices()
    with locked(_locks() / f"{digest_of({'gpus': sorted(names)})}.lock"):
        while (taken := _taken(names, settings.per_device)) is None:
            time.sleep(LOOK)
    number, lock = taken
    torch.cuda.set_device(number)
    try:
        yield
    finally:
        lock.release()


def _taken(names: Sequence[str], limit: int) -> tuple[int, FileLock] | None:
    """A place, now taken, on the least busy GPU of those on which this limit and theirs allow one more."""
    with locked(_locks() / "choice.lock"):  # until the place is taken, nobody counts
        limits = [_limits(name) for name in names]
        room = [number for number, held in enumerate(limits) if len(held) < min([limit, *held])]
        if not room:
            return None
        number = min(room, key=lambda each: len(limits[each]))
        places = (FileLock(_locks() / f"{names[number]}.{limit}.{slot}.lock") for slot in range(limit))
        return number, next(filter(_acquired, places))


def _limits(name: str) -> list[int]:
    """What each process on a GPU has for `per_device`."""
    found = []
    for path in _locks().glob(f"{name}.*.*.lock"):
        if _acquired(lock := FileLock(path)):
            lock.release()
        else:
            found.append(int(path.name.split(".")[-3]))
    return found


def _acquired(lock: FileLock) -> bool:
    try:
        acquire(lock, 0)
    except Timeout:
        return False
    return True


def _devices() -> list[str]:
    """Names of the GPUs that this process sees, the same in processes that see others beside them."""
    return [str(torch.cuda.get_device_properties(n).uuid) for n in range(torch.cuda.device_count())]


def _locks() -> Path:
    folder = Path(tempfile.gettempdir(), f"inforeg-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    return folder


def placed(data: Data, settings: Machine) -> Data:
    """`data` on the run's device, read and kept as the settings say."""
    device = torch.device(settings.device)
    there = data.to(device)
    splits = (there.train, there.val, there.test)
    stored = sum(split.stored_bytes for split in splits if isinstance(split, Mapped))
    held = settings.cache == "always" or (settings.cache == "auto" and stored <= _room(device))

    def at_place(split: Split) -> Split:
        if isinstance(split, Mapped):
            split = split.held() if held else replace(split, readers=settings.readers)
        return split.evaluated_by(settings.evaluation_batch)

    train, val, test = map(at_place, splits)
    return replace(there, train=train, val=val, test=test)


def _room(device: torch.device) -> float:
    """Bytes of a device that mapped data may take; none of a CPU: the page cache holds the files already."""
    if device.type != "cuda":
        return 0
    free, _ = torch.cuda.mem_get_info(device)
    return SHARE * free


def described(settings: Machine) -> dict[str, str]:
    """The processor, what computes on it, and the settings that may change bits, as run.json has them."""
    return {**machine.facts(), **settings.deciding(), "cuda_device": _gpu(settings)}


def stated(settings: Machine) -> dict[str, Any]:
    """What a file says of where its numbers were computed: `described`, and that `digest`."""
    facts = described(settings)
    return {"machine": facts, "machine_sha256": digest(facts)}


def digest(facts: Mapping[str, str]) -> str:
    """SHA-256 of what may change the bits of a run: the `described` machine and versions of libraries."""
    return digest_of({**_deciding(facts), "versions": versions()})


def elsewhere(run: Run, settings: Machine) -> str:
    """Which machine made a run, as the rest of a sentence; empty if it computes as this one does."""
    here = described(settings)
    if run.machine_sha256 == digest(here):
        return ""
    then, now = _deciding(run.machine), _deciding(here)
    for name in sorted(then.keys() & now.keys()):
        if then[name] != now[name]:
            return f"on another machine ({name} = {then[name]!r} there, {now[name]!r} here)"
    return "on another machine or with other versions of its libraries"


def _deciding(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts that may change bits: at the portable level, processors compute alike."""
    alike = {"processor", "maker", "system"} if facts.get("level") == machine.PORTABLE else set()
    return {name: value for name, value in facts.items() if name not in alike}


def _gpu(settings: Machine) -> str:
    if settings.device != "cuda" or not torch.cuda.is_available():
        return ""
    return torch.cuda.get_device_name()
