"""The one exception that a user is meant to read."""

import difflib
import re
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class UserError(ValueError):
    """What the user gave cannot be used: one sentence with the thing's name and the remedy.

    The command line prints it without a traceback and exits with status 2.
    """


DIVERGED = "diverged"
"""Key of a run's summary under which one without results says why."""


class DivergenceError(UserError):
    """A training that ends in numbers that are not finite: a result of its spec, kept like any other."""


def warn(sentence: str) -> None:
    """Tell the user what goes on all the same."""
    print(f"inforeg: warning: {sentence}", file=sys.stderr)


def unknown(
    kind: str, name: str, known: Iterable[str], also: Mapping[str, str] | None = None, listing: str = ""
) -> UserError:
    """The error for a name that does not exist, with the nearest one offered.

    Args:
        kind: of thing.
        name: what it was called.
        known: the names that exist.
        also: further names by which one of them may be meant.
        listing: where to read them, if they are too many for a sentence.
    """
    names = {each: each for each in sorted(known)}
    meant = {**(also or {}), **names}
    near = difflib.get_close_matches(name, meant, n=1, cutoff=0.5)
    hint = f"did you mean {meant[near[0]]!r}?" if near else listing or f"known: {', '.join(names)}."
    return UserError(f"There is no {kind} {name!r}; {hint}")


SURPLUS = ("extra_forbidden", "unexpected_keyword_argument")
"""Pydantic's names for a key that does not exist."""


def invalid(where: str, error: "ValidationError", known: Iterable[str] = ()) -> UserError:
    """The error for settings that do not validate: the first complaint, in one sentence."""
    complaints = error.errors()
    surplus = (each for each in complaints if each["type"] in SURPLUS)
    first = next(surplus, complaints[0])  # a key too many is often the misspelt one that is missing
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] in SURPLUS:
        return unknown(f"setting of {where} named", key.rsplit(".", 1)[-1], known)
    if first["type"] in ("missing", "missing_argument"):
        return UserError(f"{where} lacks the setting {key!r}; add it.")
    if first["type"] == "literal_error" and (near := _nearest(first["input"], first["ctx"]["expected"])):
        return UserError(f"{where}: {key} = {shown(first['input'])} is not valid; did you mean {near}?")
    reason = _reason(first["msg"])
    if not key:
        return UserError(f"{where} is not valid: {_ended(reason)}")
    return UserError(f"{where}: {key} = {shown(first['input'])} is not valid: {_ended(reason)}")


def complaint(error: "ValidationError") -> str:
    """The first complaint of `error` with the key that it is about, as a clause."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    reason = _reason(first["msg"])
    return f"{key}: {reason}" if key else reason


def _reason(message: str) -> str:
    """Pydantic's message, or a validator's, as a clause."""
    return message.removeprefix("Value error, ").removesuffix(".")


def _nearest(given: object, expected: str) -> str:
    """The word in quotes of pydantic's list `expected` that is most like the one given; empty if none is."""
    near = difflib.get_close_matches(repr(given), re.findall("'[^']*'", expected), n=1, cutoff=0.6)
    return near[0] if near else ""


def _ended(clause: str) -> str:
    return clause if clause.endswith("?") else f"{clause}."


def said(error: Exception) -> str:
    """An error of somebody else's code, in a line."""
    words = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


LONGEST = 80
"""Characters of a value that a sentence shows."""


def shown(value: object) -> str:
    """`value` as a sentence shows it: cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of more digits than Python prints, a value in itself
        return f"a value of the type {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
