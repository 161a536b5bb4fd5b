"""A fetch that is stopped leaves neither a child behind nor anything half-made."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from inforeg.suite.project import Project
from tests.unit.test_processes import is_gone, until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_pip_ends_with_us_and_nothing_is_left(
    cache: Path,
    make_project: Callable[[str, Mapping[str, str]], Project],
    number: signal.Signals,
) -> None:
    project = make_project("project", {"htad": "0" * 32 + ".dir"})
    (project.root / ".dvc/config").unlink()
    (project.root / ".dvc").rmdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an index that never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        fetching = subprocess.Popen(
            [sys.executable, "-m", "inforeg", "data", "fetch", "htad"],
            cwd=project.root,
            env={**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": address, "PIP_RETRIES": "0"},
            stderr=subprocess.DEVNULL,
        )
        signal.signal(signal.SIGINT, before)
        silent.settimeout(60)
        asked, _ = silent.accept()
        children = Path(f"/proc/{fetching.pid}/task/{fetching.pid}/children")
        pips = [int(child) for child in children.read_text().split()] if children.exists() else []
        fetching.send_signal(number)
        assert fetching.wait() == {signal.SIGTERM: 143, signal.SIGINT: 130}[number]
        until(lambda: all(map(is_gone, pips)))
        asked.close()
    assert [path.name for path in (project.root / "data").iterdir()] == [".lock"]
    assert {path.suffix for path in cache.rglob("*") if path.is_file()} == {".lock"}
