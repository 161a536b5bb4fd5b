"""A small collection of clips of one's own, and a benchmark on it."""

import shutil
from pathlib import Path

from inforeg.data.gathered import Material
from inforeg.data.sets.clips import Collection
from inforeg.registry import DATASETS
from inforeg.suite.folders import gathering
from tests.media import make

KINDS = ("low", "high")
OPTIONS = {
    "collection": "tones",
    "classes": KINDS,
    "rate": 5.0,
    "most": 4,
    "height": 36,
    "width": 48,
    "sound_rate": 8000,
    "seconds": 0.5,
    "taken": 2,
    "pixels": 32,
}
LINES = [
    f"{kind}/{number}{suffix},{kind},{part}"
    for kind in KINDS
    for number, (suffix, part) in enumerate(
        [(".mp4", "train"), ("", "train"), (".mkv", "train"), ("", "train"), ("", "val"), (".avi", "test")]
    )
]
SUFFIXES = (".mp4", ".avi", ".mkv", ".mp4", ".mkv", ".avi")


BENCHMARK = {
    "title": "Tones",
    "data": {"name": "clips", **OPTIONS, "classes": [*KINDS], "absent": "mask"},
    "encoders": {
        "audio": {"kind": "conv2d", "channels": [4, 8], "features": 4},
        "video": {"kind": "resnet18_clip"},
    },
    "training": {"epochs": 2, "lr": 0.01, "batch_size": 4},
}


def write_raw(raw: Path) -> Path:
    """Twelve clips of several formats, lengths, shapes and rates, one of a single frame, and their list."""
    for kind, pitch in zip(KINDS, (300.0, 1500.0), strict=True):
        for number, suffix in enumerate(SUFFIXES):
            seconds = 0.1 if (kind, number) == ("low", 2) else 0.5 + 0.1 * number
            size = (64, 36) if number % 2 else (36, 64)
            layout, rate = ("stereo", 48_000) if number % 3 else ("mono", 22_050)
            make(raw / kind / f"{number}{suffix}", seconds, layout, size=size, rate=rate, pitch=pitch)
    (raw / "clips.csv").write_text("\n".join(LINES) + "\n")
    return raw


def linked(made: Path, copied: Path) -> Path:
    """The same, for one's own changes; its clips are links."""
    shutil.copytree(made, copied, copy_function=lambda source, target: Path(target).symlink_to(source))
    (copied / "clips.csv").unlink()
    (copied / "clips.csv").write_text("\n".join(LINES) + "\n")
    return copied


def built(**options: object) -> Collection:
    return DATASETS.build("clips", {**OPTIONS, **options})


def prepared(raw: Path, folder: Path, options: dict[str, object] | None = None, **given: object) -> Path:
    gathering.gather(built(**(options or {})), Material(raw, **given), folder)
    return folder
