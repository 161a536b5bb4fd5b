"""An option that does nothing looks like one that works: another value trains other bits."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from inforeg.errors import UserError
from inforeg.registry import METHODS
from inforeg.testing.cases import Case, Trainings, cases_of, placed
from inforeg.testing.promises import require
from inforeg.testing.toy import equal, fitted, make_data


def check_options(case: Case, trainings: Trainings) -> None:
    """Each option, set to another value, trains other bits, by default or beside a variant's settings."""
    found = idle(case.method)
    require(
        not found,
        f"other values of {', '.join(sorted(found))} train the same bits; mend it, or offer among `variants` "
        "the settings beside which it matters.",
    )


def options(method: str) -> set[str]:
    """The options that have a say by themselves."""
    cls = METHODS.get(method)
    refused = {"unimodal_weight"} if cls.own_losses else set()
    return {option.name for option in fields(cls)} - refused


def idle(method: str) -> set[str]:
    """Options none of whose other values, where any is known, changes a bit beside any variant's settings."""
    found = {option: [*_others(method, option)] for option in options(method)}
    cases = [placed(case) for case in cases_of(method)]
    return {
        option
        for option, values in found.items()
        if values and not any(_matters(case, option, values) for case in cases)
    }


def _matters(case: Case, option: str, values: list[Any]) -> bool:
    """Whether one of the values trains other bits than the case's own."""
    data, training = make_data(case.modalities), {"epochs": 7}
    plain = case.spec(training)
    specs = (case.spec(training, **{option: value}) for value in values)
    weights = fitted(plain, data)
    return any(not equal(weights, fitted(spec, data)) for spec in specs if spec.settings != plain.settings)


def _others(method: str, option: str) -> Iterator[Any]:
    """Other values that the option may have."""
    schema = TypeAdapter(METHODS.get(method)).json_schema()["properties"][option]
    default = METHODS.options(METHODS.build(method, {}))[option]
    guesses: list[Any] = schema.get("enum", [])
    if isinstance(default, bool):
        guesses = [not default]
    elif isinstance(default, int | float):
        guesses = [2 * default, default / 2, default + 1, 0.5]
    for guess in guesses:
        try:
            built = METHODS.options(METHODS.build(method, {option: guess}))[option]
        except UserError:
            continue
        if built != default:
            yield guess
