"""What a number of seeds can find: the smallest difference, and the seeds that a wished one takes."""

import math
from functools import lru_cache

from scipy import special, stats

from inforeg.analysis.statistics.level import ALPHA, MINIMUM, POWER
from inforeg.analysis.statistics.paired import is_exact, smallest_p


def detectable(deviation: float, n: int, family: int = 1) -> float:
    """The smallest mean difference that the sign-flip test of `n` pairs finds with the chance POWER.

    Args:
        deviation: standard deviation of the paired differences, taken as normal.
        n: pairs.
        family: tests of which Holm's first step must reject this one, which is what it always has to pass.

    Returns:
        In the unit of `deviation`; infinite where so few pairs cannot reject anything.
    """
    standardised = _standardised(n, family)
    return standardised * deviation if math.isfinite(standardised) else math.inf


def seeds_for(wished: float, deviation: float, family: int, most: int) -> int:
    """Fewest pairs with which `wished` is `detectable`, of the same arguments; `most` where more would be."""
    enough = (n for n in range(MINIMUM, most) if detectable(deviation, n, family) <= wished)
    return next(enough, most)


@lru_cache
def _standardised(n: int, family: int) -> float:
    """The detectable difference in standard deviations of the pairs."""
    step = smallest_p(n)
    rejecting = math.ceil(ALPHA / family / step) - 1
    if rejecting < 1:
        return math.inf
    if rejecting == 1 and is_exact(n):  # where all differences have one sign, and nowhere else
        return float(stats.norm.ppf(POWER ** (1 / n)))
    # Student's t at a level in the midst of the step that the p of so many flips takes.
    critical = stats.t.ppf(1 - (rejecting - 0.5) * step / 2, n - 1)
    return float(special.nctdtrinc(n - 1, 1 - POWER, critical)) / math.sqrt(n)
