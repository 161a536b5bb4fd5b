"""What figures and tables of columns show."""

import pytest
from grids import grid
from sweeps import draw
from test_regimes import FALLING, GAINS, JOINT, MIXED, RISING, accuracies, plus

from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.statistics.paired import mean_interval
from inforeg.analysis.tables.parts import whole
from inforeg.analysis.tables.regimes import regime_tables
from inforeg.analysis.tables.render import markdown
from inforeg.analysis.tables.words import signed


@pytest.fixture(scope="module")
def study():
    """Twelve seeds on two benchmarks, one of which lacks the second column's InfoReg."""
    values = {key: each * 2 for key, each in (accuracies() | accuracies("two")).items()}
    del values["two", "inforeg/slow"]
    courses = {}
    for row in ("joint", "joint/slow", "inforeg"):
        for modality, trace in (("audio", RISING), ("video", FALLING)):
            courses["one", row, f"trace/batch/{modality}"] = [trace] * 12
            courses["one", row, f"trace/sample/{modality}"] = [FALLING] * 12
            courses["one", row, f"movement/{modality}"] = [trace] * 12
        courses["one", row, "reach"] = [[2.0 if row == "joint" else 1.0] * 4] * 12
        courses["one", row, "val/accuracy"] = [[0.5, 0.6, 0.7, 0.7]] * 12
    return grid(values, courses=courses, seeds=12, figures=["baseline", "traces", "movement"])


def words(study):
    """Of every table, by its label: the lines of its cells."""
    tables = regime_tables(study, compute(study))
    return {table.label: [[entry.text for entry in row] for row in table.rows] for table in tables}


def test_points_stand_at_baseline_and_gain_with_their_interval(study):
    figure, numbers = draw("baseline", study)
    first, second = figure.axes
    points = [
        tuple(float(x) for (x,) in line.get_data()) for line in first.lines if line.get_marker() in "os"
    ]
    assert points == [pytest.approx((71, 2)), pytest.approx((76, 2 / 3))]
    assert len([line for line in second.lines if line.get_marker() in "os"]) == 1
    bars = [bar.get_segments()[0][:, 1].tolist() for bar in first.collections]
    wanted = numbers.query("benchmark == 'one'")[["gain_low", "gain_high"]].to_numpy().tolist()
    assert bars == [pytest.approx(each) for each in wanted]
    assert "ρ = —" in first.get_title()  # of two columns


def test_strips_shade_the_epochs_of_open_windows(study):
    figure, _ = draw("traces", study)
    part = figure.subfigs[0]
    batch, _, sample, *_ = part.axes  # two columns
    strips = [(patch.get_x() + 0.5, patch.get_alpha()) for patch in batch.patches]
    assert strips == [(2, 1.0), (3, 1.0)]
    assert not sample.patches
    assert [ax.get_ylabel().replace("\n", " ") for ax in part.axes[::2]] == [
        "Tr(F), batch",
        "Tr(F), sample",
        "Tr(F), mean of ten epochs",
    ]
    # A title of the benchmark beside the panels leaves room for the legend above them.
    assert part.get_supylabel() == "ONE"


def test_movement_stands_at_what_steps_reach(study):
    figure, numbers = draw("movement", study)
    top = figure.axes[0]
    points = {
        (line.get_color(), line.get_marker()): float(line.get_xdata()[0])
        for line in top.lines
        if line.get_marker() in "os" and len(line.get_xdata())
    }
    assert sorted(points.values()) == [1, 1, 2, 2]  # two modalities in two columns
    assert set(numbers["label"]) == {"Joint", "InfoReg"}
    assert [ax.get_ylabel().partition(",")[0] for ax in figure.axes[::2]] == ["Joint", "InfoReg"]
    assert [text.get_text() for text in figure.axes[2].get_xticklabels()] == ["1", "2"]


def test_the_primary_comparison_is_a_line_a_benchmark(study):
    one, two = words(study)["grid-primary"]
    low, high = (signed(end) for end in mean_interval(MIXED * 2))
    assert one[:3] == ["ONE", "slow", f"+0.8 [{low}, {high}]"]
    assert two[:2] == ["TWO", "plain"]
    assert two[3] == "0.001"  # twelve gains of one sign, on two benchmarks: 2 * 2 / 2^12
    assert float(two[4]) > 0
    assert two[5:] == ["—", "1.000"]


def test_every_column_has_its_baseline_its_contrasts_and_whether_it_converges(study):
    found = words(study)["grid-columns"]
    assert [row[0] for row in found] == ["ONE", "plain", "slow", "TWO", "plain"]
    plain = found[1]
    assert plain[1:4] == ["71.0", "+2.0 [+1.5, +2.5]", "+0.0 [+0.0, +0.0]"]
    assert plain[4] == "2 of 4"
    assert plain[5].startswith("+0.0")
    notes = markdown(regime_tables(study, compute(study)), "")
    assert "Primary comparison: InfoReg − Joint in test accuracy" in notes


def test_windows_are_told_where_they_are_recorded(study):
    found = words(study)["grid-windows"]
    assert found[1][:6] == ["plain", "Joint", "audio", "50", "0", "100"]
    bare = grid({("one", "joint"): JOINT, ("one", "inforeg"): plus(JOINT, GAINS)})
    assert [*words(bare)] == ["grid-primary", "grid-columns"]


def test_contrasts_stand_in_the_place_of_what_is_said_across_benchmarks(study):
    labels = [table.label for table in whole(study, compute(study))]
    assert labels == ["grid", "grid-primary", "grid-columns", "grid-windows"]
