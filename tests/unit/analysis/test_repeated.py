"""Which of an experiment's runs are trained again, and where they differ."""

from dataclasses import replace

import pytest

from inforeg.analysis.collected.repeated import compared, draw
from inforeg.suite.plan import Fold, Plan


def runs(plan):
    return {(cell.row, cell.benchmark, spec.variant, spec.seed) for cell in plan.cells for spec in cell.specs}


def test_a_share_is_drawn_anew_by_each_seed(sweep):
    whole = runs(sweep.plan)
    assert len(whole) == 48
    first, again, other = (runs(draw(sweep.plan, 0.1, seed)) for seed in (0, 0, 1))
    assert len(first) == 5
    assert first < whole
    assert first == again != other
    assert runs(draw(sweep.plan, 1.0, 0)) == whole


def test_cells_in_which_a_run_diverged_are_left_alone(sweep):
    apart = {("joint", "alpha"), ("joint", "beta")}
    assert runs(draw(sweep.plan, 1.0, 0, apart)) == {run for run in runs(sweep.plan) if run[0] != "joint"}


@pytest.mark.parametrize("unit", ["seed", "fold"])
def test_on_folds_a_seed_is_drawn_on_all_or_a_fold_with_all_seeds(sweep, unit):
    cell = next(cell for cell in sweep.plan.cells if cell.row == "joint")
    folds = [replace(cell, fold=Fold(number, "default", unit)) for number in (1, 2, 3)]
    (*found,) = draw(Plan((*folds,), {}), 0.01, 0).cells
    numbers, seeds = [part.fold.number for part in found], [spec.seed for spec in cell.specs]
    if unit == "fold":
        assert len(numbers) == 1
        assert [spec.seed for spec in found[0].specs] == seeds
    else:
        assert numbers == [1, 2, 3]
        assert len({tuple(spec.seed for spec in part.specs) for part in found}) == 1
        assert len(found[0].specs) == 1


def test_numbers_differ_in_one_bit_or_where_one_is_missing(study):
    again = study.collected
    count, differ = compared(again, again)
    assert (count, differ) == (len(again.runs) + len(again.epochs), [])
    epochs = again.epochs.copy()
    epochs.loc[7, "value"] += 2**-52 * epochs.loc[7, "value"]
    fewer = replace(again, epochs=epochs, runs=again.runs.drop(index=3))
    _, differ = compared(fewer, again)
    assert len(differ) == 2
    assert differ[0].endswith(": nan, published: 0.2")
    assert len(compared(again, fewer)[1]) == 2
    epochs.loc[7, "value"] = float("nan")
    unknown = replace(again, epochs=epochs)
    assert compared(unknown, unknown)[1] == []
    assert len(compared(again, unknown)[1]) == 1
