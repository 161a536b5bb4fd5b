"""All promises, and how a plug-in keeps them."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from inforeg.errors import unknown
from inforeg.registry import METHODS
from inforeg.testing import datasets, hooks, methods, noise, options, streams
from inforeg.testing.cases import Case, Trainings, cases_of, placed
from inforeg.testing.promises import complaint, titled

ONCE: tuple[Callable[[Case, Trainings], None], ...] = (
    hooks.check_says,
    hooks.check_steps,
    methods.check_neutral,
    options.check_options,
)
"""Of a method, whatever the variant."""

EACH: tuple[Callable[[Case, Trainings], None], ...] = (
    methods.check_finite,
    methods.check_same_bits,
    methods.check_does_something,
    methods.check_moves,
    methods.check_order,
    methods.check_alone,
    methods.check_blind,
    methods.check_validation,
    methods.check_resumes,
    methods.check_absent,
    hooks.check_chance,
    hooks.check_training_mode,
    hooks.check_trace,
    hooks.check_bf16,
    noise.check_noise,
    streams.check_readers,
    streams.check_padding,
)
"""Of each variant."""

Verdict = tuple[str, str | None]
"""What was checked, and what is wrong, if anything is."""

Check = TypeVar("Check", bound=Callable[..., None])


def of_method(name: str, only: list[str], root: Path) -> Iterator[Verdict]:
    """Check a method, on runs below the folder `root`.

    Args:
        name: of the method.
        only: titles of the checks to make; all if there are none.
        root: of the runs.
    """
    once, each = chosen(only, ONCE, EACH)
    source = Path(inspect.getfile(METHODS.get(name)))
    trainings = Trainings(root)
    for number, unplaced in enumerate(cases_of(name)):
        case = placed(unplaced)
        for check in (*(once if number == 0 else ()), *each):
            variant = "" if check in ONCE or number == 0 else f" ({case.variant})"
            yield titled(check) + variant, complaint(partial(check, case, trainings), source)


def of_dataset(made: datasets.Made, only: list[str]) -> Iterator[Verdict]:
    """Check a data set whose folder is made."""
    source = Path(inspect.getfile(type(made.dataset)))
    (checks,) = chosen(only, datasets.CHECKS)
    for check in checks:
        yield titled(check), complaint(partial(check, made), source)


def chosen(only: list[str], *catalogues: tuple[Check, ...]) -> list[tuple[Check, ...]]:
    """Of each catalogue, the checks that `only` names; all where it names none."""
    known = [titled(check) for checks in catalogues for check in checks]
    for name in only:
        if name not in known:
            raise unknown("check", name, known)
    return [tuple(check for check in checks if not only or titled(check) in only) for checks in catalogues]
