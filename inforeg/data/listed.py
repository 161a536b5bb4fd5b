"""Lists of samples against the files that are there."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from inforeg.data.gathered import Material
from inforeg.errors import UserError

log = logging.getLogger(__name__)

FEW = 3
"""Names that a sentence shows."""


def refuse_twice(names: Iterable[str], where: str) -> None:
    """Raise if a name stands twice in the list `where`."""
    for name, times in Counter(names).items():
        if times > 1:
            raise UserError(f"{where} names {name!r} {times} times; a sample may stand there once.")


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
    share = (len(listed) - len(missing)) / len(listed)
    wanted = min_share if material.min_share is None else material.min_share
    told = f"{material.raw} lacks {len(missing)} of the {len(listed)} samples listed ({_few(missing)})"
    if share < wanted or not share:
        raise UserError(f"{told}; get them, or go on without by --min-share {int(1000 * share) / 1000}.")
    if missing:
        log.warning("%s.", told)
    if unlisted:
        log.warning(
            "%s holds %d samples that no list names (%s).", material.raw, len(unlisted), _few(unlisted)
        )
    return {"listed": len(listed), "missing": missing, "unlisted": unlisted}


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:FEW]) + (" ..." if len(names) > FEW else "")
