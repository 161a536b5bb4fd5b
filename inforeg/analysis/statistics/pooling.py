"""One effect from several data sets: their unweighted mean, and a random-effects model to set beside it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from inforeg.analysis.statistics.level import ALPHA
from inforeg.ties import Floats, settled


@dataclass(frozen=True)
class Mean:
    """The unweighted mean of k effects, by Student's t on k - 1 degrees of freedom; in their units.

    Attributes:
        effect: the mean.
        se: its standard error; infinite where nothing tells it, and then the interval bounds nothing.
        freedom: degrees of freedom.
    """

    effect: float
    se: float
    freedom: int

    def interval(self, alpha: float = ALPHA) -> tuple[float, float]:
        """All effects that are not rejected at `alpha`."""
        reach = float(stats.t.ppf(1 - alpha / 2, self.freedom)) * self.se
        return self.effect - reach, self.effect + reach

    @property
    def p(self) -> float:
        """Two-sided, of no effect."""
        return float(2 * stats.t.sf(abs(self.effect) / self.se, self.freedom))

    def equality_p(self, margin: float) -> float:
        """Of an effect of at least `margin` either way: the larger of two one-sided (Schuirmann, 1987)."""
        return float(stats.t.sf((margin - abs(self.effect)) / self.se, self.freedom))


@dataclass(frozen=True)
class RandomEffects:
    """Effects that scatter by tau about their mean, beyond their own errors; in their units.

    Attributes:
        effect: their mean, weighted.
        low: lower end of its 95 % interval; infinite where nothing tells the scatter, as are all other ends.
        high: its upper end.
        tau: standard deviation between data sets (Paule & Mandel, 1982).
        tau_low: lower end of its 95 % interval, by the Q-profile (Viechtbauer, 2007).
        tau_high: its upper end; 0, as tau and tau_low are, where they scatter less than any tau agrees with.
        i2: share of tau² in the variance of a typical effect (Higgins & Thompson, 2002).
        next_low: lower end of the 95 % interval of the effect on one more data set (Higgins et al., 2009).
        next_high: its upper end.
    """

    effect: float
    low: float
    high: float
    tau: float
    tau_low: float
    tau_high: float
    i2: float
    next_low: float
    next_high: float


def mean_effect(effects: ArrayLike, errors: ArrayLike) -> Mean:
    """The unweighted mean of `effects`, (k,), k >= 2 (Shuster, 2010).

    Effects that are equal do not say how far others would lie from them: there the standard errors of each,
    `errors`, (k,), take the place of their scatter.
    """
    y, se = np.asarray(effects, dtype=float), np.asarray(errors, dtype=float)
    scatter = 0.0 if _equal(y) else y.std(ddof=1)
    deviation = scatter or math.sqrt(np.square(se).mean()) or math.inf
    return Mean(float(y.mean()), deviation / math.sqrt(len(y)), len(y) - 1)


def random_effects(effects: ArrayLike, errors: ArrayLike) -> RandomEffects:
    """The random-effects model of `effects`, (k,), k >= 3, with their standard errors, (k,).

    The interval is Hartung's and Knapp's with the factor max(1, q) (Röver et al., 2015): with this tau q is
    1, or less where tau is 0, so that the factor is 1. A standard error of 0, as of a method that never
    acted, would outweigh all others: it counts as the smallest that is not.
    """
    y, se = np.asarray(effects, dtype=float), np.asarray(errors, dtype=float)
    variances = np.square(np.maximum(se, min(se[se > 0], default=0.0)))
    k = len(y)
    if not variances.any():
        return _without_errors(y)
    tau2 = _tau2(y, variances, k - 1)
    weights = 1 / (variances + tau2)
    effect, error2 = float(weights @ y / weights.sum()), float(1 / weights.sum())
    fixed = 1 / variances
    typical = (k - 1) * fixed.sum() / (fixed.sum() ** 2 - np.square(fixed).sum())
    low, high = Mean(effect, math.sqrt(error2), k - 1).interval()
    tau_low, tau_high = (math.sqrt(_tau2(y, variances, float(target))) for target in _quantiles(k - 1))
    tau, i2 = math.sqrt(tau2), float(tau2 / (tau2 + typical))
    next_low, next_high = Mean(effect, math.sqrt(tau2 + error2), k - 2).interval()
    return RandomEffects(effect, low, high, tau, tau_low, tau_high, i2, next_low, next_high)


def _without_errors(y: Floats) -> RandomEffects:
    """The same of effects that are known exactly: all scatter is between data sets, if there is any."""
    k, mean = len(y), mean_effect(y, np.zeros(len(y)))
    known = math.isfinite(mean.se)
    tau = float(y.std(ddof=1)) if known else 0.0
    low, high = mean.interval()
    tau_low, tau_high = (tau * math.sqrt((k - 1) / float(target)) for target in _quantiles(k - 1))
    next_low, next_high = Mean(mean.effect, math.hypot(tau, mean.se), k - 2).interval()
    ends = (tau_low, tau_high if known else math.inf)
    return RandomEffects(mean.effect, low, high, tau, *ends, float(known), next_low, next_high)


def _quantiles(freedom: int) -> Floats:
    """Of chi-squared: what the weighted squares exceed or fall short of with a chance of ALPHA in all."""
    return np.asarray(stats.chi2.ppf((1 - ALPHA / 2, ALPHA / 2), freedom), dtype=float)


def _tau2(y: Floats, variances: Floats, target: float) -> float:
    """The tau² at which the weighted squares about the mean sum to `target`; 0 where they are less at 0."""

    def excess(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        return float(weights @ np.square(y - weights @ y / weights.sum())) - target

    if excess(0.0) <= 0:
        return 0.0
    most = float(np.square(y - y.mean()).sum() / target)  # as no weight is above 1 / tau²
    return float(optimize.brentq(excess, 0.0, most, xtol=1e-14, rtol=1e-12))


def _equal(y: Floats) -> bool:
    return bool(np.ptp(settled(y)) == 0)
