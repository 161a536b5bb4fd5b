"""What reading from mapped files costs next to tensors in memory, and that memory does not grow with them.

    INFOREG_CLIPS=8000 pytest tests/benchmarks/test_stream.py

makes that many clips, of 0.6 MB each, and an eighth of them; by default there are 400. There is no bound to
fail: machines differ.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import clips

CLIPS = int(os.environ.get("INFOREG_CLIPS", "400"))
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The clips, and an eighth as many."""
    root = tmp_path_factory.mktemp("clips")
    made = {count: root / str(count) for count in (CLIPS, CLIPS // 8)}
    for count, folder in made.items():
        clips.make(folder, count)
    yield made
    shutil.rmtree(root)


def told(folder: Path, method: str, kind: str) -> dict[str, Any]:
    """What an epoch in a process of its own took."""
    shutil.rmtree(folder / "runs", ignore_errors=True)
    command = [sys.executable, "-m", "tests.benchmarks.clips", str(folder), "0", method, kind]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize("method", ["joint", "inforeg"])
def test_memory_does_not_grow_with_the_clips(benchmark, capsys, folders, method):
    few, many = (told(folders[count], method, "mapped") for count in (CLIPS // 8, CLIPS))
    ratio = many["anonymous_mib"] / few["anonymous_mib"]
    benchmark.extra_info["ratio"] = ratio
    benchmark.pedantic(told, (folders[CLIPS // 8], method, "mapped"))
    with capsys.disabled():
        print(
            f"  {method}: {few['anonymous_mib']:.0f} MiB at {few['clips']} clips, "
            f"{many['anonymous_mib']:.0f} at {many['clips']}, ratio {ratio:.3f}; "
            f"{many['training']:.0f} s an epoch, {many['reading'] / many['training']:.1%} of it waiting"
        )


def test_an_epoch_of_mapped_files_over_one_of_tensors(benchmark, capsys, folders):
    folder = folders[CLIPS // 8]
    rounds = [
        {kind: told(folder, "joint", kind)["training"] for kind in ("held", "mapped")} for _ in range(3)
    ]
    ratio = min(times["mapped"] for times in rounds) / min(times["held"] for times in rounds)
    benchmark.extra_info["ratio"] = ratio
    benchmark.pedantic(told, (folder, "joint", "mapped"))
    with capsys.disabled():
        print(f"  an epoch of mapped files over one of tensors in memory: {ratio:.3f}")
