"""Lists of samples against the files that are there."""

import csv
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from inforeg.data.gathered import Material
from inforeg.errors import UserError, shown, unknown
from inforeg.reading import read_text

log = logging.getLogger(__name__)

FEW = 3
"""Names that a sentence shows."""


def refuse_twice(names: Iterable[str], where: str) -> None:
    """Raise if a name stands twice in the list `where`."""
    for name, times in Counter(names).items():
        if times > 1:
            raise UserError(f"{where} names {name!r} {times} times; a sample may stand there once.")


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a list that are not empty, each with its place for messages."""
    if not path.is_file():
        raise UserError(f"{path} is not there; put the list of samples there.")
    # Not by `splitlines`, which knows ends of lines that may stand inside one.
    lines = read_text(path).removeprefix("\ufeff").split("\n")
    yield from ((f"{path}, line {n}", each) for n, each in enumerate(lines, 1) if each.strip())


def fields_of(line: str, count: int) -> list[str]:
    """What stands between the commas of a line; of more than `count` fields the first one holds the others.

    Any may be in quotation marks; where these are odd, the whole line is one field.
    """
    try:
        reader = csv.reader([line], skipinitialspace=True, strict=True)
        fields = next(reader) if '"' in line else line.split(",")
    except csv.Error:
        return [line]
    first = max(1, len(fields) - count + 1)
    return [each.strip() for each in (",".join(fields[:first]), *fields[first:])]


def labelled(path: Path, classes: Sequence[str]) -> dict[str, int]:
    """The class index of each sample in a list of lines `name,class`.

    Raises:
        UserError: a line is none, a class is none of `classes`, or a name stands twice.
    """
    pairs = []
    for place, line in lines_of(path):
        name, *label = fields_of(line, 2)
        if not (name and label):
            raise UserError(f"{place} is {shown(line)}, not a name and a class such as {EXAMPLE}.")
        pairs.append((name, class_index(label[0], classes, place)))
    refuse_twice((name for name, _ in pairs), str(path))
    return dict(pairs)


EXAMPLE = "1001_DFA_ANG_XX,ANG"


def class_index(label: str, classes: Sequence[str], place: str) -> int:
    """Where `label` is among `classes`; a `UserError` names its `place`."""
    if label not in classes:
        raise UserError(f"{place}: {unknown('class', label, classes)}")
    return classes.index(label)


def files_below(folder: Path, suffixes: Collection[str]) -> Iterator[Path]:
    """Files with one of the `suffixes` anywhere below `folder`, in order; none that is hidden.

    Raises:
        UserError: one has a name that nobody can write down.
    """
    for path in _leaves(folder):
        if path.suffix.lower() in suffixes and path.is_file():
            try:
                str(path).encode()
            except UnicodeEncodeError:
                raise UserError(f"{str(path)!a} has a name that is not in UTF-8; rename it.") from None
            yield path


def _leaves(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """What is below `folder` and no folder, links to folders followed but those back to one `above`."""
    real = folder.resolve()
    if real in above:
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _leaves(path, (*above, real))
        else:
            yield path


def files_in(folder: Path, *suffixes: str) -> dict[str, Path]:
    """Files with one of the `suffixes` anywhere below `folder`, by name without it.

    Raises:
        UserError: there is no such folder, no such file, or two of one name.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not there; give --raw the folder that holds it.")
    found: dict[str, Path] = {}
    for path in files_below(folder, suffixes):
        if path.stem in found:
            raise UserError(f"{found[path.stem]} and {path} have one name; remove one of them.")
        found[path.stem] = path
    if not found:
        raise UserError(f"{folder} holds no {' or '.join(suffixes)} files; give --raw the folder that does.")
    return found


def compared(
    listed: Sequence[str], there: Collection[str], material: Material, min_share: float
) -> dict[str, Any]:
    """What a manifest says of samples that are listed and not there, and the reverse.

    Args:
        listed: names in the list.
        there: names of what the raw folder holds.
        material: the user's files, and what share of the list they may be.
        min_share: the data set's own.

    Raises:
        UserError: too few are there.
    """
    missing, unlisted = sorted({*listed} - {*there}), sorted({*there} - {*listed})
    told = f"{material.raw} lacks {len(missing)} of the {len(listed)} samples listed ({_few(missing)})"
    refuse_few(len(listed) - len(missing), len(listed), told, material, min_share)
    if unlisted:
        log.warning(
            "%s holds %d samples that no list names (%s).", material.raw, len(unlisted), _few(unlisted)
        )
    return {"listed": len(listed), "missing": missing, "unlisted": unlisted}


def refuse_few(there: int, listed: int, told: str, material: Material, min_share: float) -> None:
    """Raise if too few of the `listed` samples are there; warn if some are not.

    Args:
        there: how many are.
        listed: how many there should be.
        told: the same as a sentence.
        material: what share of them there may be.
        min_share: the data set's own.
    """
    if not there:
        raise UserError(f"{told}; give --raw the folder that holds them.")
    share = there / listed
    wanted = min_share if material.min_share is None else material.min_share
    if share < wanted:
        raise UserError(f"{told}; get them, or go on without by --min-share {int(1000 * share) / 1000}.")
    if there < listed:
        log.warning("%s.", told)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:FEW]) + (" ..." if len(names) > FEW else "")
