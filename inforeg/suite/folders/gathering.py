"""Folders made of the user's own files: begun beside their place, gone on with after an interruption."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inforeg.data import checks
from inforeg.data.gathered import Gathered, Material
from inforeg.engine.plugins import digest
from inforeg.errors import UserError, warn
from inforeg.files import write_text
from inforeg.locks import locked
from inforeg.reading import read_text
from inforeg.suite.folders import manifest
from inforeg.suite.folders.listing import directory_hash
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.folders.store import fetched, refuse_replacing
from inforeg.suite.project import Project

SOURCE = "source.sha256"
"""Beside the files: of the module that makes them."""


def gather(dataset: Gathered, material: Material, output: Path) -> str:
    """Make the new folder `output` of `dataset` from the user's files; its hash.

    Raises:
        UserError: they are not what the data set needs, or another process makes the same folder. What was
            made until then stays beside `output` for the next call.
    """
    refuse_replacing(output)
    if not material.raw.exists():
        raise UserError(f"{material.raw} is not there; give --raw the folder with {dataset.layout}.")
    output = output.resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    with _workshop(output, dataset) as folder:
        sources = {} if material.own_lists else dataset.sources
        paths = fetched(sources, dataset.place)
        with checks.blaming(dataset, "gather"):
            manifest.write(dataset, folder, sources, dataset.gather(material, paths, folder))
        checks.loaded(dataset, folder, modalities=dataset.modalities)
        folder.replace(output)
    return directory_hash(output)


@contextmanager
def _workshop(output: Path, dataset: Gathered) -> Iterator[Path]:
    """A folder beside `output` that no other process works in; gone when the work is done.

    What another source of one's own data set left there is gone before: it would be pinned with the rest.
    """
    beside = output.with_name(f".{output.name}.unfinished")
    refusal = f"Another process makes {output} at this moment; wait for it, or give --output another folder."
    with locked(output.with_name(f".{output.name}.lock"), refusal):
        module = type(dataset).__module__
        source, noted = digest(module) or "", beside / SOURCE
        if noted.exists() and read_text(noted) != source and not module.startswith("inforeg."):
            warn(f"The source of {module} has changed since {output} was begun; it begins anew.")
            shutil.rmtree(beside)
        (beside / "files").mkdir(parents=True, exist_ok=True)
        write_text(noted, source)
        yield beside / "files"
        shutil.rmtree(beside)


def gaps(project: Project, benchmarks: Iterable[str]) -> dict[str, str]:
    """A sentence for each of the benchmarks whose data lack samples, or a modality of some."""
    datasets = {name: dataset_of(project.benchmark(name).data) for name in benchmarks}
    found = {
        name: _gap(project.root / "data" / dataset.place)
        for name, dataset in datasets.items()
        if isinstance(dataset, Gathered)
    }
    return {name: sentence for name, sentence in found.items() if sentence}


def _gap(folder: Path) -> str:
    if not (folder / manifest.NAME).exists():
        return "whether samples are missing is not known where the runs were collected."
    told, said = manifest.read(folder).gathered, []
    unreadable = len(told.get("left_out", ()))
    # Where there is no list, nobody can say which ones are missing.
    named = "missing" in told or "listed" not in told
    missing = len(told.get("missing", ())) if named else told["listed"] - told["clips"] - unreadable
    if missing + unreadable:
        samples = f"{told['listed']} samples listed"
        said.append(f"of the {samples}, {missing} are missing and {unreadable} cannot be read")
    for modality, count in told.get("lacking", {}).items():
        if count:
            said.append(f"{count} samples have no {modality}, and count for its own accuracy at chance")
    return "; ".join(said) + "." if said else ""
