from pathlib import Path

import pytest
from sweeps import AUDIO, BETTER, CLAIM, JOINT, VIDEO, Sweep, make_sweep


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
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
        tmp_path,
        accuracies,
        {("unimodal", "beta"): "needs two modalities"},
        claims=[CLAIM],
        figures=["information", "curves", "differences"],
        printed={"CREMA-D": {"joint": [66.61, 58.99], "inforeg": [71.9, None]}},
    )
