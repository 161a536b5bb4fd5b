"""Sound and frames out of media files, decoded by PyAV, which carries FFmpeg."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inforeg.data.containers import promised
from inforeg.data.substitutes import refuse_substitute
from inforeg.errors import UserError

if TYPE_CHECKING:
    from av import VideoFrame, VideoStream
    from av.container import InputContainer
    from av.stream import Stream

SHORT = 0.3
"""Seconds by which a track may end before its file says."""


class AbsentError(UserError):
    """A media file, whole, without sound or without pictures."""


@dataclass(frozen=True)
class Frames:
    """Pictures out of a video.

    Attributes:
        pictures: uint8, (F, 3, height, width), of the size that was asked for.
        size: height and width of the video itself.
        seconds: length of the video.
    """

    pictures: NDArray[np.uint8]
    size: tuple[int, int]
    seconds: float


def sound(path: Path, rate: int) -> NDArray[np.int16]:
    """The sound of a file as one channel of `rate` samples a second, (S,).

    Raises:
        AbsentError: it has no sound.
        UserError: it is no media file, or ends before its time.
    """
    import av

    with _opened(path) as file:
        track = next(iter(file.streams.audio), None)
        if track is None:
            raise _lacks(path, "no sound")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        parts = []
        for frame in file.decode(track):
            frame.pts = None  # some files count wrongly, and sound has no gaps
            parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
        samples = np.concatenate(parts) if parts else np.empty(0, np.int16)
        _check_length(path, file, track, len(samples) / rate)
    if not len(samples):
        raise _lacks(path, "a sound of no length")
    return samples


def frames(path: Path, rate: float, size: tuple[int, int], most: int | None = None) -> Frames:
    """The frames that are shown at 0, 1 / rate, 2 / rate ... seconds, whatever the video's own rate.

    Args:
        path: of the file.
        rate: frames a second.
        size: height and width of the pictures, into which those of any aspect are squeezed.
        most: frames at the most.

    Raises:
        AbsentError: it has no frames.
        UserError: it is no media file, or a picture, or ends before its time.
    """
    with _opened(path) as file:
        if file.format.name.endswith("_pipe"):  # as FFmpeg calls the formats of single pictures
            raise UserError(f"{path} is a picture, not a clip; fetch it again.")
        return _shown(path, file, rate, size, most)


def picture(path: Path, size: tuple[int, int]) -> Frames:
    """What an image file shows, or the first frame of a video, squeezed into `size`.

    Raises:
        UserError: it is no such file, or cannot be decoded.
    """
    with _opened(path) as file:
        frame = next(file.decode(_pictures(path, file)), None)
        if frame is None:
            raise _lacks(path, "no frames")
        return Frames(_scaled(frame, size)[None], (frame.height, frame.width), 0.0)


def _pictures(path: Path, file: "InputContainer") -> "VideoStream":
    for track in file.streams.video:
        return track
    raise _lacks(path, "no frames")


def _shown(
    path: Path, file: "InputContainer", rate: float, size: tuple[int, int], most: int | None
) -> Frames:
    track = _pictures(path, file)
    found: list[NDArray[np.uint8]] = []
    last, start, end, shape = None, 0.0, 0.0, (0, 0)

    def show_until(time: float) -> None:
        while last is not None and len(found) / rate < time and len(found) != most:
            found.append(_scaled(last, size))

    for frame in file.decode(track):
        time = frame.time or 0.0
        start = time if last is None else start
        show_until(time - start)
        last, end = frame, time - start + _lasting(frame, track)
        shape = frame.height, frame.width
    show_until(end)
    _check_length(path, file, track, end)
    if not found:
        raise _lacks(path, "no frames")
    return Frames(np.stack(found), shape, end)


def _lacks(path: Path, what: str) -> AbsentError:
    return AbsentError(f"{path} has {what}; give another file, or leave the clip out.")


def _scaled(frame: "VideoFrame", size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (3, height, width) of that size."""
    height, width = size
    scaled = frame.reformat(width, height, format="rgb24", interpolation="AREA")
    picture = scaled.to_ndarray()
    return np.ascontiguousarray(picture.transpose(2, 0, 1))


def _lasting(frame: "VideoFrame", track: "VideoStream") -> float:
    """Seconds for which a frame is shown: what it says itself, or the mean of all."""
    if frame.duration and frame.time_base:
        return float(frame.duration * frame.time_base)
    return float(1 / track.average_rate) if track.average_rate else 0.0


def _check_length(path: Path, file: "InputContainer", track: "Stream", decoded: float) -> None:
    """Raise where less of a track came out than there should be: FFmpeg takes a cut file for a whole one."""
    own = track.duration and track.time_base and float(track.duration * track.time_base)
    promised = own or (file.duration or 0) / MICROSECONDS
    if decoded < promised - SHORT:
        raise UserError(
            f"{path} is cut short: {decoded:.1f} of {promised:.1f} seconds of its {track.type} are there; "
            "fetch it again."
        )


MICROSECONDS = 1_000_000
"""In a second: FFmpeg's unit for a whole file."""


@contextmanager
def _opened(path: Path) -> "Iterator[InputContainer]":
    """A media file, once it does not look like something else."""
    import av

    refuse_substitute(path, "media")
    if (there := path.stat().st_size) < (size := promised(path)):
        raise UserError(f"{path} is cut short: {there} of at least {size} bytes are there; fetch it again.")
    try:
        # Titles and comments may be of any encoding.
        with av.open(str(path), metadata_errors="replace") as file:
            yield file
    except av.error.FFmpegError as error:
        raise UserError(f"{path} cannot be decoded ({error.strerror}); fetch it again.") from None
