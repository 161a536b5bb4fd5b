"""The folders under data/: had from DVC or rebuilt from the pinned sources, always as data.dvc pins them."""

import glob
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from inforeg.data import checks
from inforeg.data.base import Dataset
from inforeg.data.gathered import Gathered
from inforeg.data.sources import Source
from inforeg.data.splits import PARTS
from inforeg.errors import UserError, said
from inforeg.files import PART
from inforeg.locks import locked
from inforeg.suite.folders import manifest
from inforeg.suite.folders.listing import directory_hash
from inforeg.suite.folders.places import dataset_at
from inforeg.suite.project import Project

log = logging.getLogger(__name__)


def _matches(folder: Path, expected: str) -> bool:
    return folder.is_dir() and directory_hash(folder) == expected


def pinned(name: str, project: Project) -> str:
    """The hash that data.dvc states for the folder data/`name`."""
    pins, file = project.pins(), project.root / "data.dvc"
    if name not in pins:
        if isinstance(dataset := dataset_at(name, project), Gathered):
            raise UserError(dataset.remedy)
        raise UserError(
            f"{file} has no entry for data/{name}; make the folder by `inforeg data prepare {name} --output "
            f"data/{name}` and pin it by `inforeg data add {name}`."
        )
    hashes = project.data_hashes()
    if name not in hashes:
        what = "as a file, not a folder" if pins[name] else "without a hash"
        raise UserError(
            f"{file} has data/{name} {what}; run `inforeg data add {name}` once the folder is there."
        )
    return hashes[name]


def verify(name: str, project: Project) -> Path:
    """The folder data/`name`, as data.dvc pins it; takes milliseconds.

    Raises:
        UserError: it is not there, a file differs (which it names), or it is another version.
    """
    folder = project.root / "data" / name
    expected = pinned(name, project)
    if not os.path.lexists(folder):
        raise UserError(f"{folder} is not there; run `inforeg data fetch {name}`.")
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder; move it elsewhere and run `inforeg data fetch {name}`.")
    if directory_hash(folder) != expected:
        manifest.check(folder)
        raise UserError(
            f"{folder / manifest.NAME} is of another version than data.dvc pins; {manifest.choose(folder)}."
        )
    if (described := manifest.read(folder).benchmark) != name:
        raise UserError(
            f"{folder / manifest.NAME} is of the data set {described!r}; pin {name!r} in data.dvc."
        )
    return folder


def fetch(name: str, project: Project, force: bool = False) -> Path:
    """The folder data/`name`, as data.dvc pins it, made if need be.

    There already, else from DVC's cache or remote, else rebuilt from the pinned sources.

    Args:
        name: of the folder.
        project: whose data/ and data.dvc are meant.
        force: replace a folder that differs, instead of raising.

    Raises:
        UserError: it cannot be had, or what is there would be lost.
    """
    folder = project.root / "data" / name
    expected = pinned(name, project)
    if _matches(folder, expected):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent / ".lock"):
        if _matches(folder, expected):  # another process has made it meanwhile
            return folder
        with _beside(folder) as made:
            _make(dataset_at(name, project), project.root, expected, made)
            if os.path.lexists(folder):
                _refuse_loss(folder, made, force)
                for path in manifest.clutter_in(folder):
                    _move(path, made / path.relative_to(folder))
                folder.replace(made.with_name(f".{name}.old{PART}"))
            made.replace(folder)
    return folder


def prepare(dataset: Dataset, output: Path) -> str:
    """Rebuild `dataset` from its sources as the new folder `output`; its hash."""
    refuse_replacing(output)
    output = output.resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    with _beside(output) as made:
        build(dataset, made)
        checks.loaded(dataset, made, modalities=dataset.modalities)
        made.replace(output)
    return directory_hash(output)


def refuse_replacing(output: Path) -> None:
    """Raise where there is anything at `output`."""
    if os.path.lexists(output):
        raise UserError(f"{output} is there already; name a folder that is not.")


def counts(dataset: Dataset, folder: Path) -> dict[str, dict[str, int]]:
    """Samples of each class by the parts of the stored divisions, else by those that load gives."""
    if divisions := manifest.read(folder).counts:
        ordered = {name: [part for part in PARTS if part in parts] for name, parts in divisions.items()}
        return {f"{name} {part}": divisions[name][part] for name, parts in ordered.items() for part in parts}
    data = dataset.load(folder)
    targets = {part: getattr(data, part).target for part in PARTS}
    found = {part: target.bincount(minlength=len(data.classes)).tolist() for part, target in targets.items()}
    return {part: dict(zip(data.classes, numbers, strict=True)) for part, numbers in found.items()}


def fetched(sources: Mapping[str, Source], name: str) -> dict[str, Path]:
    """The pinned files of the data set `name` in the cache, by key."""
    bar = tqdm(sources.items(), desc=f"sources of {name}", unit="file", disable=None, leave=False)
    return {key: source.fetch() for key, source in bar}


def build(dataset: Dataset, folder: Path) -> None:
    """Make the new `folder` of `dataset` from its fetched sources, with its manifest."""
    paths = fetched(dataset.sources, dataset.place)
    folder.mkdir()
    with checks.blaming(dataset, "prepare"):
        dataset.prepare(paths, folder)
        manifest.write(dataset, folder, dataset.sources)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A path for the folder in the making, gone when the block ends."""
    made = folder.with_name(f".{folder.name}.{os.getpid()}{PART}")
    try:
        _clear(folder)
        yield made
    finally:
        _clear(folder)


def _clear(folder: Path) -> None:
    """Remove what this process, or one that was killed, has put beside `folder`."""
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.*{PART}"):
        if not _is_running(left.name.removesuffix(PART).rpartition(".")[2]):
            shutil.rmtree(left, ignore_errors=True)


def _is_running(process: str) -> bool:
    """Whether another process with this number runs."""
    if not process.isdecimal() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except PermissionError:  # it is somebody else's
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _make(dataset: Dataset, root: Path, expected: str, made: Path) -> None:
    """Put the folder of `dataset` with the hash `expected` at `made`, and into DVC's cache."""
    name, known = dataset.place, (root / ".dvc").is_dir()
    asks_first, failure = bool(dataset.sources) or isinstance(dataset, Gathered), ""
    if known and asks_first:
        taken, failure = _taken(name, root, expected, made)
        if taken:
            return
    try:
        _rebuild(dataset, expected, made, failure)
    except UserError:
        # What needs no sources is made without DVC, but its author's own files may have gone there.
        taken, failure = (False, "") if not known or asks_first else _taken(name, root, expected, made)
        if failure:
            log.warning("%s.", failure)
        if not taken:
            raise
        return
    if known:
        keep(root, made)


def _taken(name: str, root: Path, expected: str, made: Path) -> tuple[bool, str]:
    """Whether DVC's cache or remote gave the folder, now at `made`; and why not, if one of them fails."""
    shutil.rmtree(made, ignore_errors=True)
    failure = ""
    try:
        # Imported late: it takes half a second, which a folder that is there already does not need.
        from inforeg.suite.folders import dvc_cache  # noqa: PLC0415

        if dvc_cache.take(root, f"data/{name}", expected, made) and _matches(made, expected):
            return True, ""
    except UserError as error:
        failure = str(error)
    except Exception as error:  # of DVC, its plug-ins and its surroundings
        failure = f"DVC cannot be asked for data/{name} ({said(error)})"
    shutil.rmtree(made, ignore_errors=True)
    return False, failure


def keep(root: Path, made: Path) -> None:
    """Put the folder into DVC's cache; whatever DVC raises is a warning."""
    try:
        from inforeg.suite.folders import dvc_cache  # noqa: PLC0415

        dvc_cache.keep(root, made)
    except Exception as error:  # of DVC and its surroundings
        log.warning("DVC does not keep the data (%s); training needs no DVC.", said(error))


def _rebuild(dataset: Dataset, expected: str, made: Path, failure: str) -> None:
    """Make the folder without DVC, whose `failure` to give it is said; empty where it did not fail."""
    name = dataset.place
    if isinstance(dataset, Gathered):
        lacking = failure or f"data/{name} is in no cache or remote of DVC that this machine reaches"
        raise UserError(f"{lacking}, and nothing else has it: {dataset.remedy}")
    if failure:
        log.warning("%s: rebuilding it.", failure)
    build(dataset, made)
    if (found := directory_hash(made)) != expected:
        raise UserError(
            f"data/{name} comes out with the hash {found}, but data.dvc pins {expected}: it belongs to "
            "another version of inforeg; use data.dvc and inforeg of one commit, or pin what `inforeg data "
            f"prepare {name} --output data/{name}` makes by `inforeg data add {name}`."
        )


def _refuse_loss(folder: Path, made: Path, force: bool) -> None:
    """Raise if `folder` is or holds what `made` does not; `force` gives up changed files, never others."""
    if folder.is_symlink() or not folder.is_dir():
        raise UserError(f"{folder} is no folder of its own; move it elsewhere.")
    for name in manifest.files_in(folder):
        if not (made / name).is_file():
            raise UserError(f"{folder / name} does not belong to the data set; move it elsewhere.")
        if not force and (made / name).read_bytes() != (folder / name).read_bytes():
            raise UserError(f"{folder / name} differs from what data.dvc pins; {_remedy(folder)}.")


def _remedy(folder: Path) -> str:
    """What to do about a folder that is not as data.dvc pins it."""
    try:
        manifest.check(folder)
    except UserError:
        return manifest.restore(folder)
    return manifest.choose(folder)


def _move(path: Path, place: Path) -> None:
    """Take what is no data along into the new folder."""
    if not os.path.lexists(path) or os.path.lexists(place):  # moved with the folder that it is in
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    path.replace(place)
