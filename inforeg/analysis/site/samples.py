"""Samples of a data set as pictures: images as they are, all else as curves."""

import base64
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from inforeg.batch import Values
from inforeg.runspec import BenchmarkConfig
from inforeg.suite.folders import manifest
from inforeg.suite.folders.places import dataset_of

MOST = 6
"""Samples, each of another class."""
SMALLEST = 8
"""Pixels of a side from which on values in two dimensions are a picture."""
CURVES = 6
"""Channels that are drawn."""
WIDTH, HEIGHT = 160.0, 60.0
"""Of curves."""


@dataclass(frozen=True)
class Sample:
    """One modality of a sample.

    Attributes:
        modality: its name.
        picture: a PNG as a data URI, or nothing.
        curves: points of lines in WIDTH by HEIGHT, as SVG has them, or none.
    """

    modality: str
    picture: str
    curves: tuple[str, ...]


def samples_of(config: BenchmarkConfig, data: Path) -> Mapping[str, list[Sample]]:
    """The first training sample of each of the first classes, by the name of its class, as it is loaded.

    None where the data are not there; modalities that are no numbers, such as text, are left out.
    """
    dataset = dataset_of(config.data)
    folder = data / dataset.place
    if not (folder / manifest.NAME).exists():
        return {}
    loaded = dataset.load(folder)
    places = {name: (loaded.train.target == index).nonzero() for index, name in enumerate(loaded.classes)}
    chosen = {name: found[0] for name, found in places.items() if len(found)}
    shown = {}
    for name in list(chosen)[:MOST]:
        inputs = loaded.train.batch(chosen[name]).inputs
        values = ((modality, _plain(inputs[modality])) for modality in loaded.train.modalities)
        shown[name] = [_sample(modality, value) for modality, value in values if value is not None]
    return {name: samples for name, samples in shown.items() if samples}


def _plain(values: Values) -> Tensor | None:
    """The numbers of the one sample of a batch; None for text, and for what is not there."""
    if isinstance(values, Tensor):
        return values[0].float()
    if "values" not in values:
        return None
    steps = int(values["length"][0]) if "length" in values else None
    return values["values"][0][:steps].float()


def _sample(modality: str, values: Tensor) -> Sample:
    while values.dim() > 3:  # the first frame of a clip
        values = values[0]
    if values.dim() == 3 and values.shape[0] not in (1, 3):
        values = values[0]
    if values.dim() > 1 and min(values.shape[-2:]) >= SMALLEST:
        return Sample(modality, _picture(values), ())
    return Sample(modality, "", _curves(values.flatten(0, -2) if values.dim() > 2 else values))


def _scaled(values: Tensor, top: float) -> Tensor:
    low, high = values.min(), values.max()
    return (values - low) / (high - low).clamp_min(torch.finfo(torch.float32).tiny) * top


def _picture(values: Tensor) -> str:
    """(H, W), (1, H, W) or (3, H, W) as a PNG, the smallest value black."""
    pixels = _scaled(values if values.dim() == 3 else values.unsqueeze(0), 255).round().to(torch.uint8)
    channels, height, width = pixels.shape
    lines = pixels.permute(1, 2, 0).reshape(height, -1).numpy()
    raw = b"".join(b"\0" + line.tobytes() for line in lines)
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    parts = _chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(raw, 9)), _chunk(b"IEND", b"")
    png = b"\x89PNG\r\n\x1a\n" + b"".join(parts)
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _curves(values: Tensor) -> tuple[str, ...]:
    """(n,), or (n, channels) either way round, as lines over its longer side."""
    table = values.unsqueeze(1) if values.dim() == 1 else values
    if table.shape[0] < table.shape[1]:
        table = table.T
    heights = HEIGHT - _scaled(table, HEIGHT)
    places = torch.linspace(0, WIDTH, len(table)).tolist()
    return tuple(
        " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, channel.tolist(), strict=True))
        for channel in heights.T[:CURVES]
    )
