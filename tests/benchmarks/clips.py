"""Clips of noise in the size of CREMA-D's, made, mapped and trained on for an epoch.

    python -m tests.benchmarks.clips FOLDER CLIPS METHOD mapped|held

makes the folder if it is not there, trains an epoch and prints, as JSON, the seconds of the training,
those of them spent waiting for batches, and the peak of the process's anonymous memory (RssAnon: pages of
mapped files are the system's to drop).
"""

import json
import re
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inforeg.batch import Shape, Values
from inforeg.data import arrays
from inforeg.data.mapped import Mapped
from inforeg.data.split import Data, Split
from inforeg.data.transforms import Transform
from inforeg.engine.loop import fit
from inforeg.engine.record import Record
from inforeg.runspec import RunConfig
from tests.conftest import make_spec, start

SHAPES = {"audio": ((66_150,), np.int16), "video": ((3, 3, 224, 224), np.uint8)}
CLASSES = 6
HELD_OUT = 64
"""Clips of the validation and of the test split."""


class Spectrogram(Transform):
    """log |STFT|, at a reduced size, (1, 32, 32)."""

    def shape(self, stored: Shape) -> Shape:
        return (1, 32, 32)

    def clean(self, values: Values) -> Tensor:
        assert isinstance(values, Tensor)
        waves, window = values.float() / 2**15, torch.hann_window(512, device=values.device)
        magnitude = torch.stft(waves, 512, 512, window=window, return_complex=True).abs()
        return F.adaptive_avg_pool2d(magnitude.add(1e-7).log().unsqueeze(1), 32)


class Cropped(Transform):
    """A square of each frame, in training at a place of the clip's own and mirrored in every other one."""

    @property
    def draws(self) -> int:
        return 3

    def shape(self, stored: Shape) -> Shape:
        return (3, 3, 32, 32)

    def clean(self, values: Values) -> Tensor:
        assert isinstance(values, Tensor)
        return self._shrunk(values[..., 16:208, 16:208])

    def augmented(self, values: Values, draws: Tensor) -> Tensor:
        assert isinstance(values, Tensor)
        crops = []
        for clip, (row, column, mirror) in zip(values, draws.tolist(), strict=True):
            top, left = int(row * 33), int(column * 33)
            crop = clip[..., top : top + 192, left : left + 192]
            crops.append(crop.flip(-1) if mirror < 0.5 else crop)
        return self._shrunk(torch.stack(crops))

    def _shrunk(self, crops: Tensor) -> Tensor:
        small = F.avg_pool2d(crops.float().flatten(1, 2), 6)
        return (small.view(len(crops), 3, 3, 32, 32) - 127.5) / 73.9


def make(folder: Path, clips: int) -> None:
    """Write `clips` clips and two held-out parts, some at a time; the same bytes every time."""
    folder.mkdir(parents=True)
    total = clips + 2 * HELD_OUT
    for modality, (shape, dtype) in SHAPES.items():
        file = np.lib.format.open_memmap(folder / f"{modality}.npy", "w+", dtype, (total, *shape))
        limits = np.iinfo(dtype)
        for first in range(0, total, 100):
            generator = np.random.default_rng([first, len(shape)])
            size = (min(100, total - first), *shape)
            file[first : first + 100] = generator.integers(limits.min, limits.max, size, dtype, endpoint=True)
        file.flush()


def load(folder: Path) -> Data:
    """The clips of `folder`, mapped."""
    files = {modality: arrays.mapped(folder, modality) for modality in SHAPES}
    transforms = {"audio": Spectrogram(), "video": Cropped()}
    total = len(files["audio"])
    places = np.split(np.arange(total), [total - 2 * HELD_OUT, total - HELD_OUT])
    parts = dict(zip(("train", "val", "test"), places, strict=True))
    return arrays.streamed(tuple("abcdef"), files, np.arange(total) % CLASSES, parts, transforms)


def held(split: Split) -> Split:
    """The same split in memory, as it is stored."""
    assert isinstance(split, Mapped)
    return split.held()


class Peak:
    """The largest RssAnon of this process while the block runs, in MiB, looked at every few milliseconds."""

    mib = 0.0

    def __enter__(self) -> "Peak":
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.005):
            status = Path("/proc/self/status").read_text()
            found = re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)
            assert found
            self.mib = max(self.mib, int(found[1]) / 2**10)


def epoch(data: Data, method: str, folder: Path) -> dict[str, Any]:
    """Train one epoch into `folder`; what it took."""
    config = RunConfig(
        data={"name": "synthetic"},  # whatever is registered: the data are given
        encoders={"audio": {"kind": "resnet18"}, "video": {"kind": "resnet18_clip"}},
        training={"epochs": 1, "lr": 0.002, "batch_size": 64},
    )
    spec = make_spec(method, config=config)
    plugin, state = start(spec, data)
    folder.mkdir(parents=True)
    record = Record(folder, spec)
    fit(state, plugin, data.test, record)
    return {**record.seconds, "clips": len(data.train)}


def main(folder: Path, clips: int, method: str, kind: str) -> None:
    if not folder.exists():
        make(folder, clips)
    torch.set_num_threads(1)
    with Peak() as peak:
        data = load(folder)
        if kind == "held":
            data = Data(data.classes, held(data.train), held(data.val), held(data.test))
        took = epoch(data, method, folder / "runs" / method / kind)
    print(json.dumps({**took, "anonymous_mib": peak.mib}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
