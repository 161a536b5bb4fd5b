"""A folder as DVC lists and hashes it."""

import hashlib
import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from inforeg.errors import UserError
from inforeg.files import inside
from inforeg.reading import json_value, validated
from inforeg.suite.folders import manifest
from inforeg.suite.folders.hashes import hashes


class Entry(BaseModel):
    """One file; DVC's other keys do not matter here."""

    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    relpath: str


class Listing(RootModel[list[Entry]]):
    """What DVC keeps under a folder's hash."""


def directory_hash(folder: Path) -> str:
    """MD5 of a folder as DVC 3 computes it and data.dvc states it."""
    found = hashes(folder, manifest.files_in(folder))
    entries = [{"md5": md5, "relpath": name} for name, md5 in found.items()]
    return name_of(json.dumps(entries, sort_keys=True).encode())


def name_of(content: bytes) -> str:
    """The name under which DVC keeps the listing `content`."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest() + ".dir"


def read(content: bytes, name: str, folder: Path, where: str) -> dict[Path, str]:
    """The MD5 of each file that the listing `content` has, by the file's place in `folder`.

    Args:
        content: the listing's bytes.
        name: its name in the cache, which is its hash.
        folder: where the files will go.
        where: how messages call the listing.

    Raises:
        UserError: it is not what its name says, or names anything but files inside `folder`, each once.
    """
    if name_of(content) != name:
        raise UserError(f"{where} is damaged: its MD5 is {name_of(content)}.")
    places: dict[Path, str] = {}
    for entry in validated(Listing, json_value(content.decode(errors="replace"), where), where).root:
        place = inside(folder, entry.relpath, where)
        if place in places:
            raise UserError(f"{where} names {entry.relpath!r} twice.")
        places[place] = entry.md5
    return places
