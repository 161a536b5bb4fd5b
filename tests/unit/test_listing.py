"""What `inforeg list` says of every method."""

import json
from typing import get_args

import pytest

from inforeg.__main__ import main
from inforeg.errors import UserError
from inforeg.methods.base import Method
from inforeg.methods.joint import Joint
from inforeg.registry import FUSIONS, METHODS
from inforeg.suite.experiment import Drawing

FAMILIES = {"baseline", "data", "feed-forward", "objective", "optimisation"}


@pytest.fixture
def listed(capsys):
    assert main(["list", "methods", "--json"]) == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_every_method_with_paper_year_family_and_where_it_runs(listed):
    assert set(listed) == set(METHODS.classes)
    for row in listed.values():
        assert row["family"] in FAMILIES
        assert 1990 <= row["year"] <= 2030
        assert str(row["year"]) in row["reference"]
        assert row["fusions"]
        assert set(row["fusions"]) <= set(FUSIONS.classes)
        assert row["modalities"]["fewest"] >= 1
    assert len({row["title"] for row in listed.values()}) == len(listed)


def test_every_setting_has_its_default_and_its_source(listed):
    for name, row in listed.items():
        for key, setting in row["settings"].items():
            assert "default" in setting, (name, key)
            assert len(setting["source"]) > 10, (name, key)


def test_attributes_of_a_docstring(listed):
    beta = listed["inforeg"]["settings"]["beta"]
    assert (beta["default"], beta["source"]) == (0.9, "beta of alpha, Eq. 16; 0.9 in the paper (Figure 7).")
    assert listed["iprm"]["modalities"] == {"fewest": 2, "most": 2}
    assert listed["mla"]["fusions"] == ["concat", "sum"]
    assert listed["mla"]["variants"] == {"released": {"definition": "released"}}


def test_the_plain_list_fits_a_terminal(capsys):
    assert main(["list", "methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(METHODS.classes) + 2
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("lacking", ["title", "family", "reference"])
def test_a_new_method_that_lacks_what_tables_print_is_refused(lacking):
    said = {"name": "odd", "title": "Odd", "family": "objective", "reference": "unpublished"}
    del said[lacking]
    with pytest.raises(UserError, match=f"The method 'odd' has no {lacking}; give Odd one"):
        type("Odd", (Method,), said)


def test_an_option_without_a_type_is_refused():
    """A dataclass would go on with the inherited default."""
    with pytest.raises(UserError, match="Odd sets the option 'unimodal_weight' without a type; annotate it"):
        type("Odd", (Joint,), {"unimodal_weight": 1.0})


def test_a_new_method_that_says_too_little_is_listed_with_gaps(capsys, monkeypatch):
    class Odd(Joint):
        """Nothing about its setting."""

        reference = "unpublished"
        strength: float = 0.5

    monkeypatch.setitem(METHODS.classes, "odd", Odd)
    assert main(["list", "methods", "--json"]) == 0
    (row,) = [row for row in json.loads(capsys.readouterr().out) if row["name"] == "odd"]
    assert row["year"] is None
    assert (row["settings"]["strength"]["default"], row["settings"]["strength"]["source"]) == (0.5, "")


def test_every_figure_and_every_key_is_listed(capsys):
    assert main(["list", "figures", "--json"]) == 0
    figures = {row["name"]: row["what"] for row in json.loads(capsys.readouterr().out)}
    assert set(figures) == set(get_args(Drawing))
    assert all(figures.values())
    assert main(["list", "keys", "--json"]) == 0
    found = {(row["file"], row["key"]): row for row in json.loads(capsys.readouterr().out)}
    assert found["benchmarks/NAME.yaml", "training.lr"]["what"]
    assert found["config.yaml", "plugins"]["value"] == "list of text"
    assert main(["list", "keys"]) == 0
    assert "training.lr" in capsys.readouterr().out
