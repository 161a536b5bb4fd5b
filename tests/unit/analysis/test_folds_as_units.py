"""Where folds are a benchmark's unit, n is their number, and seeds are averaged inside each."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sweeps import CLAIM, DRAWN, Sweep, make_sweep
from test_folds import frame, observed

from inforeg.analysis.collected.folds import FOLD, pooled
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.statistics.selection_rules import honest_split
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables import details
from inforeg.analysis.tables.claims import detail_table
from inforeg.analysis.tables.main_table import main_table
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.plan import Fold

FOLDS, SEEDS = 10, 3
SCATTER = np.array([-0.02, 0.0, 0.02])
"""Of three seeds about the mean of their fold."""


def folded(root: Path, values: Mapping[str, np.ndarray], beside: Any = None, **settings: Any) -> Sweep:
    """A sweep whose rows have these accuracies, (folds, seeds), on `alpha`, whose unit is the fold."""
    folds = len(values["joint"])
    accuracies = {
        ("alpha", row, f"fold{fold + 1}"): list(found[fold])
        for row, found in values.items()
        for fold in range(folds)
    }
    sweep = make_sweep(root, accuracies | (beside or {}), {}, **settings)
    cells = tuple(
        replace(cell, fold=Fold(int(cell.variant[4:]), "default", "fold"))
        if cell.benchmark == "alpha"
        else cell
        for cell in sweep.plan.cells
    )
    alpha = sweep.benchmarks["alpha"].model_copy(update={"folds": folds, "unit": "fold"})
    benchmarks = {**sweep.benchmarks, "alpha": alpha}
    return replace(sweep, plan=replace(sweep.plan, cells=cells), benchmarks=benchmarks)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """InfoReg is a point better on nine folds and a point worse on one, though its seeds scatter by two."""
    joint = np.repeat(0.5 + 0.03 * np.arange(FOLDS)[:, np.newaxis], SEEDS, axis=1)
    gain = np.where(np.arange(FOLDS) == 4, -0.01, 0.01)[:, np.newaxis]
    values = {"joint": joint, "inforeg": joint + gain + SCATTER}
    return folded(tmp_path_factory.mktemp("folded"), values, claims=[CLAIM]).study()


@pytest.fixture(scope="module")
def statistics(study: Study) -> Statistics:
    return compute(study)


def test_a_fold_has_one_number_the_mean_over_its_seeds() -> None:
    lines = [observed(fold, 0.1 * fold + 0.02 * seed, seed=seed) for fold in (1, 2) for seed in (0, 1, 2)]
    found = pooled("runs", frame("runs", *lines, unit="fold")).set_index("seed")
    assert found["value"].to_dict() == pytest.approx({1: 0.12, 2: 0.22})
    assert found["spec_sha256"].nunique() == 2


def test_costs_are_means_over_seeds_and_predictions_and_embeddings_are_of_runs() -> None:
    costs = [
        {"metric": "steps", "value": 10.0 * fold + seed, "seed": seed, FOLD: fold}
        for fold in (1, 2)
        for seed in (0, 1)
    ]
    found = pooled("costs", frame("costs", *costs, unit="fold"))
    assert found.set_index("seed")["value"].to_dict() == {1: 10.5, 2: 20.5}
    right = [
        {"index": index, "correct": True, "seed": 5, FOLD: fold}
        for fold, size in ((1, 2), (2, 1))
        for index in range(size)
    ]
    kept = pooled("predictions", frame("predictions", *right, unit="fold"))
    assert kept["index"].tolist() == [0, 1, 2]
    assert set(kept["seed"]) == {5}


def test_a_comparison_worked_by_hand(statistics: Statistics) -> None:
    # Fold means differ by 1, nine times, and by -1: mean 0.8, squares of deviations 9 × 0.04 + 3.24 = 3.6.
    # Of the 1024 flips one sums to 10 and ten to 8, and as many to their opposites: p = 22 / 1024. The 25th
    # smallest mean of a subset is that of two ones with the minus one, 1/3; the 25th largest is 1.
    line = statistics.comparison.set_index("row").loc["inforeg"]
    assert line["n"] == FOLDS
    assert line["difference"] == pytest.approx(0.8)
    assert line["effect_size"] == pytest.approx(0.8 / np.sqrt(3.6 / 9))
    assert line["p"] == pytest.approx(22 / 1024)
    assert (line["ci_low"], line["ci_high"]) == pytest.approx((1 / 3, 1))
    assert line["test"] == "paired sign-flip, exact"
    assert line["note"] == ""
    # Of 50, 53, ..., 77: 3² times the variance of 0 to 9, which is 82.5 / 9.
    assert statistics.comparison.set_index("row").loc["joint", "sd"] == pytest.approx(3 * np.sqrt(82.5 / 9))


def test_verdicts_are_by_fold(statistics: Statistics) -> None:
    line = statistics.verdicts.iloc[0]
    assert (line["n"], line["p"]) == (FOLDS, pytest.approx(22 / 1024))
    assert line["se"] == pytest.approx(np.sqrt(3.6 / 9) / np.sqrt(FOLDS))
    assert line["verdict"] == "reproduced"


def test_p_values_are_scipys_over_the_means_of_folds(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    joint = generator.integers(40, 60, (FOLDS, SEEDS)) / 100
    other = joint + generator.integers(-2, 4, (FOLDS, SEEDS)) / 100
    found = compute(
        folded(tmp_path, {"joint": joint, "inforeg": other}, claims=[CLAIM]).study()
    ).verdicts.iloc[0]
    means = 100 * (other - joint).mean(axis=1)

    def p(values: np.ndarray, alternative: str) -> float:
        return stats.permutation_test(
            (values.round(6),),  # so that equal sums are equal
            np.sum,
            permutation_type="samples",
            alternative=alternative,
            n_resamples=np.inf,
        ).pvalue

    assert found["difference"] == pytest.approx(means.mean())
    assert found["p"] == pytest.approx(p(means, "two-sided"))
    assert found["p_equal"] == pytest.approx(max(p(means + 1, "greater"), p(means - 1, "less")))


APART = (
    "ALPHA: a run is the mean over 3 seeds on one of 10 folds, and n counts folds. They share much of what "
    "they train on, so that intervals are too narrow, if anything (Nadeau & Bengio, 2003)."
)


def test_tables_say_that_folds_are_the_unit(study: Study, statistics: Statistics) -> None:
    main = main_table(study, statistics)
    assert main.rows[0][1].text == "63.5 ± 9.1"
    tables = [main, details.tests_table(study, statistics, "alpha"), detail_table(study, statistics)]
    tables += details.detail_tables(study, statistics, "alpha")
    notes = " ".join(note for table in tables for note in table.notes)
    assert "over n = 10 folds." in notes
    assert "paired sign-flip test over folds" in notes
    assert "paired over folds;" in notes
    assert "fewer than 6 folds give none" in notes
    assert "seeds" not in notes.replace("over 3 seeds on one", "")
    assert study.caveats == [APART, f"ALPHA: {DRAWN}"]
    assert APART in detail_table(study, statistics).notes


def test_seeds_and_folds_beside_each_other(tmp_path: Path) -> None:
    joint = np.array([[0.5, 0.5], [0.7, 0.7]])
    seeds = {("beta", "joint", "default"): [0.5, 0.6], ("beta", "inforeg", "default"): [0.6, 0.7]}
    values = {"joint": joint, "inforeg": joint + np.array([[0.02, 0.0], [0.01, 0.03]])}
    study = folded(tmp_path, values, seeds).study()
    statistics = compute(study)
    sizes = statistics.comparison.groupby("benchmark")["n"].first()
    assert sizes.to_dict() == {"alpha": 2, "beta": 2}
    notes = statistics.comparison.set_index(["benchmark", "row"])["note"]
    assert notes["alpha", "inforeg"].startswith("too few folds: with n = 2")
    assert notes["beta", "inforeg"].startswith("too few seeds: with n = 2")
    # On each fold InfoReg is better; of the four pairs of seeds it wins three, and ties in one.
    improvement = statistics.overview.set_index("row").loc["inforeg", "improvement"]
    assert improvement == pytest.approx((1 + 3.5 / 4) / 2)
    told = " ".join(main_table(study, statistics).notes)
    assert "over n = 2 folds on ALPHA, 2 seeds on BETA." in told
    assert "sign-flip test over folds or seeds, after Holm" in told
    assert "stratified bootstrap over folds or seeds." in details.across_table(study, statistics).notes[0]


def test_statistics_for_other_programs_say_so_too(
    study: Study, statistics: Statistics, tmp_path: Path
) -> None:
    statistics.write(study, tmp_path)
    assert "permutation test over folds, Holm" in (tmp_path / "mini.json").read_text(encoding="utf-8")


def test_an_honest_split_has_seeds_to_pair_with(study: Study) -> None:
    content = {
        "title": "Watch",
        "data": {"name": "watch"},
        "encoders": {"gyroscope": {"kind": "mlp"}},
        "training": {"epochs": 1, "lr": 0.1},
    }
    leaky = {**content, "data": {"name": "watch", "split": "random"}}
    people = {**content, "folds": 10, "unit": "fold"}
    given = {"people": people, "leaky": leaky, "honest": content}
    benchmarks = {name: BenchmarkConfig.model_validate(each) for name, each in given.items()}
    assert honest_split(replace(study, benchmarks=benchmarks)) == {"leaky": "honest"}
    del benchmarks["honest"]
    assert honest_split(replace(study, benchmarks=benchmarks)) == {}
