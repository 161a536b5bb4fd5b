"""How unequally the modalities have learned."""

from collections.abc import Iterable


def gap(values: Iterable[float]) -> float:
    """Best minus worst of the modalities' accuracies: 0 when they are in balance."""
    listed = list(values)
    return max(listed) - min(listed)
