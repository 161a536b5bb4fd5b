"""Media decoded once, clip by clip, into a few large arrays, and not again after an interruption."""

import json
import logging
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from inforeg.data import arrays
from inforeg.data.ahead import ahead
from inforeg.data.growing import Growing
from inforeg.errors import UserError
from inforeg.files import json_text, naming, write_text

log = logging.getLogger(__name__)

UNREADABLE = "unreadable.txt"
GIB = 2**30


@dataclass(frozen=True)
class Clip:
    """A sample of the list, and the files that it is read from."""

    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Rows:
    """What one array holds.

    Attributes:
        shape: of a row.
        dtype: of its values.
        most: rows that a clip may have.
    """

    shape: tuple[int, ...]
    dtype: str
    most: int = 1


@dataclass(frozen=True)
class Recipe:
    """How clips become rows.

    Attributes:
        rows: of each array, by its name.
        read: a clip's rows, (n, ...) by array; a `UserError` says why it cannot be read.
        settings: all that decides what `read` gives, as JSON values; what was done under others is void.
    """

    rows: Mapping[str, Rows]
    read: Callable[[Clip], Mapping[str, NDArray[Any]]]
    settings: Mapping[str, Any]

    @property
    def most_bytes(self) -> int:
        """What the rows of a clip take at the most."""
        return sum(r.most * math.prod(r.shape) * np.dtype(r.dtype).itemsize for r in self.rows.values())

    @property
    def head(self) -> dict[str, Any]:
        """What must not have changed since an interruption."""
        layout = {name: [each.dtype, *each.shape] for name, each in self.rows.items()}
        return {"decoder": decoder(), "layout": layout, "settings": dict(self.settings)}


@dataclass
class Decoded:
    """What the arrays hold.

    Attributes:
        names: of the clips, in the order of their rows.
        counts: how many rows each has, by array.
        left_out: why a clip that may be left out is, by its name.
    """

    names: list[str] = field(default_factory=list)
    counts: dict[str, list[int]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, counts: Mapping[str, int]) -> None:
        """Note one more clip."""
        self.names.append(name)
        for array, count in counts.items():
            self.counts.setdefault(array, []).append(count)

    def kept(self, array: str) -> int:
        """How many rows of an array its clips have together."""
        return sum(self.counts.get(array, ()))


def decoder() -> str:
    """What decodes here, with its versions."""
    import av

    return f"PyAV {av.__version__} with FFmpeg {av.ffmpeg_version_info}"


def decode(
    clips: Sequence[Clip], recipe: Recipe, folder: Path, allowed: frozenset[str], title: str
) -> Decoded:
    """Write every array of the recipe into `folder`; what is noted beside it is not done again.

    Args:
        clips: in the order in which they are decoded.
        recipe: how.
        folder: where the arrays go.
        allowed: names of clips that are left out if they cannot be read.
        title: of the data set, for the progress bar.

    Raises:
        UserError: clips cannot be read, of which the first is named and all are listed in a file beside
            `folder`; or the disk has no room.
    """
    notes = folder.parent / "notes.jsonl"
    decoded = _resumed(notes, recipe, clips)
    done = set(decoded.names)
    waiting = [clip for clip in clips if clip.name not in done]
    _refuse_full(folder, recipe, len(waiting))
    failed = dict[str, str]()
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(
                Growing(folder / f"{name}.npy", each.shape, each.dtype, decoded.kept(name))
            )
            for name, each in recipe.rows.items()
        }
        bar = stack.enter_context(
            tqdm(
                desc=f"decode {title}",
                total=len(clips),
                initial=len(decoded.names),
                unit="clip",
                disable=None,
            )
        )
        for clip, found in _read(recipe, waiting, stack):
            bar.update()
            if isinstance(found, UserError):
                failed[clip.name] = str(found)
                continue
            counts = {name: len(found[name]) for name in files}
            for name, file in files.items():
                file.append(found[name])
            _note(notes, clip, counts)
            decoded.take(clip.name, counts)
    _refuse_unreadable(failed, allowed, folder.parent / UNREADABLE)
    decoded.left_out = failed
    return decoded


def _read(
    recipe: Recipe, waiting: Sequence[Clip], stack: ExitStack
) -> Iterator[tuple[Clip, Mapping[str, NDArray[Any]] | UserError]]:
    """Each clip with its rows, or with why it has none."""

    def read(clip: Clip) -> Mapping[str, NDArray[Any]] | UserError:
        try:
            return recipe.read(clip)
        except UserError as error:
            return error
        except OSError as error:
            file = error.filename or clip.files[0]
            return UserError(
                f"{file} cannot be read ({error.strerror or error}); mend that, or fetch it again."
            )

    found = stack.enter_context(closing(ahead(read, waiting, len(os.sched_getaffinity(0)))))
    return zip(waiting, found, strict=True)


def _resumed(notes: Path, recipe: Recipe, clips: Sequence[Clip]) -> Decoded:
    """What earlier calls did that still holds; `notes` is cut behind it."""
    head = json_text(recipe.head)
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    if lines and lines[0] != head:
        log.warning("What was decoded under other settings or by another decoder is decoded again.")
        lines = []
    there, decoded, kept = {clip.name: clip for clip in clips}, Decoded(), [head]
    for line in lines[1:]:
        try:
            note = json.loads(line)
        except ValueError:  # cut off by a kill
            break
        clip = there.pop(note["name"], None)
        if clip is None or note["files"] != _stamps(clip):
            log.warning("%s has changed: it is decoded again, and what came after it.", note["name"])
            break
        decoded.take(clip.name, note["rows"])
        kept.append(line)
    write_text(notes, "\n".join(kept) + "\n")
    return decoded


def _note(notes: Path, clip: Clip, rows: Mapping[str, int]) -> None:
    """Say that the rows of a clip are written."""
    with naming(notes), notes.open("a", encoding="utf-8") as file:
        file.write(json_text({"name": clip.name, "rows": rows, "files": _stamps(clip)}) + "\n")


def _stamps(clip: Clip) -> list[list[int]]:
    """Size and time of the last change, in nanoseconds, of each file."""
    found = [file.stat() for file in clip.files]
    return [[each.st_size, each.st_mtime_ns] for each in found]


def _refuse_full(folder: Path, recipe: Recipe, clips: int) -> None:
    needed, free = clips * recipe.most_bytes, shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"{folder.parent} may need {needed / GIB:.1f} GiB for {clips} clips, and {free / GIB:.1f} GiB "
            "are free; make room, or name a folder on another disk as --output."
        )


def _refuse_unreadable(failed: Mapping[str, str], allowed: frozenset[str], listed: Path) -> None:
    refused = {name: why for name, why in failed.items() if name not in allowed}
    if refused:
        write_text(listed, "".join(f"{name}\t{why}\n" for name, why in refused.items()))
        name, why = next(iter(refused.items()))
        others = f" {len(refused) - 1} more are in {listed}." if len(refused) > 1 else ""
        raise UserError(f"{why}{others} To go on without, add --allow {name}, and so for each.")


def write_ranges(folder: Path, name: str, counts: Sequence[int]) -> None:
    """Store where the rows of each clip begin and how many it has, as <name>_first and <name>_count."""
    count = np.array(counts, "<i8")
    arrays.write(folder, **{f"{name}_first": np.cumsum(count) - count, f"{name}_count": count})
