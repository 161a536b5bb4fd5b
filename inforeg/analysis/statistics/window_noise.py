"""How often the test of the prime learning window fires on noise alone; an extension."""

import math
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from inforeg.analysis.collected.study import Study
from inforeg.random import numpy_stream
from inforeg.regulation.window import THRESHOLD, Criterion, by_epoch, mean3_latch, single
from inforeg.suite.presentable import SHORTEST

LEVELS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
"""Standard deviations of the logarithm of a trace that are simulated."""

EPOCHS, TRIALS = 40, 500

TESTS: dict[str, Criterion] = {
    "single epochs (Eq. 11)": single,
    "means of three, latched": mean3_latch,
}


def false_alarms(study: Study) -> pd.DataFrame:
    """Share of epochs in which the window is open on a flat trace with noise, and on the runs' real traces.

    Returns:
        source, criterion, noise, open and, of what is measured, benchmark, row and modality. `simulated` is a
        trace that does not change but for log-normal noise, under the paper's K; `closed form` the same where
        there is one; `measured` a real trace, a row's and modality's mean over seeds.
    """
    simulated = pd.DataFrame(
        [
            {"source": "simulated", "criterion": name, "noise": level, "open": share_open(test, level)}
            for name, test in TESTS.items()
            for level in LEVELS
        ]
    )
    analytic = pd.DataFrame(
        {
            "source": "closed form",
            "criterion": "single epochs (Eq. 11)",
            "noise": LEVELS,
            "open": [single_fires(level) for level in LEVELS],
        }
    )
    return pd.concat([simulated, analytic, _measured(study)], ignore_index=True)


def single_fires(noise: float, threshold: float = THRESHOLD) -> float:
    """Probability that Eq. 11 holds on a flat trace whose logarithm has the standard deviation `noise`.

    (a - b) / a > K means log a - log b > -log(1 - K), and the difference has the deviation noise √2.
    """
    return float(norm.sf(-math.log1p(-threshold) / (noise * math.sqrt(2))))


def share_open(test: Criterion, noise: float) -> float:
    """Share of the epochs from the third on in which `test` opens the window of a flat trace with `noise`."""
    draws = numpy_stream(None, "window_noise").normal(0, noise, (TRIALS, EPOCHS))
    opened = [by_epoch(test, trace, THRESHOLD)[2:] for trace in np.exp(draws).tolist()]
    return float(np.mean(opened))


def noise_of(trace: NDArray[np.float64]) -> float:
    """Standard deviation of the noise in the logarithm of `trace`, (epochs,), whatever its smooth course.

    The second differences of independent noise have 1 + 4 + 1 times its variance, and next to nothing of a
    smooth course. Their median size is taken, which a few jumps do not move.
    """
    second = np.diff(np.log(trace), 2)
    return float(np.median(np.abs(second)) / norm.ppf(0.75) / math.sqrt(6))


def _measured(study: Study) -> pd.DataFrame:
    """Noise of the recorded traces of each row and modality, and how often each test opens on them."""
    epochs = study.collected.epochs
    traces = epochs[epochs["metric"].str.startswith("trace/")].sort_values("epoch")
    by_run = ["benchmark", "row", "metric", "seed"]
    long = traces.groupby(by_run)["value"].transform("size") >= SHORTEST
    runs = traces[long].groupby(by_run, sort=False)["value"]
    noise = runs.agg(lambda values: noise_of(values.to_numpy()))
    opened = {name: runs.agg(partial(_opened, test)) for name, test in TESTS.items()}
    found = pd.concat(
        pd.DataFrame({"criterion": name, "noise": noise, "open": share}).reset_index()
        for name, share in opened.items()
    )
    words = found["metric"].str.extract("^trace/(.+)/(.+)$")
    found = found.assign(source="measured, " + words[0] + " trace", modality=words[1])
    found = found[~found["modality"].isin(["whole", "head"])]
    by = ["source", "criterion", "benchmark", "row", "modality"]
    return found.groupby(by, sort=False, as_index=False)[["noise", "open"]].mean()


def _opened(test: Criterion, values: "pd.Series[float]") -> float:
    return float(np.mean(by_epoch(test, values.to_list(), THRESHOLD)[2:]))
