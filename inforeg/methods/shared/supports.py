"""Whether a method can run on a benchmark."""

from inforeg.methods.base import Method
from inforeg.registry import DATASETS, ENCODERS, FUSIONS, METHODS
from inforeg.runspec import RunSpec


def supports(spec: RunSpec) -> tuple[bool, str]:
    """Whether the spec's fusion and method can run on its benchmark, else (False, reason)."""
    method: Method = METHODS.build(spec.method, spec.settings)
    config, modalities = spec.config, len(spec.config.encoders)
    joins = FUSIONS.get(config.fusion).joins
    encoders = [ENCODERS.build(encoder.kind, encoder.options) for encoder in config.encoders.values()]
    obstacles = {
        f"the fusion {config.fusion!r} joins {joins} modalities": joins not in (None, modalities),
        f"it is defined for the fusion {' or '.join(method.fusions or ())}": (
            method.fusions and config.fusion not in method.fusions
        ),
        f"it needs at least {method.fewest} modalities": modalities < method.fewest,
        f"it is defined for {method.most} modalities": method.most and modalities > method.most,
        "its encoders must give equally many features": (
            method.same_width and len({encoder.features for encoder in encoders}) > 1
        ),
        "an encoder normalises by batch, so training.batch_size must be at least 2": (
            config.training.batch_size < 2 and any(encoder.normalises for encoder in encoders)
        ),
        "it asks the validation split while it trains, and the benchmark has none of its own": (
            method.asks_validation and not DATASETS.build(config.data.name, config.data.options).validates
        ),
        "its losses are its own, so unimodal_weight has no say": method.own_losses and method.unimodal_weight,
    }
    reason = next((reason for reason, applies in obstacles.items() if applies), None)
    return method.supports(config) if reason is None else (False, reason)
