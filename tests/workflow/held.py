"""A method whose training waits in the middle, and how a test waits for it."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 120  # seconds after which a test that waits gives up

# Joint training that logs the epochs it starts, and waits in epoch 2 while there is a file `hold`, so that a
# test kills it there and nowhere else. It says so by a file `held`; where that is already there, it does not
# wait. The files have the benchmark's name behind a dot.
HELD = '''"""Joint training that can be held."""

import os
import time
from pathlib import Path

from inforeg.methods.base import Method


class Held(Method):
    """Joint training that can be held."""

    name = "held"
    title = "Held"
    family = "baseline"
    reference = "this test"

    def on_epoch_start(self, state):
        if state.spec.seed != 0:
            return
        hold, held, epochs = (Path(f"{name}.{state.spec.benchmark}") for name in ("hold", "held", "epochs"))
        with epochs.open("a") as log:
            print(state.epoch, file=log)
        if state.epoch == 2 and hold.exists() and not held.exists():
            Path(f"{held}.part").write_text(str(os.getpid()))
            Path(f"{held}.part").rename(held)
            while hold.exists():
                time.sleep(0.02)
'''
NOT_DETERMINISTIC = {"cost.json", ".lock"}


def wait_until(there: Callable[[], bool], sorry: str, process: "subprocess.Popen[str] | None" = None) -> None:
    """Wait until `there` says so, while the process lives."""
    deadline = time.monotonic() + PATIENCE
    while not there():
        assert process is None or process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, sorry
        time.sleep(0.02)


def wait_for(path: Path, process: "subprocess.Popen[str] | None" = None) -> str:
    """Wait for a file; its text."""
    wait_until(path.exists, f"{path} does not come", process)
    return path.read_text(encoding="utf-8")


def results(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "tensorboard" not in path.parts)
    kept = (path for path in files if path.name not in NOT_DETERMINISTIC)
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}
