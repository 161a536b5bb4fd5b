"""Small real media files, written by PyAV: pictures of a grey that changes, and a tone."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE, FPS = 44_100, 10
CODECS = {"flv": ("flv", "libmp3lame"), "mp4": ("libx264", "aac"), "avi": ("mpeg4", "pcm_s16le")}


def tone(seconds: float, rate: int = RATE, pitch: float = 440.0) -> np.ndarray:
    """A sine of `pitch` Hz, int16."""
    times = np.arange(round(seconds * rate)) / rate
    return (10_000 * np.sin(2 * np.pi * pitch * times)).astype(np.int16)


def grey(number: int) -> int:
    """Of the frame `number`."""
    return 20 + 8 * number % 200


def make(
    path: Path,
    seconds: float = 2.0,
    layout: str = "mono",
    *,
    sound: bool = True,
    video: bool = True,
    size: tuple[int, int] = (48, 64),
    rate: int = RATE,
    pitch: float = 440.0,
    shade: int | None = None,
) -> Path:
    """A clip of ten frames a second, of the kind that the suffix says.

    Args:
        path: of the file.
        seconds: long.
        layout: of the sound's channels.
        sound: whether it has any; of `rate` samples a second, a tone of `pitch` Hz, silent at 0.
        video: whether it has any, of height and width `size`, frame k of the grey `grey(k)` or `shade`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    codecs = CODECS.get(path.suffix[1:], ("libx264", "pcm_s16le"))
    with av.open(str(path), "w") as file:
        pictures = file.add_stream(codecs[0], rate=FPS) if video else None
        sounds = file.add_stream(codecs[1], rate=rate, layout=layout) if sound else None
        if pictures:
            pictures.height, pictures.width = size
            pictures.pix_fmt = "yuv420p"
            for number in range(round(seconds * FPS)):
                level = grey(number) if shade is None else shade
                picture = np.full((*size, 3), level, np.uint8)
                file.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            file.mux(pictures.encode())
        if sounds:
            samples = np.repeat(tone(seconds, rate, pitch), 1 if layout == "mono" else 2)
            frame = av.AudioFrame.from_ndarray(samples[None], "s16", layout)
            frame.rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
            fitting = av.AudioResampler(sounds.format, sounds.layout, sounds.rate, sounds.frame_size or None)
            for part in (*fitting.resample(frame), *fitting.resample(None)):
                file.mux(sounds.encode(part))
            file.mux(sounds.encode())
    return path
