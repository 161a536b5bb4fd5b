"""data.dvc gets the version of a data set's folder, and DVC's cache the folder."""

from pathlib import Path
from typing import Any

import yaml

from inforeg.data import checks
from inforeg.errors import UserError
from inforeg.files import write_text
from inforeg.locks import locked
from inforeg.reading import yaml_value
from inforeg.suite.folders import manifest, store
from inforeg.suite.folders.listing import directory_hash
from inforeg.suite.folders.places import dataset_at
from inforeg.suite.project import Project


def add(name: str, project: Project, *, cached: bool = True) -> str:
    """Pin data/`name` as it is now; its hash.

    Args:
        name: of the folder.
        project: whose data/ and data.dvc are meant.
        cached: also put the folder into DVC's cache, for `dvc push`; it may take the same space again, and a
            cache that does not take it is a warning.

    Raises:
        UserError: the folder is not whole, or cannot be trained on; data.dvc stays as it was.
    """
    folder, dataset = project.root / "data" / name, dataset_at(name, project)
    if not folder.is_dir():
        raise UserError(
            f"{folder} is not there; make it by `inforeg data prepare {name} --output data/{name}`."
        )
    manifest.check(folder)
    if (described := manifest.read(folder).benchmark) != name:
        raise UserError(f"{folder / manifest.NAME} is of the data set {described!r}; pin that one.")
    checks.loaded(dataset, folder, modalities=dataset.modalities)
    project.pins()  # refuses a data.dvc that nothing should be added to
    md5 = directory_hash(folder)
    if cached and (project.root / ".dvc").is_dir():
        store.keep(project.root, folder)
    with locked(folder.parent / ".lock"):
        _write(project.root / "data.dvc", name, _entry(folder, md5))
    return md5


def _entry(folder: Path, md5: str) -> dict[str, Any]:
    """What DVC writes for the folder."""
    names = manifest.files_in(folder)
    size = sum((folder / name).stat().st_size for name in names)
    return {"md5": md5, "size": size, "nfiles": len(names), "hash": "md5", "path": f"data/{folder.name}"}


def _write(file: Path, name: str, entry: dict[str, Any]) -> None:
    """Put the entry into `file`, in the place of the one that there may be; the others stay as they are."""
    content = yaml_value(file.read_text(encoding="utf-8"), str(file)) if file.exists() else {"outs": []}
    others = [out for out in content["outs"] if Path(str(out["path"])).name != name]
    content["outs"] = sorted([*others, entry], key=lambda out: str(out["path"]))
    write_text(file, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
