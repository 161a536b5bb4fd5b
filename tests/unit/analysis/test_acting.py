"""How often a method acted, in the tables; by hand."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from inforeg.analysis.statistics.acting import acted
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables import details, main_table
from inforeg.analysis.tables.render import html, latex, markdown


def saying(study, shares):
    """`study` with the shares of steps in which a method acted, by benchmark, row and seed an epoch each."""
    epochs = study.collected.epochs
    lines = [
        {
            "row": row,
            "benchmark": b,
            "method": row,
            "variant": "default",
            "seed": seed,
            "epoch": e,
            "metric": m,
        }
        | {"value": value if m == "acted" else 1.0}
        for (b, row, seed), values in shares.items()
        for e, value in enumerate(values)
        for m in ("acted", "acted/audio")
    ]
    together = pd.concat([epochs, pd.DataFrame(lines)], ignore_index=True)
    return replace(study, collected=replace(study.collected, epochs=together))


@pytest.fixture
def acting(study):
    """On alpha inforeg acted in 1/3 of the steps of half of its runs, on beta in 0.2 of all."""
    alpha = {("alpha", "inforeg", seed): [0.0, 0.5, 0.5] if seed % 2 else [0.0] * 3 for seed in range(8)}
    beta = {("beta", "inforeg", seed): [0.2, 0.2, 0.2] for seed in range(8)}
    return saying(study, alpha | beta)


def test_shares_are_over_all_steps_of_a_run(acting):
    found = acted(acting).set_index(["benchmark", "row", "variant"])
    # Four runs at 0 and four at 1/3: each is 1/6 from the mean.
    alpha = [pytest.approx(1 / 6), pytest.approx(math.sqrt(8 / 7) / 6), 8, 4]
    assert found.loc["alpha", "inforeg", "default"].to_list() == alpha
    assert found.loc["beta", "inforeg", "default"].to_list() == [pytest.approx(0.2), pytest.approx(0), 8, 0]
    assert len(found) == 2


def test_the_main_table_marks_the_cells_of_a_method_that_never_acted(acting):
    table = main_table.main_table(acting, compute(acting))
    marks = {row[0].text: [cell.mark for cell in row[1:3]] for row in table.rows}
    assert marks == {"Joint": ["", ""], "Inforeg": ["↑†", "↓"], "Unimodal": ["↓", "a"]}
    assert "†: the method never changed a gradient in 4 of 8 runs (Inforeg on ALPHA)." in table.notes
    assert r"$\dagger$" in latex([table], "")
    assert "†" in markdown([table], "")
    assert "†" in html([table], "")


def test_the_detail_table_shows_the_share_and_a_dash_where_there_is_none(acting):
    rules, shares, _ = details.detail_tables(acting, compute(acting), "alpha")
    assert rules.header[-1] == "Acted (% of steps)"
    last = {row[0].text: (row[-1].text, row[-1].mark) for row in rules.rows}
    # of eight runs four at 0 and four at 33.3: sd = 16.7 * sqrt(8 / 7)
    assert last["Inforeg"] == ("16.7 ± 17.8", "†")
    assert last["Joint"] == ("—", "")
    assert "in which the method changed a gradient" in rules.notes[0]
    assert "Acted" not in shares.header[-1]
    rules, *_ = details.detail_tables(acting, compute(acting), "beta")
    assert [(row[-1].text, row[-1].mark) for row in rules.rows] == [("—", ""), ("20.0 ± 0.0", "")]


def test_runs_that_do_not_say_change_no_table(study):
    """Those of v0.1, and of all other methods."""
    rules, *_ = details.detail_tables(study, compute(study), "alpha")
    assert rules.header[-1] == "Macro-F1 (%)"
    assert "Acted" not in rules.notes[0]
    assert not any("†" in note for note in main_table.main_table(study, compute(study)).notes)
