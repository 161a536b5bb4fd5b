import copy
from dataclasses import replace
from pathlib import Path

import pytest
from sweeps import AUDIO, BETTER, CLAIM, JOINT, VIDEO, Sweep, make_sweep

from inforeg.analysis.collected.collect import COLUMNS, Collected
from inforeg.analysis.collected.study import Study


def made(root: Path) -> Sweep:
    """Eight seeds; inforeg beats joint on alpha and loses on beta, where unimodal is left out."""
    accuracies = {
        ("alpha", "joint", "default"): JOINT,
        ("alpha", "inforeg", "default"): BETTER,
        ("alpha", "unimodal", "audio"): AUDIO,
        ("alpha", "unimodal", "video"): VIDEO,
        ("beta", "joint", "default"): BETTER,
        ("beta", "inforeg", "default"): JOINT,
    }
    return make_sweep(
        root,
        accuracies,
        {("unimodal", "beta"): "needs two modalities"},
        claims=[CLAIM],
        figures=["information", "curves", "differences"],
        printed={"CREMA-D": {"joint": [66.61, 58.99], "inforeg": [71.9, None]}},
    )


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    """The sweep above, in a folder that a test may change."""
    return made(tmp_path)


@pytest.fixture(scope="session")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """What is collected of it, once for all tests."""
    return made(tmp_path_factory.mktemp("gathered")).study()


@pytest.fixture
def study(gathered: Study) -> Study:
    """The same, which a test may change: pandas copies the values of a frame when they are written to."""
    return replace(gathered, collected=own(gathered.collected), experiment=copy.deepcopy(gathered.experiment))


def own(collected: Collected) -> Collected:
    """A copy whose frames and provenance are nobody else's."""
    frames = {name: getattr(collected, name).copy(deep=False) for name in COLUMNS}
    return replace(collected, **frames, provenance=copy.deepcopy(collected.provenance))
