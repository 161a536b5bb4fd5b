"""A promise is a function that raises where it is broken, with what to mend."""

import traceback
from collections.abc import Callable
from pathlib import Path

from inforeg.errors import UserError, said


class BrokenPromiseError(AssertionError):
    """A plug-in does not do what all of its kind do: one sentence with the remedy."""


def require(holds: bool, sentence: str) -> None:
    """Raise `BrokenPromiseError` with the sentence unless it holds."""
    if not holds:
        raise BrokenPromiseError(sentence)


def complaint(check: Callable[[], object], source: Path) -> str | None:
    """What `check` has to say against the plug-in whose code is in the file `source`; None if nothing."""
    try:
        check()
    except (BrokenPromiseError, UserError) as error:
        return str(error)
    except Exception as error:  # of somebody else's code
        trace = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in trace if frame.filename == str(source)]
        place = f"{source.name}, line {lines[-1]}" if lines else source.name
        return f"it fails ({said(error)}; {place}); mend it there."
    return None


def titled(check: Callable[..., object]) -> str:
    """A check's name on the command line: `check_same_bits` is same-bits."""
    return check.__name__.removeprefix("check_").replace("_", "-")
