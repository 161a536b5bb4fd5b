"""A finished run as one file: an archive whose every byte is checked when it is read."""

import shutil
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from inforeg.engine.contents import COST, EVENTS, METRICS, MODEL, PREDICTIONS, RUN, SUMMARY
from inforeg.engine.tracking import FILE
from inforeg.errors import UserError
from inforeg.runspec import digest_of

MEMBERS = (RUN, METRICS, PREDICTIONS, MODEL, COST, f"{EVENTS}/{FILE}", SUMMARY)
"""What of a run is kept, in the order in which it is put into its place: the summary means done."""

UNREADABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile raises over archives that are cut short, changed, encrypted or of a kind of their own."""


def name_of(spec_sha256: str, sources: Mapping[str, str]) -> str:
    """The object's name: what decides a run's bits, that is its spec and the sources of others' plug-ins."""
    others = f"-{digest_of(sources)[:16]}" if sources else ""
    return f"{spec_sha256[:2]}/{spec_sha256[2:]}{others}.zip"


def pack(folder: Path, path: Path) -> None:
    """Write the finished run in `folder` as the file `path`; equal runs give equal bytes."""
    with ZipFile(path, "w") as archive:
        for name in MEMBERS:
            if (folder / name).exists():
                member = ZipInfo(name)  # dated alike, whenever it is written
                member.compress_type = ZIP_DEFLATED
                with (folder / name).open("rb") as file, archive.open(member, "w", force_zip64=True) as kept:
                    shutil.copyfileobj(file, kept)


def unpack(archive: Path | BinaryIO, folder: Path, remedy: str, members: Collection[str] = MEMBERS) -> None:
    """Put those of the `members` that an archive holds into `folder`.

    Raises:
        UserError: it is cut short or changed, or holds something else, with the `remedy`, a clause.
    """
    try:
        with ZipFile(archive) as opened:
            held = opened.namelist()
            if strange := set(held) - set(MEMBERS):
                raise UserError(f"its archive holds {min(strange)!r}, which is no part of a run; {remedy}.")
            opened.extractall(folder, [name for name in held if name in members])
    except UNREADABLE as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"its archive is cut short, or was changed after it had been written; {remedy}."
        ) from None
