"""Sound and frames out of small media files that are made here."""

from fractions import Fraction

import av
import numpy as np
import pytest

from inforeg.data import media
from inforeg.errors import UserError
from tests.media import RATE, grey, make


@pytest.mark.parametrize("name", ["a.flv", "a.mp4", "a.avi", "a.wav"])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_sound_is_one_channel_at_the_rate_that_is_asked_for(tmp_path, name, layout):
    found = media.sound(make(tmp_path / name, layout=layout, video=not name.endswith("wav")), 22_050)
    assert found.dtype == np.int16
    assert len(found) == pytest.approx(2 * 22_050, abs=0.15 * 22_050)  # codecs pad
    spectrum = np.abs(np.fft.rfft(found))
    assert spectrum.argmax() * 22_050 / len(found) == pytest.approx(440, abs=2)
    assert np.abs(found[len(found) // 4 : len(found) // 2]).max() == pytest.approx(10_000, rel=0.05)


@pytest.mark.parametrize("name", ["a.flv", "a.mp4", "a.avi"])
def test_frames_are_those_shown_at_even_times(tmp_path, name):
    found = media.frames(make(tmp_path / name), rate=3, size=(24, 32))
    assert found.pictures.shape == (6, 3, 24, 32)
    assert found.pictures.dtype == np.uint8
    assert found.size == (48, 64)
    assert found.seconds == pytest.approx(2.0, abs=0.11)
    # At 0, 1/3, 2/3 ... seconds the frames 0, 3, 6, 10, 13, 16 of ten a second are shown.
    greys = found.pictures.mean((1, 2, 3))
    assert greys == pytest.approx([grey(number) for number in (0, 3, 6, 10, 13, 16)], abs=4)


def test_frames_at_most(tmp_path):
    assert len(media.frames(make(tmp_path / "a.mp4"), rate=3, size=(24, 32), most=4).pictures) == 4


def test_one_frame_is_a_video(tmp_path):
    found = media.frames(make(tmp_path / "a.mp4", seconds=0.1, sound=False), rate=3, size=(24, 32))
    assert len(found.pictures) == 1


def test_times_count_where_frames_are_unevenly_spaced(tmp_path):
    path = tmp_path / "uneven.mp4"
    with av.open(str(path), "w") as file:
        track = file.add_stream("libx264", rate=10)
        track.width, track.height, track.pix_fmt, track.time_base = 64, 48, "yuv420p", Fraction(1, 10)
        track.codec_context.time_base = Fraction(1, 10)
        for number, time in enumerate((0, 1, 2, 12, 13, 14)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), grey(number), np.uint8), "rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 10)
            file.mux(track.encode(frame))
        file.mux(track.encode())
    greys = media.frames(path, rate=2, size=(48, 64)).pictures.mean((1, 2, 3))
    assert greys == pytest.approx([grey(0), grey(2), grey(2)], abs=4)


@pytest.mark.parametrize("name", ["a.flv", "a.mp4", "a.avi", "a.wav"])
def test_a_file_that_is_cut_is_not_taken_for_a_short_one(tmp_path, name):
    path = make(tmp_path / name, seconds=4, video=not name.endswith("wav"))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=rf"{name} (is cut short|cannot be decoded)"):
        media.sound(path, RATE)
    if not name.endswith("wav"):
        with pytest.raises(UserError, match=rf"{name} (is cut short|cannot be decoded)"):
            media.frames(path, 3, (24, 32))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "pointer of Git LFS.*git lfs pull",
        ),
        (b"  <!DOCTYPE html><html>Sign in</html>", "a web page"),
        (b"", "cannot be decoded"),
        (b"noise" * 100, "cannot be decoded"),
    ],
)
def test_what_is_no_media_file_is_said(tmp_path, content, words):
    path = tmp_path / "1001_DFA_ANG_XX.flv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"1001_DFA_ANG_XX.flv .*{words}"):
        media.sound(path, RATE)


def test_a_track_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserError, match=r"silent\.mp4 has no sound"):
        media.sound(make(tmp_path / "silent.mp4", sound=False), RATE)
    with pytest.raises(UserError, match=r"voice\.wav has no frames"):
        media.frames(make(tmp_path / "voice.wav", video=False), 3, 24)
