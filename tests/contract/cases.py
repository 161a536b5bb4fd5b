"""What the contracts run over: every method and every variant that it offers."""

import pytest

from inforeg.registry import METHODS
from inforeg.runspec import RunConfig, RunSpec
from inforeg.testing.cases import Case, cases_of, rows
from inforeg.testing.toy import THREE, TWO
from tests.conftest import make_spec

__all__ = ["CASES", "THREE", "TWO", "cases", "rows", "spec_of"]

CASES = [case for name in METHODS.classes for case in cases_of(name)]
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: "/".join(case[:2]))


def spec_of(case: Case, config: RunConfig | None = None, **more) -> RunSpec:
    """The spec of a case; under `make_config()` every method runs, or nothing would test it."""
    return make_spec(case.method, case.variant, config=config, **{**case.settings, **more})
