"""A preparation that ends in the middle: nothing looks whole, and the next call does the rest alone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inforeg.suite.folders import manifest
from inforeg.suite.project import Project
from tests.clips import LINES
from tests.unit.data.test_clips import configure

PROGRAM = """
import os, pathlib, resource, signal, sys, time
from inforeg.__main__ import main
from inforeg.data import media

read, (kind, value, notes, log, raw) = media.frames, sys.argv[1:]


def frames(path, *given):
    with open(log, "a") as file:
        file.write(path.relative_to(raw).as_posix() + "\\n")
    if kind == "signal" and path.name == "4.mkv":
        while pathlib.Path(notes).read_text().count("name") < 2:  # clips that are whole
            time.sleep(0.01)
        os.kill(os.getpid(), int(value))
    return read(path, *given)


media.frames = frames
if kind == "limit":  # bytes that a file may have, by the system's own word
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(value), int(value)))
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(["data", "prepare", "tones", "--raw", raw]))
"""


class Place:
    """A project that lacks its data, and the commands that make them."""

    def __init__(self, project: Project, raw: Path) -> None:
        self.root, self.raw = project.root, raw
        self.log = project.root / "read.txt"
        configure(project, "tones", classes=["low", "high"])

    @property
    def notes(self) -> Path:
        return self.root / "data/.tones.unfinished/notes.jsonl"

    def prepare(self, kind: str = "", value: int = 0) -> subprocess.CompletedProcess[str]:
        """Prepare, and let it be stopped."""
        self.log.write_text("")
        given = (kind, str(value), str(self.notes), str(self.log), str(self.raw))
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *given],
            cwd=self.root,
            env={**os.environ, "INFOREG_ROOT": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def done(self) -> list[str]:
        """The clips of which all is written."""
        return [json.loads(line)["name"] for line in self.notes.read_text().splitlines()[1:] if "}" in line]

    def begun(self) -> set[str]:
        """The files that the last call read."""
        return set(self.log.read_text().split())


@pytest.fixture
def place(project: Project, tones: Path) -> Place:
    return Place(project, tones)


def assert_the_rest_is_done(place: Place) -> None:
    """Nothing looks whole; another call reads the others alone and makes the whole folder."""
    assert [path.name for path in (place.root / "data").iterdir() if not path.name.startswith(".")] == []
    assert "tones" not in (place.root / "data.dvc").read_text()
    for name in ("audio", "frames"):
        assert len(np.load(place.notes.parent / f"files/{name}.npy")) == 0
    done = place.done()
    assert 0 < len(done) < len(LINES)
    again = place.prepare()
    assert again.returncode == 0, again.stderr
    assert len(place.begun()) == len(LINES) - len(done)
    assert not {path.removesuffix(Path(path).suffix) for path in place.begun()} & {
        name.removesuffix(Path(name).suffix) for name in done
    }
    folder = place.root / "data/tones"
    manifest.check(folder)
    assert manifest.read(folder).gathered["clips"] == len(np.load(folder / "audio.npy")) == len(LINES)
    assert not place.notes.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal(place: Place, number: signal.Signals) -> None:
    stopped = place.prepare("signal", number)
    assert stopped.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert "Traceback" not in stopped.stderr
    if number == signal.SIGINT:
        assert "the same command continues where this one stopped" in stopped.stderr
    assert_the_rest_is_done(place)


@pytest.mark.parametrize("bytes_", [40_000, 150_000])
def test_a_disk_that_is_full_in_the_middle_of_a_clip(place: Place, bytes_: int) -> None:
    stopped = place.prepare("limit", bytes_)
    assert stopped.returncode == 2
    [sentence] = [line for line in stopped.stderr.splitlines() if line.startswith("inforeg: ")]
    assert str(place.notes.parent / "files") in sentence
    assert sentence.endswith("File too large; nothing was lost: mend it and give the same command again.")
    assert "Traceback" not in stopped.stderr
    assert_the_rest_is_done(place)
