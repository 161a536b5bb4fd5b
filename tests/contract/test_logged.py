"""What each method records of its doings: a table that is not read from the code."""

import pytest

from inforeg.engine.loop import fit
from tests.conftest import Unrecorded, make_config, make_data, make_spec, start, untrained

LOGGED = {
    "agm": {"kappa"},
    "amco": {"masked"},
    "arl": {"w"},
    "aug": {"heads"},
    "cggm": {"k"},
    "g2d": {"waits"},
    "greedy": {"bdr", "rebalanced"},
    "inforeg": {"alpha", "window"},
    "iprm": {"lambda"},
    "mlb": {"k"},
    "mmpareto": {"w"},
    "modality_valuation": {"phi"},
    "mses": {"stopped"},
    "mslr": {"c"},
    "ogm": {"k"},
    "ogm_ge": {"k"},
    "opm": {"q"},
    "pmr": {"c"},
    "reconboost": {"trains"},
    "relearning": {"reset"},
    "sample_valuation": {"copies"},
}
"""By modality, under `name/modality`, in at least one epoch."""
ALONE = {
    "g_blending": {"w/joint", "w/audio", "w/image"},
    "lfm": {"alpha"},
    "modality_valuation": {"copies/image"},  # which is worth least
}
WINDOWED = ("agm", "inforeg", "ogm", "ogm_ge", "pmr")


def logged(method, **settings):
    """Columns of all epochs of a run."""
    data, columns = make_data(), set()
    spec = make_spec(method, config=make_config(training={"epochs": 3}), **settings)
    plugin, state = start(spec, data, untrained(data))
    record = Unrecorded()
    record.append = columns.update
    fit(state, plugin, data.test, record)
    return columns


@pytest.mark.parametrize("method", {**LOGGED, **ALONE})
def test_doings_are_recorded(method):
    by_modality = {f"{name}/{m}" for name in LOGGED.get(method, ()) for m in ("audio", "image")}
    assert by_modality | ALONE.get(method, set()) <= logged(method)


@pytest.mark.parametrize("method", WINDOWED)
def test_windows_are_recorded_where_they_decide(method):
    assert {"window/audio", "window/image"} <= logged(method, active="prime")
