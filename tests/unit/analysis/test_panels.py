"""What figures have in common: one grid, one legend of what is drawn, and modalities in their own colours."""

from dataclasses import replace

import matplotlib as mpl
import pytest
from sweeps import BETTER, JOINT, draw, make_sweep, placed
from test_figures import examined

from inforeg.analysis.figures import catalogue, embeddings
from inforeg.analysis.figures.panels import modality_colours
from inforeg.suite.experiment import Experiment

GRIDS = ("information", "curves", "regulation", "gradients", "corruption")


def legend(figure):
    (found,) = figure.legends
    return [text.get_text() for text in found.get_texts()]


@pytest.fixture
def uneven(study):
    """Benchmarks whose titles and modalities differ; the runs of the second one have only the first's."""
    beta = study.benchmarks["beta"]
    encoders = {"audio": beta.encoders["audio"], "gyroscope": beta.encoders["video"]}
    changed = beta.model_copy(update={"title": "Quite another one", "encoders": encoders})
    return replace(examined(study), benchmarks={"alpha": study.benchmarks["alpha"], "beta": changed})


@pytest.mark.parametrize("name", GRIDS)
def test_all_panels_of_a_column_have_the_same_edges(uneven, name):
    with mpl.rc_context(catalogue.STYLE):
        figure, _ = draw(name, uneven)
        figure.draw_without_rendering()
    edges = [(round(ax.get_position().x0, 6), round(ax.get_position().x1, 6)) for ax in figure.axes]
    columns = len(edges) // 2
    assert edges[:columns] == edges[columns:]
    assert len(set(edges)) == columns


def test_a_modality_has_its_colour_on_every_benchmark(uneven):
    colours = modality_colours(uneven)
    assert list(colours) == ["audio", "video", "gyroscope"]
    assert len(set(colours.values())) == 3
    figure, _ = draw("information", uneven)
    colour = {line.get_color() for ax in figure.axes for line in ax.lines if len(line.get_xdata())}
    assert colour == {"black", colours["audio"], colours["video"]}


def test_legends_hold_what_is_drawn_and_nothing_else(uneven, study):
    assert legend(draw("information", uneven)[0]) == ["audio", "video", "whole network", "range over seeds"]
    regulated = legend(draw("regulation", uneven)[0])
    assert regulated[:4] == ["all modalities", "audio", "video", "Joint"]
    assert "gyroscope" not in regulated
    gradients = legend(draw("gradients", study)[0])
    assert gradients[-2:] == ["window open in most seeds", "range over seeds"]
    closed = study.collected.epochs
    closed = closed[~closed["metric"].str.startswith("window/")]
    shut = replace(study, collected=replace(study.collected, epochs=closed))
    assert "window open in most seeds" not in legend(draw("gradients", shut)[0])


def test_filled_and_open_markers_are_explained_where_they_are(study, tmp_path):
    told = ["significant after Holm's correction", "not significant"]
    assert legend(draw("differences", study)[0]) == told[:1]
    accuracies = {("alpha", "joint", "default"): JOINT[:2], ("alpha", "inforeg", "default"): BETTER[:2]}
    assert legend(draw("differences", make_sweep(tmp_path, accuracies, {}).study())[0]) == told[1:]


@pytest.mark.parametrize("name", ["differences", "gain"])
def test_a_long_name_of_a_metric_has_room(study, name):
    long = study.experiment.model_copy(update={"metric": "accuracy/weakest"})
    with mpl.rc_context(catalogue.STYLE):
        figure, _ = draw(name, placed(replace(study, experiment=long), {"inforeg": 0.5}))
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= figure.get_figwidth() + 0.01
    assert box.y1 <= figure.get_figheight() + 0.01


@pytest.mark.parametrize("name", ["sweep", "gain"])
def test_bars_over_a_number_are_said_to_be_intervals(study, name):
    figure, _ = draw(name, placed(study, {"joint": 0.0, "inforeg": 0.5}))
    assert figure.get_supylabel().endswith("with 95 % interval")


def test_differences_are_beside_what_they_are_of(study):
    figure, _ = draw("regulation", study)
    accuracy, difference, _, quotient = figure.axes[:4]
    assert "minus that of Joint" in difference.get_title().replace("\n", " ")
    courses = [line for line in difference.lines if len(line.get_xdata()) == 3]
    (of_all,) = (line for line in courses if (line.get_color(), line.get_linestyle()) == ("black", "-"))
    assert list(of_all.get_ydata()) == pytest.approx([23 / 8] * 3)
    # The reference has a course, and no difference to itself.
    assert len([line for line in accuracy.lines if len(line.get_xdata()) == 3]) == len(courses) + 2
    assert quotient.get_yscale() == "log"


def test_classes_are_named_and_their_separation_is_told(study):
    figure, numbers = draw("tsne", examined(study))
    told = [ax.get_xlabel().split("\n") for ax in figure.axes if ax.get_title() == "Inforeg"]
    assert told[0][0].startswith("silhouette 0.234 [0.")
    assert told[0][1].startswith("difference +0.029 [+0.")
    assert told[0][2].startswith("nearest neighbour 73.4 % [7")
    keys = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    names = ["class 0", "class 1", "class 2"]
    assert [[text.get_text() for text in key.get_texts()] for key in keys] == [names, names]
    assert set(numbers["class"].dropna()) == set(names)
    assert set(numbers["metric"].dropna()) == {"silhouette", "neighbour"}


def test_no_interval_below_a_narrow_panel_is_broken(study, monkeypatch):
    monkeypatch.setattr(embeddings, "PAGE", 4.4)
    figure, _ = draw("tsne", examined(study))
    lines = [line for ax in figure.axes for line in ax.get_xlabel().split("\n")]
    assert any(line.startswith("[") for line in lines)
    assert all(line.count("[") == line.count("]") for line in lines)


def test_the_figure_of_features_has_both_of_its_probes_asked():
    content = {"title": "Mini", "benchmarks": ["alpha"], "seeds": 2, "reference": "joint"}
    content |= {"rows": [{"label": "Joint", "method": "joint"}], "figures": ["tsne", "corruption"]}
    asked = Experiment.model_validate(content).examined_by
    assert asked == ["linear", "embedding", "separation", "corruption"]
