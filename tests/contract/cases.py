"""What the contracts run over: every method and every variant that it offers."""

import json
from pathlib import Path

import pytest

from inforeg.registry import METHODS
from inforeg.runspec import RunConfig, RunSpec
from tests.conftest import make_spec

TWO, THREE = ("audio", "image"), ("audio", "image", "text")

# for a row of one run (unimodal: of its first modality)
CASES = [
    (name, variant, next(iter(cls.expand(TWO).values())))
    for name, cls in METHODS.classes.items()
    for variant in ("default", *cls.variants)
]
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: "/".join(case[:2]))


def spec_of(case, config: RunConfig | None = None, **more) -> RunSpec:
    """The spec of a case; under `make_config()` every method runs, or nothing would test it."""
    method, variant, settings = case
    return make_spec(method, variant, config=config, **{**settings, **more})


def rows(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
