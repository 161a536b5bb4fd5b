"""Small media in the layout of each of the paper's data sets, and benchmarks to train on them in seconds."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from inforeg.data.sets.kinetics_sounds import KineticsSounds
from tests.media import make
from tests.unit.data import (
    test_cremad,
    test_hateful_memes,
    test_kinetics_sounds,
    test_mosi,
    test_violent_flows,
)

CLIPS = 7
"""Of each class of Kinetics-Sounds: five to train on, one to validate, one for the test."""


def kinetics_sounds(raw: Path) -> Path:
    """A clip of half a second for each line of its lists, all 31 classes."""
    train, test = [], []
    for label in KineticsSounds.classes:
        for number in range(CLIPS):
            name = f"class{label:>02}_clip{number}"[:11].ljust(11, "-") + f"_{number:06}_{number + 10:06}"
            shade, pitch = 20 + 7 * int(label), 200.0 + 100 * int(label)
            make(raw / label / f"{name}.mp4", 0.5, size=(36, 48), pitch=pitch, shade=shade)
            (test if number == 0 else train).append(f"{name},10,{label}")
    test_kinetics_sounds.write_lists(raw, train, test)
    return raw


def mosi(raw: Path) -> Path:
    """A file of features."""
    return test_mosi.saved(raw, test_mosi.content())


RAW: Mapping[str, Callable[[Path], Path]] = {
    "cremad": test_cremad.write_raw,
    "kinetics_sounds": kinetics_sounds,
    "mosi": mosi,
    "violent_flows": test_violent_flows.write_raw,
    "hateful_memes": test_hateful_memes.write_raw,
}
"""What makes the raw folder of each data set."""

GIVEN: Mapping[str, tuple[str, ...]] = {
    "cremad": ("--own-lists",),
    "kinetics_sounds": ("--own-lists",),
    "mosi": ("--min-share", "0"),
    "violent_flows": ("--min-share", "0.1"),
    "hateful_memes": (),
}
"""What `inforeg data prepare` needs beside it."""


def shrunk(path: Path) -> None:
    """Let the benchmark at `path` train for an epoch, on small crops or narrow transformers."""
    config: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    if config["data"]["name"] != "mosi":
        config["data"]["pixels"] = 32
    if config["data"]["name"] in ("cremad", "kinetics_sounds"):  # spectra are as large as ever
        config["encoders"]["audio"] = {"kind": "conv2d", "channels": [4, 4, 4, 4], "features": 512}
    for encoder in config["encoders"].values():
        if encoder["kind"].endswith("transformer"):
            encoder.update(
                width=16, depth=1, heads=2, **({} if "vocabulary" in encoder else {"features": 16})
            )
    config["training"].update(epochs=1, batch_size=16)
    config["seeds_per_job"] = 2
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
