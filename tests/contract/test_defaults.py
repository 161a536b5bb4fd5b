"""What every method does unless told otherwise, with its source: a table that is not read from the code.

`paper` and `code` are the method's own; `peer` is BalanceBenchmark or another's re-implementation; `package`
is a choice of this package, for lack of a source or because sources contradict each other.
"""

import inspect

import pytest

from inforeg import InfoReg
from inforeg.registry import METHODS
from inforeg.regulation import ReleasedInfoReg
from tests.contract.test_options import OWN

PLAIN = {"unimodal_weight": (0.0, "paper")}
WINDOWED = {
    **PLAIN,
    "active": ("always", "paper"),
    "threshold": (0.04, "paper"),  # InfoReg's, figure 8
    "criterion": ("single", "paper"),
}
OGM = {
    **WINDOWED,
    "alpha": (0.3, "code"),  # its example; 0.1 in its README
    "start": (0, "code"),
    "end": (50, "code"),
}
WARM_UP = {**PLAIN, "warmup": (5 / 60, "code")}

DEFAULTS = {
    "agm": {
        **WINDOWED,
        "alpha": (1.5, "code"),  # the author's for CREMA-D, in the issues 3 and 5 of the code
        "passes": ("bare", "paper"),
    },
    "amco": {**PLAIN, "sigma": (0.5, "peer"), "epsilon": (0.3, "peer")},
    "arl": {"unimodal_weight": (4.0, "code"), "temperature": (8.0, "code"), "start": (5 / 100, "code")},
    "aug": {**PLAIN, "additions": (10, "code"), "residual": (1.0, "package")},
    "cggm": {
        **PLAIN,
        "rho": (1.3, "code"),
        "strength": (0.05, "code"),
        "clip": (0.8, "code"),
        "direction": ("gradients", "paper"),
    },
    "cml": {**PLAIN, "weight": (0.1, "peer")},
    "encoder_scale": {
        "unimodal_weight": (1.0, "code"),  # MMPareto's, as the next two
        "heads": ("own", "code"),
        "factor": (1.5, "paper"),
    },
    "ensemble": PLAIN,
    "g2d": {**PLAIN, "weight": (1.0, "code"), "logit_weight": (1.0, "code"), "end": (150 / 300, "code")},
    "g_blending": {**PLAIN, "super_epoch": (1.0, "paper"), "held_out": (0.08, "peer")},
    "greedy": {
        **PLAIN,
        "epsilon": (0.01, "code"),
        "steps": (5, "code"),
        "warm_up": (1, "code"),
        "joins": (3, "code"),
        "ratio": (4, "code"),
        "gain": (2.0, "paper"),  # MMTM's
        "average": ("own", "paper"),
        "leader": ("", "package"),
    },
    "inforeg": {
        **PLAIN,
        "beta": (0.9, "paper"),
        "threshold": (0.04, "paper"),
        "criterion": ("single", "paper"),
        "active": ("prime", "paper"),
        "form": ("pull", "paper"),
        "weight": (1.0, "paper"),
        "definition": ("paper", "paper"),
        "leader": ("", "package"),
        "leader_strength": (0.95, "code"),
        "other_strength": (0.1, "code"),
    },
    "iprm": {"unimodal_weight": (1.0, "code"), "alpha": (0.8, "code")},
    "joint": PLAIN,
    "lfm": {
        **PLAIN,
        "schedule": ("learned", "paper"),
        "start": (0.05, "code"),
        "limit": (0.05, "code"),
        "step_size": (0.1, "package"),
        "held_out": (16, "code"),
    },
    "mbsd": {"unimodal_weight": (1.0, "peer"), "distillation": (1.0, "peer")},
    "mla": {**PLAIN, "decay": (0.1, "code"), "definition": ("paper", "paper")},
    "mlb": {"unimodal_weight": (1.0, "code"), "alpha": (2.0, "code"), "beta": (2.0, "code")},
    "mmcosine": {**PLAIN, "scale": (10.0, "code")},
    "mmpareto": {
        **PLAIN,
        "gamma": (1.5, "paper"),
        "clip": (0.001, "code"),
        "lengths": ("encoder", "paper"),
    },
    "modality_dropout": {**PLAIN, "probability": (0.2, "package")},
    "modality_valuation": {**WARM_UP, "part": (0.2, "code"), "alpha": (1.0, "code")},
    "mses": {"unimodal_weight": (1.0, "paper"), "patience": (0.2, "package"), "smoothing": (0.6, "peer")},
    "mslr": {**PLAIN, "memory": (5, "peer"), "rates": ({}, "peer")},
    "ogm": OGM,
    "ogm_ge": OGM,
    "opm": {
        **PLAIN,
        "base": (0.5, "code"),
        "strength": (0.5, "code"),
        "probability": (0.7, "code"),
        "warm_up": (5 / 100, "code"),
        "ratios": ("paper", "paper"),
        "leader": ("", "package"),
    },
    "pmr": {
        **WINDOWED,
        "alpha": (1.0, "code"),
        "momentum": (0.2, "code"),
        "share": (0.1, "code"),
        "end": (0.667, "code"),  # 100 of 150
        "mu": (0.1, "package"),
        "entropy_end": (0.1, "package"),
        "coefficients": ("clipped", "paper"),
    },
    "reconboost": {
        **PLAIN,
        "stage": (0.05, "package"),
        "w1": (5.0, "code"),
        "w2": (1.0, "code"),
        "alpha": (0.5, "code"),
        "agreement": ("attached", "paper"),
    },
    "relearning": {**PLAIN, "strength": (3.0, "code"), "every": (20 / 90, "code"), "times": (3, "code")},
    "sample_valuation": {**WARM_UP, "few": (1, "code"), "some": (2, "code"), "many": (3, "code")},
    "umt": {**PLAIN, "weight": (10.0, "peer")},
    "unimodal": {**PLAIN, "modality": ("", "package")},
}

CONFINED = {"prime": {"active": "prime"}, "outside_prime": {"active": "outside_prime"}}
VARIANTS = {
    "agm": {**CONFINED, "released": {"passes": "graph"}},
    "cggm": {"released": {"direction": "weights"}},
    "g_blending": {"online": {"super_epoch": 0.25}},
    "greedy": {"released": {"average": "leader", "gain": 1.0}},
    "inforeg": {
        "released": {"definition": "released", "threshold": 0.05, "unimodal_weight": 1.0},
        "rate": {"form": "rate"},
        "always": {"active": "always"},
        "outside_prime": {"active": "outside_prime"},
    },
    "lfm": {"released": {"schedule": "polynomial"}},
    "mla": {"released": {"definition": "released"}},
    "mmpareto": {"released": {"lengths": "tensor"}},
    "ogm": CONFINED,
    "ogm_ge": CONFINED,
    "opm": {"released": {"ratios": "in_place"}},
    "pmr": {**CONFINED, "released": {"coefficients": "indicator", "mu": 0.0}},
    "reconboost": {"released": {"agreement": "detached"}},
}

REGULATIONS = {
    InfoReg: {
        "beta": (0.9, "paper"),
        "threshold": (0.04, "paper"),
        "criterion": ("single", "paper"),
        "active": ("prime", "paper"),
        "form": ("pull", "paper"),
        "weight": (1.0, "paper"),
    },
    ReleasedInfoReg: {
        "reference_strength": (0.95, "code"),
        "other_strength": (0.1, "code"),
        "threshold": (0.05, "code"),
    },
}
SOURCES = {"paper", "code", "peer", "package"}


def stated(table):
    """The values alone; each has a source."""
    assert {source for _, source in table.values()} <= SOURCES
    return {option: value for option, (value, _) in table.items()}


@pytest.mark.parametrize("method", OWN)
def test_defaults_are_those_of_the_table(method):
    assert method in DEFAULTS, f"state the defaults of {method!r} and their sources"
    found = METHODS.options(METHODS.build(method, {}))
    assert found == stated(DEFAULTS[method])


@pytest.mark.parametrize("method", OWN)
def test_variants_are_those_of_the_table(method):
    assert METHODS.get(method).variants == VARIANTS.get(method, {})


@pytest.mark.parametrize("cls", REGULATIONS)
def test_defaults_of_the_loop_of_ones_own(cls):
    parameters = inspect.signature(cls).parameters.values()
    found = {p.name: p.default for p in parameters if p.default is not p.empty}
    assert found == stated(REGULATIONS[cls])
