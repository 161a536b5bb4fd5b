"""Verdicts on simulated experiments: seldom wrong where there is no effect, and found where there is one."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from inforeg.analysis.collected.collect import COLUMNS, Collected
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics import equality, paired
from inforeg.analysis.statistics.compare import scores
from inforeg.analysis.statistics.verdicts import judge
from inforeg.random import numpy_stream
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.experiment import Experiment

SEEDS, CLAIMS, EXPERIMENTS = 10, 4, 80
ROWS = ["joint", *(f"method_{number}" for number in range(CLAIMS))]


def experiment() -> Experiment:
    """A claim for each method: it is more accurate than joint training."""
    rows = [{"label": key, "method": key} for key in ROWS]
    made = [{"id": key, "statement": key, "better": key, "worse": "joint", "source": "-"} for key in ROWS[1:]]
    content = {"title": "-", "benchmarks": ["toy"], "seeds": SEEDS, "rows": rows, "reference": "joint"}
    return Experiment.model_validate({**content, "claims": made})


def study(accuracies: np.ndarray) -> Study:
    """An experiment with the test accuracies (rows, seeds)."""
    config = {"title": "Toy", "data": {"name": "toy"}, "encoders": {"a": {"kind": "mlp"}}}
    config["training"] = {"epochs": 1, "lr": 0.1}
    lines = [
        {"row": row, "method": row, "variant": "default", "seed": seed, "split": split, "value": value}
        for row, values in zip(ROWS, accuracies, strict=True)
        for seed, value in enumerate(values)
        for split in ("val", "test")
    ]
    runs = pd.DataFrame(lines).assign(
        benchmark="toy", selection="val", metric="accuracy", epoch=0, diverged=False
    )
    frames = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    collected = Collected(**{**frames, "runs": runs}, provenance={"left_out": []})
    return Study("simulated", experiment(), {"toy": BenchmarkConfig.model_validate(config)}, collected)


def verdicts(effect: float, name: str, experiments: int = EXPERIMENTS) -> list[list[str]]:
    """Of each simulated experiment; the differences to joint training have mean `effect` and sd 1 %."""
    generator = numpy_stream(None, "simulation", name)
    found = []
    for _ in range(experiments):
        joint = generator.normal(0.7, 0.02, SEEDS)
        others = joint + generator.normal(effect, 0.01, (CLAIMS, SEEDS))
        made = study(np.stack([joint, *others]))
        found.append(judge(made, {"accuracy": scores(made, "accuracy")})["verdict"].to_list())
    return found


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    # Intervals are not looked at here; the sign flips of ten seeds are enumerated whatever this is.
    monkeypatch.setattr(paired, "mean_interval", lambda values: (0.0, 0.0))
    monkeypatch.setattr(equality, "mean_interval", lambda values, alpha: (0.0, 0.0))


DIFFERENT = {"reproduced", "contradicted", "reproduced, negligible", "contradicted, negligible"}
EQUAL = {"practically equal", "reproduced, negligible", "contradicted, negligible"}


def test_without_an_effect_an_experiment_seldom_finds_a_difference():
    wrong = sum(not DIFFERENT.isdisjoint(found) for found in verdicts(0.0, "null"))
    # At most alpha of the experiments, whichever claim it is: Holm keeps the family-wise error.
    assert wrong <= stats.binom.ppf(0.999, EXPERIMENTS, paired.ALPHA)


def test_at_the_margin_an_experiment_seldom_finds_equality():
    wrong = sum(not EQUAL.isdisjoint(found) for found in verdicts(0.01, "margin"))
    assert wrong <= stats.binom.ppf(0.999, EXPERIMENTS, paired.ALPHA)


def test_an_effect_as_printed_is_neither_equal_nor_contradicted():
    found = {verdict for each in verdicts(0.0529, "printed", 20) for verdict in each}
    assert found == {"reproduced"}


def test_an_effect_is_found_with_the_power_of_the_design_and_on_its_side():
    found = verdicts(0.015, "effect")
    assert not any("contradicted" in each for each in found)
    rate = np.mean([sum(verdict.startswith("reproduced") for verdict in each) / CLAIMS for each in found])
    # d_z = 1.5 with ten seeds: between the t test's power at alpha / 4, as for the first claim, and at alpha.
    low, high = (power(1.5, level) for level in (paired.ALPHA / CLAIMS, paired.ALPHA))
    assert low - 0.05 < rate < high + 0.02


def power(effect: float, alpha: float) -> float:
    """Of the two-sided paired t test with SEEDS pairs and the effect size d_z."""
    freedom, shift = SEEDS - 1, effect * np.sqrt(SEEDS)
    critical = stats.t.ppf(1 - alpha / 2, freedom)
    return float(stats.nct.sf(critical, freedom, shift) + stats.nct.cdf(-critical, freedom, shift))
