"""The picture of all claims: pooled, on each benchmark, and as the paper prints them."""

from dataclasses import replace

import matplotlib as mpl
import pytest
from sweeps import CLAIM, benchmark_config

from inforeg.analysis.figures import catalogue
from inforeg.analysis.figures.forest import REACH, forest
from inforeg.analysis.statistics.compute import compute
from inforeg.suite.experiment import Claim, Row


@pytest.fixture
def judged(study):
    return [(study, compute(study))]


def pooled(judged, **numbers):
    """The same with a claim that is pooled to these numbers."""
    ((study, statistics),) = judged
    return [(study, replace(statistics, pooled=statistics.pooled.assign(**numbers)))]


def drawn(ax):
    """Where an axis has which markers: place, marker, colour and that of its face."""
    return {
        (float(x), line.get_marker(), line.get_color(), line.get_markerfacecolor())
        for line in ax.lines
        if line.get_marker() != "None"
        for x in line.get_xdata()
    }


def legend(figure):
    (found,) = figure.legends
    return [text.get_text() for text in found.get_texts()]


def test_its_numbers_are_what_is_pooled_each_benchmark_and_what_is_printed(judged):
    _, numbers = forest(pooled(judged, effect=1.5, low=1.0, high=2.0, verdict="reproduced"))
    assert numbers["of"].to_list() == ["pooled", "benchmark", "benchmark", "printed"]
    assert numbers["difference"].to_list() == pytest.approx([1.5, 23 / 8, -23 / 8, 5.29])
    assert numbers["benchmark"].to_list()[1:] == ["alpha", "beta", "CREMA-D"]
    assert numbers["verdict"].to_list()[:3] == ["reproduced", "reproduced", "contradicted"]


def test_a_panel_of_all_and_one_a_benchmark_on_one_axis(judged):
    figure, _ = forest(pooled(judged, effect=1.5, low=1.0, high=2.0, verdict="practically equal"))
    everything, alpha, beta = figure.axes
    assert [ax.get_title() for ax in figure.axes] == ["all benchmarks", "ALPHA", "BETA"]
    assert len({ax.get_xlim() for ax in figure.axes}) == len({ax.get_ylim() for ax in figure.axes}) == 1
    assert drawn(everything) == {(1.5, "P", "#009E73", "#009E73"), (5.29, "D", "black", "none")}
    assert drawn(alpha) == {(23 / 8, "o", "#0072B2", "#0072B2")}
    assert drawn(beta) == {(-23 / 8, "s", "#D55E00", "#D55E00")}
    ends = [tuple(line.get_xdata()) for line in everything.lines if len(line.get_xdata()) == 2]
    assert (1.0, 2.0) in ends
    assert legend(figure) == [
        "reproduced", "contradicted", "practically equal", "the paper's own, on its own data",
    ]  # fmt: skip


def test_what_is_not_pooled_says_so(judged):
    figure, _ = forest(judged)
    assert [text.get_text() for text in figure.axes[0].texts] == ["not pooled"]
    assert [text.get_text() for ax in figure.axes[1:] for text in ax.texts] == []


def test_an_arrow_leads_to_what_is_beyond_the_axis(judged):
    figure, numbers = forest(pooled(judged, effect=-20.0, low=-30.0, high=2.0, verdict="inconclusive"))
    arrows = {place for place in drawn(figure.axes[0]) if place[1] != "D"}
    assert arrows == {(-REACH, "<", "0.45", "0.45")}
    assert (-REACH, 2.0) in [tuple(line.get_xdata()) for line in figure.axes[0].lines]
    assert legend(figure)[-1] == f"beyond ± {REACH:g} points"
    assert numbers["difference"].iloc[0] == -20


def test_claims_stand_by_the_papers_tables(study):
    row = {"method": "ogm", "label": "OGM"}
    rows = [
        *study.experiment.rows,
        Row(**row, column="early"),
        Row(**row, column="late", variant="late", set={"alpha": 0.5}),
    ]
    claims = [
        Claim(**CLAIM | {"source": "Figure 1", "metric": "accuracy/weakest"}),
        Claim(**CLAIM | {"id": "b", "source": "a summary"}),
        Claim(**CLAIM | {"id": "c", "source": "Tables 2 and 1", "better": "ogm", "worse": "ogm/late"}),
        Claim(**CLAIM | {"id": "d", "source": "Table 1", "metric": "macro_f1"}),
    ]
    changed = study.experiment.model_copy(update={"rows": rows, "claims": claims})
    study = replace(study, experiment=changed)
    figure, _ = forest([(study, compute(study))])
    labels = {label.get_text().replace("\n", " "): label for label in figure.axes[0].get_yticklabels()}
    places = sorted((label.get_position()[1], text) for text, label in labels.items())
    assert [text for _, text in places] == [
        "Table 1",
        "Inforeg − Joint (macro-F1)",
        "Table 2",
        "OGM: early − late",
        "Figure 1",
        "Inforeg − Joint (weakest modality)",
        "a summary",
        "Inforeg − Joint",
    ]
    assert [text for text, label in labels.items() if label.get_fontweight() == "bold"] == [
        "a summary", "Figure 1", "Table 2", "Table 1",
    ]  # fmt: skip


def test_it_is_not_clipped(judged):
    ((study, statistics),) = judged
    title = "A benchmark with quite a long name"
    study = replace(study, benchmarks={**study.benchmarks, "alpha": benchmark_config(title)})
    with mpl.rc_context(catalogue.STYLE):
        figure, _ = forest([(study, statistics)] * 3)
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


def test_without_printed_effects_there_are_none(judged):
    ((study, statistics),) = judged
    claims = [claim.model_copy(update={"printed": {}}) for claim in study.experiment.claims]
    study = replace(study, experiment=study.experiment.model_copy(update={"claims": claims}))
    figure, numbers = forest([(study, statistics)])
    assert "printed" not in set(numbers["of"])
    assert legend(figure) == ["reproduced", "contradicted"]
