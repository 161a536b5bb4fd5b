"""Methods that look at the validation split while they train need one."""

import pytest

from inforeg.data.sets.synthetic import Synthetic
from inforeg.methods.shared.supports import supports
from inforeg.registry import METHODS
from inforeg.testing.cases import cases_of


@pytest.mark.parametrize("name", METHODS.classes)
def test_where_there_is_no_validation_split_those_that_ask_it_are_left_out(name, monkeypatch):
    spec = cases_of(name)[0].spec()
    monkeypatch.setattr(Synthetic, "validates", False)
    asks = METHODS.get(name).asks_validation
    assert supports(spec) == ((False, REASON) if asks else (True, ""))


REASON = "it asks the validation split while it trains, and the benchmark has none of its own"
