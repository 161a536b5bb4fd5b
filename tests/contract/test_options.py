"""An option that does nothing looks like one that works: each, set to another value, trains other bits.

Those of the package's own methods stand in ALTERED, with the settings beside which they matter; those of a
method that came along are tried with other values of their type, unless it stands there too.
"""

import json
from functools import cache
from typing import Annotated, Literal

import pytest
from pydantic import Field

from inforeg.engine.plugins import RELEASED
from inforeg.methods.base import Method
from inforeg.methods.shared.supports import supports
from inforeg.registry import METHODS
from inforeg.testing.cases import cases_of
from inforeg.testing.options import check_options, idle, options
from inforeg.testing.toy import equal, fitted
from tests.conftest import make_config, make_data, make_spec

OWN = sorted(
    name
    for module, pinned in json.loads(RELEASED.read_text(encoding="utf-8")).items()
    if module.startswith("inforeg.methods.")
    for name in pinned["versions"].keys() & METHODS.classes.keys()
)
"""The methods that the package came with."""

PRIME = {"active": "prime"}
RELEASED = {"definition": "released", "unimodal_weight": 1.0}
WINDOWED = {
    "active": ("prime", {}),
    "threshold": (0.5, PRIME),
    "criterion": ("mean3_latch", PRIME),
    "unimodal_weight": (0.5, {}),
}
MODULATED = {"alpha": (0.6, {}), "start": (2, {}), "end": (1, {})}
LATE = {"warmup": (0.5, {}), "unimodal_weight": (0.5, {})}

ALTERED = {
    "agm": {**WINDOWED, "alpha": (0.5, {}), "passes": ("graph", {})},
    "amco": {"sigma": (0.9, {}), "epsilon": (0.1, {})},
    "arl": {"temperature": (2.0, {}), "start": (0.5, {}), "unimodal_weight": (1.0, {})},
    "aug": {"additions": (3, {}), "residual": (0.5, {})},
    "cggm": {"rho": (1.1, {}), "strength": (0.5, {}), "clip": (0.1, {}), "direction": ("weights", {})},
    "cml": {"weight": (0.5, {})},
    "encoder_scale": {"heads": ("shares", {}), "factor": (2.0, {}), "unimodal_weight": (0.5, {})},
    "ensemble": {},
    "g2d": {
        "weight": (2.0, {}),
        "logit_weight": (2.0, {}),
        "end": (0.2, {}),
        "unimodal_weight": (0.5, {}),
    },
    "g_blending": {"super_epoch": (0.5, {}), "held_out": (0.25, {})},
    "greedy": {
        "epsilon": (10.0, {}),
        "steps": (2, {}),
        "warm_up": (2, {}),
        "joins": (1, {}),
        "ratio": (2, {}),
        "gain": (1.0, {}),
        "average": ("leader", {}),
        "leader": ("image", {"average": "leader"}),
    },
    "inforeg": {
        "beta": (0.1, {}),
        "threshold": (0.5, {}),
        "criterion": ("mean3_latch", {}),
        "active": ("always", {}),
        "form": ("rate", {}),
        "weight": (0.5, {}),
        "definition": ("released", {"unimodal_weight": 1.0}),
        "leader": ("image", RELEASED),
        "leader_strength": (0.1, RELEASED),
        "other_strength": (0.9, {**RELEASED, "leader": "image"}),
        "unimodal_weight": (0.5, {}),
    },
    "iprm": {"alpha": (0.2, {}), "unimodal_weight": (0.5, {})},
    "joint": {"unimodal_weight": (0.5, {})},
    "lfm": {
        "schedule": ("polynomial", {}),
        "start": (0.5, {}),
        "limit": (0.2, {}),
        "step_size": (0.3, {}),
        "held_out": (8, {}),
    },
    "mbsd": {"distillation": (0.5, {}), "unimodal_weight": (0.5, {})},
    "mla": {"decay": (0.5, {}), "definition": ("released", {})},
    "mlb": {"alpha": (0.5, {}), "beta": (10.0, {}), "unimodal_weight": (0.5, {})},
    "mmcosine": {"scale": (5.0, {}), "unimodal_weight": (0.5, {})},
    "mmpareto": {"gamma": (1.0, {}), "clip": (0.4, {}), "lengths": ("tensor", {})},
    "modality_dropout": {"probability": (0.5, {}), "unimodal_weight": (0.5, {})},
    "modality_valuation": {**LATE, "part": (0.5, {}), "alpha": (0.5, {})},
    "mses": {"patience": (0.4, {}), "smoothing": (0.1, {}), "unimodal_weight": (0.5, {})},
    "mslr": {"memory": (2, {}), "rates": ({"audio": 0.5}, {}), "unimodal_weight": (0.5, {})},
    "ogm": {**WINDOWED, **MODULATED},
    "ogm_ge": {**WINDOWED, **MODULATED},
    "opm": {
        "base": (0.3, {}),
        "strength": (0.1, {}),
        "probability": (0.2, {}),
        "warm_up": (0.5, {}),
        "ratios": ("in_place", {}),
        "leader": ("image", {"ratios": "in_place"}),
        "unimodal_weight": (0.5, {}),
    },
    "pmr": {
        **WINDOWED,
        "alpha": (0.5, {}),
        "momentum": (0.6, {}),
        "share": (0.5, {}),
        "end": (0.2, {}),
        "mu": (0.5, {}),
        "entropy_end": (0.5, {}),
        "coefficients": ("indicator", {}),
    },
    "reconboost": {
        "stage": (0.3, {}),
        "w1": (2.0, {}),
        "w2": (0.5, {}),
        "alpha": (1.0, {}),
        "agreement": ("detached", {}),
    },
    "relearning": {"strength": (1.0, {}), "every": (0.5, {}), "times": (1, {}), "unimodal_weight": (0.5, {})},
    "sample_valuation": {**LATE, "few": (0, {}), "some": (0, {}), "many": (0, {})},
    "umt": {"weight": (5.0, {}), "unimodal_weight": (0.5, {})},
    "unimodal": {"modality": ("image", {"modality": "audio"})},
}
"""By method and option: another value than the default, and the settings beside which it matters."""

INERT = {
    "of the window, always active": (
        ("agm", "ogm", "ogm_ge", "pmr"),
        {"active": "always"},
        {"threshold": 0.5, "criterion": "mean3_latch"},
    ),
    "of InfoReg's window, always active": (
        ("inforeg",),
        {"active": "always"},
        {"threshold": 0.5, "criterion": "mean3_latch"},
    ),
    "of the paper's definition": (
        ("inforeg",),
        RELEASED,
        {"beta": 0.1, "criterion": "mean3_latch", "form": "rate", "weight": 0.5},
    ),
    "of the released definition": (
        ("inforeg",),
        {"definition": "paper"},
        {"leader": "image", "leader_strength": 0.1, "other_strength": 0.9},
    ),
    "of the pull": (("inforeg",), {"form": "rate"}, {"weight": 0.5}),
    "of the code's slip": (("greedy",), {"average": "own"}, {"leader": "image"}),
    "of the slip of in-place ratios": (("opm",), {"ratios": "paper"}, {"leader": "image"}),
    "of the learned schedule": (
        ("lfm",),
        {"schedule": "polynomial"},
        {"start": 0.5, "limit": 0.2, "step_size": 0.3, "held_out": 8},
    ),
    "of the projection, which the code never makes": (("mla",), {"definition": "released"}, {"decay": 0.5}),
}
"""By reason: methods, the settings beside which the options after them have no say."""

# What the toy training lacks for some options to matter.
TRAINING = {
    "mmpareto": {"shuffle_labels": True},  # gradients that conflict
    "mses": {"lr": 0.3, "shuffle_labels": True},  # validation losses that rise again
}
HIDDEN = {"greedy": [8, 8]}  # two depths that can be joined


def config(method):
    made = make_config(training={"epochs": 7, **TRAINING.get(method, {})})
    encoders = {
        m: encoder.model_copy(update={"hidden": HIDDEN.get(method, [8])})
        for m, encoder in made.encoders.items()
    }
    return made.model_copy(update={"encoders": encoders})


@cache
def _trained(method, settings):
    return fitted(make_spec(method, config=config(method), **json.loads(settings)), make_data())


def trained(method, settings):
    """The weights that a method leaves behind."""
    return _trained(method, json.dumps(settings, sort_keys=True))


@pytest.mark.parametrize("method", OWN)
def test_every_option_has_another_value(method):
    assert method in ALTERED, f"give the options of {method!r} other values in ALTERED"
    assert set(ALTERED[method]) == options(method)


def test_every_option_of_a_method_that_came_along_matters(trainings):
    for method in METHODS.classes.keys() - set(OWN) - ALTERED.keys():
        check_options(cases_of(method)[0], trainings)


class Focal(Method):
    """A method that came along, two of whose options do nothing."""

    name = "came_along"
    title = "Came along"
    family = "objective"
    reference = "Somebody et al., A Method, 2020"

    gamma: Annotated[float, Field(ge=0)] = 2.0
    form: Literal["one", "other"] = "one"
    steps: Annotated[int, Field(ge=1)] = 3

    def losses(self, state, batch, output):
        log_p = output.logits.log_softmax(1).gather(1, batch.target.unsqueeze(1))
        return {"joint": -((1 - log_p.exp()) ** self.gamma * log_p).mean()}


def test_an_option_that_does_nothing_is_noticed(monkeypatch):
    monkeypatch.setitem(METHODS.classes, "came_along", Focal)
    # unimodal_weight too, since its losses leave it out
    assert idle("came_along") == {"form", "steps", "unimodal_weight"}


@pytest.mark.parametrize(
    ("method", "option"), [(method, option) for method, options in ALTERED.items() for option in options]
)
def test_every_option_matters(method, option):
    value, beside = ALTERED[method][option]
    assert METHODS.options(METHODS.build(method, beside))[option] != value
    assert not equal(trained(method, beside), trained(method, {**beside, option: value}))


@pytest.mark.parametrize(
    ("method", "reason"), [(method, reason) for reason, (methods, *_) in INERT.items() for method in methods]
)
def test_what_has_no_say_has_none(method, reason):
    _, beside, inert = INERT[reason]
    for option, value in inert.items():
        assert equal(trained(method, beside), trained(method, {**beside, option: value})), option


@pytest.mark.parametrize("method", [name for name, cls in METHODS.classes.items() if cls.own_losses])
def test_a_weight_without_a_say_is_refused(method):
    settings = next(iter(METHODS.get(method).expand(("audio",)).values()))
    works, reason = supports(make_spec(method, **settings, unimodal_weight=0.5))
    assert not works
    assert "unimodal_weight has no say" in reason
