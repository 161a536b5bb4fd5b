"""The steps that tests/benchmarks times on demand run, so that they are there when somebody asks."""

import pytest

from tests.benchmarks.test_step_time import COMPARED, SMALL, stepper


@pytest.mark.parametrize("method", COMPARED)
def test_a_step_that_is_timed_runs(method):
    stepper(SMALL, method)()
