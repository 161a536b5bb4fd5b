"""Every figure survives any row being left out, and what cannot be drawn is said before training."""

import io
import re
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pandas as pd
import pytest
from sweeps import CLAIM, make_sweep, write_all
from test_figures import examined

from inforeg.analysis.canvas import mpl
from inforeg.analysis.figures import catalogue
from inforeg.analysis.statistics import window_noise
from inforeg.analysis.statistics.compute import compute
from inforeg.errors import UserError
from inforeg.probes.frames import COLUMNS
from inforeg.suite.presentable import check_figures, check_presentable

KEYS = ["joint", "inforeg", "ogm_ge", "unimodal"]
DATASETS = ["alpha", "beta"]
CELLS = [(row, benchmark) for row in KEYS for benchmark in DATASETS]
LEFT_OUT = {
    **{row: frozenset({(row, "alpha"), (row, "beta")}) for row in KEYS},
    "joint on alpha": frozenset({("joint", "alpha")}),
    "all of alpha": frozenset((row, "alpha") for row in KEYS),
    "all but inforeg on beta": frozenset({*CELLS} - {("inforeg", "beta")}),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Four rows on two benchmarks, whose labels are text that Matplotlib would take for more."""
    accuracies = {
        (benchmark, row, "default"): [0.7 + 0.01 * place, 0.72, 0.71]
        for benchmark in DATASETS
        for place, row in enumerate(KEYS[:3])
    }
    accuracies |= {(b, "unimodal", m): [0.6, 0.5, 0.55] for b in DATASETS for m in ("audio", "video")}
    rows = [{"label": f"_${row} is text", "method": row} for row in KEYS]
    contrast = {"row": rows[1]["label"], "reference": rows[0]["label"]}
    settings = {
        "rows": rows,
        "contrasts": [contrast],
        "claims": [CLAIM],
        "second_reference": "ogm_ge",
        "x_label": "$x",
    }
    return examined(make_sweep(tmp_path_factory.mktemp("whole"), accuracies, {}, **settings).study())


@pytest.fixture(scope="module")
def left(whole):
    """By what is left out, the study without it and its statistics for all figures, which take long."""
    asked = whole.experiment.model_copy(update={"figures": [*catalogue.FIGURES]})

    @cache
    def results(cells=()):
        study = without(replace(whole, experiment=asked), cells)
        return study, compute(study)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_noise, "TRIALS", 2)
        yield results


def without(study, cells):
    """`study` as it is collected where these cells diverge."""

    def kept(frame):
        gone = pd.Series([*zip(frame["row"], frame["benchmark"], strict=True)], dtype=object).isin(cells)
        return frame[~gone.to_numpy(dtype=bool)].reset_index(drop=True)

    frames = {name: kept(getattr(study.collected, name)) for name in COLUMNS}
    left_out = [{"row": row, "benchmark": b, "reason": "training diverges"} for row, b in sorted(cells)]
    provenance = study.collected.provenance | {"left_out": left_out}
    return replace(study, collected=replace(study.collected, **frames, provenance=provenance))


def drawn(name, study, statistics):
    """The texts of a figure, as it is drawn."""
    with mpl.rc_context(catalogue.STYLE | {"svg.fonttype": "none"}):
        figure, _ = catalogue.FIGURES[name](study, statistics)
        image = io.BytesIO()
        figure.savefig(image, format="svg")
    texts = ElementTree.fromstring(image.getvalue()).findall(".//{*}text")
    return ["".join(each.itertext()) for each in texts]


@pytest.mark.parametrize("name", sorted(catalogue.FIGURES))
@pytest.mark.parametrize("cells", LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_figure_survives_what_is_left_out(left, name, cells):
    assert drawn(name, *left(cells))


@pytest.mark.parametrize(
    "name", sorted({*catalogue.FIGURES} - {"window_noise", "information", "critical_difference", "claims"})
)
def test_an_empty_panel_says_so(left, name):
    told = "no runs to show" if name != "cost" else "no runs to show, or none of the reference"
    assert told not in drawn(name, *left())
    assert told in drawn(name, *left(LEFT_OUT["all of alpha"]))


@pytest.mark.parametrize("metric", ["accuracy", "accuracy/weakest", "loss"])
def test_tables_and_differences_survive_without_the_reference(whole, tmp_path, metric):
    asked = {"metric": metric, "figures": ["differences", "sweep", "cost", "selection"]}
    study = without(replace(whole, experiment=whole.experiment.model_copy(update=asked)), LEFT_OUT["joint"])
    write_all(study, tmp_path)
    assert len([*tmp_path.glob("figures/mini_*.pdf")]) == 4


@pytest.mark.parametrize(
    "name", ["curves", "differences", "regulation", "gradients", "tsne", "cost", "corruption"]
)
def test_labels_are_text_in_figures(left, name):
    texts = " ".join(drawn(name, *left()))
    assert re.search(r"_\$(joint|inforeg) is text", texts)
    assert "mathdefault" not in texts


NEEDS = {
    "baseline": ({"contrasts": []}, "contrasts; write some"),
    "claims": ({"claims": []}, "claims; write some, or drop the figure"),
    "movement": ({}, "rows that record it; set training.measure: [movement]"),
    "information": ({"rows": ("inforeg", "ogm_ge")}, "a row 'joint' or 'unimodal'; add one, or drop"),
    "curves": ({"metric": "accuracy/weakest"}, "a metric that every epoch records"),
    "gradients": ({}, "rows that compare gradients; set training.gradients: 16"),
    "differences": ({"rows": ("joint",)}, "another row than the reference"),
    "sweep": ({"x": False}, "rows with an `x`; give them one"),
    "gain": ({"x": False}, "rows with an `x`; give them one"),
    "critical_difference": ({"rows": ("joint", "ogm_ge")}, "two benchmarks and three rows that all of them"),
}


@pytest.mark.parametrize("name", NEEDS)
def test_what_a_figure_needs_is_known_before_training(whole, left, tmp_path, name):
    changes, sentence = NEEDS[name]
    rows = [row for row in whole.experiment.rows if row.key in changes.get("rows", KEYS)]
    if "x" in changes:
        rows = [row.model_copy(update={"x": None}) for row in rows]
    metric = changes.get("metric", "accuracy")
    asked = {"rows": rows, "metric": metric, "figures": [name]}
    asked |= {name: changes.get(name, getattr(whole.experiment, name)) for name in ("contrasts", "claims")}
    asked = whole.experiment.model_copy(update=asked)
    with pytest.raises(UserError, match=f"'{name}' of the experiment 'mini' needs {re.escape(sentence)}"):
        check_figures("mini", asked, whole.benchmarks, ())
    with pytest.raises(UserError, match=re.escape(sentence)):
        catalogue.save(name, replace(whole, experiment=asked), left()[1], tmp_path / "x.pdf")
    assert not [*tmp_path.iterdir()]


def test_rows_that_no_benchmark_has_do_not_count(whole):
    asked = whole.experiment.model_copy(update={"figures": ["information"]})
    check_figures("mini", asked, whole.benchmarks, ())
    with pytest.raises(UserError, match="needs a row 'joint' or 'unimodal'"):
        check_figures("mini", asked, whole.benchmarks, LEFT_OUT["joint"] | LEFT_OUT["unimodal"])


def test_what_is_left_out_is_told_where_a_figure_lacks_rows(whole):
    asked = whole.experiment.model_copy(update={"figures": ["information"]})
    reasons = dict.fromkeys(LEFT_OUT["joint"] | LEFT_OUT["unimodal"], "it needs more modalities")
    with pytest.raises(UserError, match=r"drop the figure; '\w+' is left out on '\w+': it needs more modal"):
        check_presentable("mini", asked, whole.benchmarks, reasons)


def test_two_benchmarks_of_one_title_and_odd_reasons_are_refused(whole):
    asked = whole.experiment
    check_presentable("mini", asked, whole.benchmarks, {})
    twins = {name: config.model_copy(update={"title": "Twin"}) for name, config in whole.benchmarks.items()}
    with pytest.raises(UserError, match="The experiment 'mini' has two benchmarks called 'Twin'"):
        check_presentable("mini", asked, twins, {})
    with pytest.raises(UserError, match=r"U\+4E2D"):
        check_presentable("mini", asked, whole.benchmarks, {("joint", "alpha"): "中"})
